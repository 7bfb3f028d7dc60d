// What this device has kept of other meetings of a cell, and what the server knows of them: a meeting that is recorded,
// or that was thrown away elsewhere, is not offered again.
const KIND = /^[a-z_]{1,20}$/;
const LONGEST = 4000; // milliseconds in which a line answers, or is none for this

// What the server has of one: {content, saved, now, recorded, is_recorded}, or null without a line.
async function asked(url, { typed }) {
  const about = new URLSearchParams({ month: typed.month ?? "", kind: typed.kind ?? "" });
  try {
    const signal = AbortSignal.timeout?.(LONGEST);
    const answer = await fetch(`${url}?${about}`, { redirect: "manual", cache: "no-store", signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

// By the server's clock: when something was typed that this device's clock dates.
const moment = (at, said) => (said ? at + said.now - Date.now() : at);

function isGone(kept, said) {
  if (!said) return false; // nobody knows
  if (said.is_recorded || (kept.sent && !said.content)) return true;
  return said.recorded !== null && said.recorded > moment(kept.at ?? 0, said);
}

function kindSaid(form, kind) {
  const chosen = KIND.test(kind ?? "") ? form.querySelector(`input[name=kind][value=${kind}]`) : null;
  return chosen?.closest("label")?.textContent.trim() ?? "";
}

// As pages write a month, where it is not among those to choose from: May 2021.
function monthSaid(month) {
  const [year, n] = month.split("-").map(Number);
  const language = document.documentElement.lang || "en";
  return new Date(year, n - 1, 1).toLocaleDateString(language, { year: "numeric", month: "long" });
}

// As pages write a moment: 10 January 2024, 08:36.
function when(at) {
  const language = document.documentElement.lang || "en";
  const month = language.startsWith("vi") ? "numeric" : "long";
  const then = new Date(at);
  const day = then.toLocaleDateString(language === "en" ? "en-GB" : language, { day: "numeric", month, year: "numeric" });
  return `${day}, ${[then.getHours(), then.getMinutes()].map((each) => `${each}`.padStart(2, "0")).join(":")}`;
}

export { asked, isGone, kindSaid, moment, monthSaid, when };
