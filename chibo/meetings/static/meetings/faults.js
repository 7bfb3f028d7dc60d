// What a page can find wrong with a meeting by itself, where no server is there to say it: the same words, beside the
// same fields. It finds less than the server, and nothing that the server would take.
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const NUMBER = /^\d{1,6}([.,]\d{1,9})?$/;
const DAY = /^\d{4}-\d\d-\d\d$/; // others are left to the server
const GIVEN = /^(c[1-8]|k_.+)$/;
const trimmed = (field) => field?.value.trim() ?? "";

// The running day by the page or by the device, whichever is later: a page may have been kept for days.
function today(words) {
  const now = new Date();
  const here = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((each) => `${each}`.padStart(2, "0")).join("-");
  return here > words.today ? here : words.today;
}

function amount(text, most, places, words) {
  if (!NUMBER.test(text)) return words.number;
  const number = Number(text.replace(",", "."));
  if (number > most) return fill(words.most, { most });
  const decimals = text.split(/[.,]/)[1]?.replace(/0+$/, "").length ?? 0;
  return decimals > places ? fill(words.places, { n: places }) : "";
}

function ofFacts(form, words, add) {
  const { held_on: held, duration_min: lasted } = form.elements;
  if (!trimmed(held)) add(held, words.required);
  else if (DAY.test(held.value) && held.value > today(words)) add(held, words.to_come);
  else if (DAY.test(held.value) && held.value < words.founded) add(held, words.too_early);
  if (!trimmed(lasted)) return;
  const wrong = amount(trimmed(lasted), 1440, 2, words);
  if (wrong) add(lasted, wrong);
  else if (Number(trimmed(lasted).replace(",", ".")) === 0) add(lasted, words.no_time);
}

function ofRoll(form, words, add) {
  for (const row of form.querySelectorAll(".roll-row")) {
    if (!row.querySelector("input[value=excused]:checked")) continue;
    const name = row.querySelector("legend [lang]").textContent;
    if (!trimmed(row.querySelector(".roll-reason input"))) add(row, fill(words.reason, { name }), name);
  }
}

function ofItem(row, voters, words, add) {
  const field = (name) => row.querySelector(`[name$=_${name}]`);
  const counts = ["for", "against", "other"].map(field);
  const typed = counts.map(trimmed);
  const how = row.querySelector("[name$=_how]:checked")?.value || typed.some(Boolean);
  if (!trimmed(field("text"))) {
    if (how || trimmed(field("outcome"))) add(field("text"), words.about);
    return;
  }
  if (!how) return;
  const bad = counts.findIndex((_, n) => typed[n] && !/^\d{1,4}$/.test(typed[n]));
  if (bad >= 0) {
    add(counts[bad], words.whole);
    return;
  }
  const [against, other] = [Number(typed[1]), Number(typed[2])];
  const rest = Math.max(0, voters - against - other);
  const all = (typed[0] ? Number(typed[0]) : rest) + against + other;
  if (!field("done").matches(":checked, [type=hidden]")) add(counts[0] ?? field("text"), words.left_out);
  else if (all > voters) add(counts[0] ?? field("text"), fill(words.votes, { n: voters }));
}

function ofCourse(form, words, add) {
  const voters = form.querySelectorAll("[data-speaker][data-votes] input:enabled").length; // of who is present
  for (const row of form.querySelectorAll("#agenda [data-row]")) ofItem(row, voters, words, add);
  for (const row of form.querySelectorAll(".course-guest")) {
    const [name, what] = ["name", "what"].map((each) => row.querySelector(`[name$=_${each}]`));
    if (trimmed(what) && !trimmed(name)) add(name, words.guest);
  }
  for (const row of form.querySelectorAll(".course-task")) {
    const [what, due] = ["what", "due"].map((each) => row.querySelector(`[name$=_${each}]`));
    if (trimmed(what) && !trimmed(due)) add(due, words.due);
  }
}

function ofPoints(form, words, add) {
  const typed = new FormData(form); // without what a meeting of another kind has no use for
  const named = [...new Set([...form.elements].filter((each) => GIVEN.test(each.name) && !each.disabled).map(({ name }) => name))];
  const missing = named.filter((name) => !(typed.get(name) ?? "").trim());
  const given = named.filter((name) => !missing.includes(name));
  if (typed.get("prompt") === "none" || !given.length) return;
  const place = (name) => form.querySelector(`[data-criterion=${name}]`) ?? form.elements[name];
  for (const field of form.querySelectorAll("[data-most]:enabled")) {
    const wrong = trimmed(field) && amount(trimmed(field), Number(field.dataset.most), 9, words);
    if (wrong) add(place(field.name), wrong);
  }
  const chosen = new Set((typed.get("auto") ?? "").split(" "));
  if (missing.length && given.some((name) => !chosen.has(name))) {
    const [one, more] = missing[0].startsWith("c") ? [words.group, words.groups] : [words.criterion, words.criteria];
    add(place(missing[0]), fill(missing.length === 1 ? one : more, { n: missing.length }));
  }
  const { scored_on: on, held_on: held } = form.elements;
  if (typed.get("prompt") !== "no" || missing.length || !DAY.test(on.value)) return;
  if (on.value < held.value) add(on, words.score_early);
  else if (on.value > today(words)) add(on, words.score_to_come);
}

function labelOf(place) {
  const label = place.matches("fieldset") ? place.querySelector("legend") : place.labels?.[0];
  return [...(label?.childNodes ?? [])].find((each) => each.textContent.trim())?.textContent.trim() ?? "";
}

function said() {
  return JSON.parse(document.getElementById("words-of-faults").textContent);
}

// All that is wrong, in the order of the page: {place, label, text} of each.
function faultsOf(form) {
  const found = [];
  const words = said();
  const add = (place, text, label) => found.push({ place, text, label: label ?? labelOf(place) });
  for (const look of [ofFacts, ofRoll, ofCourse, ofPoints]) look(form, words, add);
  return found;
}

function clear(form) {
  form.querySelector("[data-faults]").hidden = true;
  for (const each of form.querySelectorAll("[data-here]")) {
    each.parentElement.classList.remove("field-wrong");
    each.remove();
  }
}

// Beside each field what is wrong, and all of it above; the way to the first is gone.
function showFaults(form, found) {
  clear(form);
  const all = form.querySelector("[data-faults]");
  for (const { place, text } of found) {
    const host = place.matches("fieldset") ? place : place.closest(".points-row, .field");
    const told = form.querySelector("[data-fault-here]").content.firstElementChild.cloneNode(true);
    told.querySelector("[data-words]").textContent = text;
    host.classList.add("field-wrong");
    if (host === place) host.append(told);
    else host.insertBefore(told, host.querySelector("input, select, textarea"));
    for (let each = host.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
  }
  const words = said();
  all.querySelector("[data-faults-title]").textContent = fill(found.length === 1 ? words.one : words.more, { n: found.length });
  const lines = found.map(({ place, label, text }) => {
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("a"), { href: `#${place.id}`, textContent: label }), `: ${text}`);
    return line;
  });
  all.querySelector("[data-faults-list]").replaceChildren(...lines);
  all.hidden = false;
  lines[0].querySelector("a").click(); // its step is the one that is shown
  all.focus();
}

export { clear, faultsOf, showFaults };
