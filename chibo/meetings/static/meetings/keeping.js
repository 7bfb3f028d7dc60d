// What is typed into form[data-kept-as] is never lost: kept on the device at once, sent as a draft, saved again and
// again until the line holds; given back when the page comes again. What is finished goes into the outbox before it is sent.
import drafts from "./drafts.js";
import { clear, faultsOf, showFaults } from "./faults.js";
import { asked, isGone, kindSaid, moment, monthSaid, when } from "./leftovers.js";
import "./outbox.js";
import "./shelf.js";

const outbox = self.chiboOutbox;
const { addressOf } = self.chiboShelf;
const AGAIN = 2000; // milliseconds until what could not be sent is sent again; twice as long each time
const LONGEST = 60000;
const LOOKED_AT = 5; // drafts of other meetings
const PAUSE = 1200; // of typing before a draft is sent

const OWN = new Set(["csrfmiddlewaretoken", "uid", "version", "listed", "step", "form_version"]);
const COURSE = /^(agenda|[sg]_\d+|[igt]\d+_[a-z]+)$/; // what a form from before this was asked says nothing of
const ITEM = /^i\d+_[a-z]+$/;
const KEPT = /^#kept=([0-9a-f-]{36})$/; // the address of a correction with what this device has kept instead
const UID = /^[0-9a-f-]{36}$/;
const OF_A_MEETING = /:[0-9a-f-]{36}$/; // the end of a key under which one to be recorded is kept

function typedIn(form) {
  const typed = {};
  for (const [name, value] of new FormData(form)) if (!OWN.has(name) && value !== "") typed[name] = value;
  return typed;
}

// What was typed of an item for which this page has no field, as it was kept with another agenda, goes along unseen
// until the rows are asked for anew.
function carry(form, typed) {
  if (!("agenda" in typed)) return;
  const known = new Set([...form.elements].map(({ name }) => name));
  for (const [name, value] of Object.entries(typed)) if (ITEM.test(name) && !known.has(name)) unseen(form, name, value);
}

function unseen(form, name, value) {
  form.querySelector("#agenda")?.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
}

function fillIn(form, typed) {
  form.dispatchEvent(new CustomEvent("chibo:filling", { detail: typed }));
  carry(form, typed);
  for (const field of form.elements) {
    if (!("agenda" in typed) && COURSE.test(field.name)) continue;
    if (!field.name || OWN.has(field.name) || field.type === "submit" || field.type === "button") continue;
    if (field.type === "radio") {
      if (field.name in typed) field.checked = typed[field.name] === field.value;
      else if (field.value === "") field.checked = true; // what says nothing is not among what is typed
    } else if (field.type === "checkbox") field.checked = field.name in typed;
    else if (field.tagName === "SELECT") {
      const offered = [...field.options].some((option) => option.value === typed[field.name]);
      if (offered) field.value = typed[field.name];
    } else field.value = typed[field.name] || "";
  }
  form.dispatchEvent(new CustomEvent("chibo:filled", { bubbles: true }));
}

// Why a record came back, as the page says it, and what is recorded instead.
function cameBack(main) {
  const { stands, standsUrl, correctUrl, isConflict } = main.querySelector("form[data-kept-as]").dataset;
  const reasons = [...main.querySelectorAll(".wrong li, .steps > .notice-error:not([data-first], [data-faults]) p")];
  const said = { reasons: reasons.map((each) => each.textContent.trim()), is_conflict: isConflict === "yes" };
  return stands ? { ...said, stands, stands_url: standsUrl, correct_url: correctUrl } : said;
}

function attach(form) {
  const status = document.querySelector("[data-saved]");
  const cut = form.querySelector("[data-cut]");
  const waiting = form.querySelector("[data-waits]");
  const out = form.querySelector("[data-out]");
  const prefix = `${form.dataset.keptAs}:`;
  const uid = form.elements.uid;
  let url = form.dataset.draftUrl;
  if ("fresh" in form.dataset && self.crypto?.randomUUID) {
    const named = new URL(location.href).searchParams.get("draft") ?? ""; // of a page kept on the device
    const made = UID.test(named) ? named : crypto.randomUUID(); // the meeting's id is made on the device
    url = url.replace(uid.value, made);
    uid.value = made;
  }
  const key = prefix + (form.dataset.keptKey || uid.value);
  const user = form.dataset.keptAs.split(":")[1];
  const kept = form.dataset.keptKey ? KEPT.exec(location.hash)?.[1] : uid.value; // its name in the outbox
  let typing = 0;
  let again = 0;
  let pause = AGAIN;
  let finished = "";
  let waits = false; // in the outbox
  let renewed = false;
  let saving = false;
  let sending = false;
  let done = false;
  let asItIs = false; // what is wrong with it by this page was said, and is to wait nevertheless
  let based = Number(form.dataset.draftAt || 0); // when the server last had what is typed here, by its own clock

  const marks = {}; // of everyone ever listed here: another day may bring them back

  function remember() {
    for (const { name } of form.elements) if (/^[mrxs]_/.test(name)) delete marks[name];
    for (const [name, value] of Object.entries(typedIn(form))) if (/^[mrxs]_/.test(name)) marks[name] = value;
  }

  const say = (text) => {
    if (status) status.textContent = text;
  };
  let begun = !("fresh" in form.dataset); // something was typed: how far one is belongs to it

  function keep() {
    begun = true;
    return drafts.write(user, key, { typed: typedIn(form), at: Date.now(), based });
  }

  // The server has it, too; here it stays for when there is no line, until it is recorded or thrown away.
  function keepSent() {
    return drafts.write(user, key, { typed: typedIn(form), at: Date.now(), based, sent: true });
  }

  // What was typed of other meetings of the cell, by where it is kept.
  async function others() {
    if (form.dataset.keptKey) return [];
    return [...(await drafts.all(user, prefix))].filter(([each]) => each !== key && OF_A_MEETING.test(each));
  }

  async function tidy() {
    const { month, kind } = typedIn(form);
    const same = (await others()).filter(([, { typed }]) => typed.month === month && typed.kind === kind);
    await Promise.all(same.map(([each]) => drafts.drop(each)));
  }

  // Nobody is there to say what is wrong: this page says what it can, once, before it says that all is done.
  async function refuse() {
    const found = asItIs ? [] : faultsOf(form);
    asItIs = true;
    if (!found.length) return false;
    await change();
    showFaults(form, found);
    return true;
  }

  async function broken() {
    if (saving && (await refuse())) return;
    cut.hidden = saving && waits; // it says more
    if (saving && waits) wait(true);
    say(form.dataset.textHere);
    clearTimeout(again);
    if (done) return;
    again = setTimeout(resume, pause);
    pause = Math.min(pause * 2, LONGEST);
  }

  // A page that was kept, or stood open while one signed in anew, has an old token: asked for once, then sent again.
  async function renew() {
    const said = renewed ? null : await outbox.ask();
    renewed = true;
    if (said?.user !== user) return false;
    form.elements.csrfmiddlewaretoken.value = said.token;
    document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", said.token);
    return true;
  }

  function resume() {
    clearTimeout(again);
    if (done || !form.isConnected) return;
    if (saving) save();
    else draft();
  }

  async function draft() {
    clearTimeout(typing);
    if (!url || saving || done) return;
    tidy();
    const before = JSON.stringify(typedIn(form));
    let answer;
    let said;
    try {
      answer = await fetch(url, { method: "POST", body: new FormData(form), redirect: "manual" });
      if (answer.ok) said = await answer.json();
    } catch {
      broken();
      return;
    }
    if (done) return;
    if (answer.status >= 500) {
      broken();
      return;
    }
    if (answer.status === 403 && (await renew())) {
      draft();
      return;
    }
    cut.hidden = true;
    pause = AGAIN;
    if (answer.type === "opaqueredirect" || answer.status === 403) out.hidden = false;
    if (answer.status === 409) drafts.drop(key); // recorded by now: it is not offered again
    if (!answer.ok) return;
    renewed = false;
    out.hidden = true;
    based = said.at;
    if (JSON.stringify(typedIn(form)) === before) keepSent();
    say(form.dataset.textSaved.replace("{when}", said.saved));
    const here = new URL(location.href);
    if (here.searchParams.get("draft") !== uid.value) {
      here.searchParams.set("draft", uid.value);
      history.replaceState(history.state, "", here);
    }
  }

  async function finish() {
    clearTimeout(typing);
    clear(form);
    saving = true;
    finished = new Date().toISOString();
    if (!form.dataset.keptKey) {
      const month = form.elements.month;
      const content = {
        path: location.pathname,
        typed: [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"),
        about: { month: month.selectedOptions[0]?.textContent ?? "", value: month.value, cell: form.dataset.cell },
        device_at: finished,
      };
      waits = await outbox.put(user, uid.value, content).catch(() => false);
      if (waits) navigator.serviceWorker?.ready.then((ready) => ready.sync?.register("chibo-outbox")).catch(() => {});
    }
    await (waits ? drafts.drop(key) : keep()); // the outbox has it now, or nobody else
    save();
  }

  // What waits in the outbox is not changed behind its back: it is taken out first.
  function wait(on) {
    if (on && waiting.hidden) window.scrollTo(0, 0); // where it is said
    waiting.hidden = !on;
    const back = on ? faultsOf(form).map(({ label, text }) => `${label}: ${text}`) : [];
    waiting.querySelector("[data-comes-back]").hidden = !back.length;
    waiting.querySelector("[data-comes-back-for]").textContent = back.join(" ");
    for (const part of form.querySelectorAll(".step, .steps-bar")) part.inert = on;
  }

  async function change() {
    const held = await outbox.get(kept).catch(() => null);
    if (held) await outbox.drop(held);
    clearTimeout(again);
    saving = waits = false;
    wait(false);
    keep();
  }

  async function watch() {
    const held = done ? null : await outbox.get(kept).catch(() => null);
    if (!waits || done || !form.isConnected || held?.state === "waiting") return;
    if (!held && (await outbox.owner())?.user !== user) return; // signed out: it still waits
    clearTimeout(again);
    if (held) {
      saving = waits = false;
      wait(false);
    } else {
      done = true; // it has arrived from another page, or by the worker: the list above says so
      waiting.hidden = cut.hidden = true;
    }
  }

  // The outbox lets it go only when it has arrived; what came back stays there until someone decides.
  async function settle(said) {
    try {
      const held = kept && (await outbox.get(kept));
      if (held && said) await outbox.mark(held, "returned", said);
      else if (held) await outbox.drop(held);
    } catch {
      // it is sent once more, and is the same meeting
    }
  }

  async function save() {
    if (sending) return;
    sending = true;
    await sent().finally(() => {
      sending = false;
    });
  }

  async function sent() {
    const data = new FormData(form);
    data.set("device_at", finished);
    data.set("sent_at", new Date().toISOString());
    let answer;
    let arrived; // where it is recorded
    let text;
    try {
      const headers = { "X-Chibo-Save": "1" };
      answer = await fetch(location.href, { method: "POST", body: outbox.body(data), headers, signal: outbox.patience() });
      if (answer.ok && answer.headers.get("Content-Type") === "application/json") arrived = (await answer.json()).url;
      else text = await answer.text();
    } catch {
      broken(); // also where the line ends within the answer: nothing is let go before it is read
      return;
    }
    if (answer.status === 403 && (await renew())) {
      await sent();
      return;
    }
    if (answer.status >= 500) {
      broken();
      return;
    }
    cut.hidden = true;
    if (arrived) {
      done = true;
      await Promise.all([drafts.drop(key), tidy()]);
      await settle(null);
      location.assign(arrived);
      return;
    }
    saving = false;
    if (answer.status !== 422 && answer.status !== 409) {
      out.hidden = false; // signed out, or no longer allowed
      saving = waits;
      if (waits) wait(true);
      out.scrollIntoView();
      return;
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = document.importNode(page.querySelector("main"), true);
    if (!main.querySelector("form[data-kept-as]")) {
      saving = true;
      broken(); // the same is being recorded this very moment: asked again
      return;
    }
    if (!form.dataset.keptKey) await settle(cameBack(main));
    document.querySelector("main").replaceWith(main);
    window.htmx?.process(main);
    window.scrollTo(0, 0);
    document.dispatchEvent(new CustomEvent("chibo:renewed"));
  }

  function typed() {
    if (done || saving) return;
    keep();
    clearTimeout(typing);
    typing = setTimeout(draft, PAUSE);
    if (!url) say(form.dataset.textHere);
  }

  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("chibo:step", () => {
    if (begun) typed();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    asItIs = false;
    if (!saving) finish();
  });
  form.querySelector("[data-as-it-is]").addEventListener("click", () => {
    asItIs = true;
    if (!saving) finish();
  });
  form.addEventListener("htmx:beforeSwap", remember);
  form.addEventListener("htmx:afterSwap", () => fillIn(form, { ...typedIn(form), ...marks }));
  form.querySelector("[data-change]")?.addEventListener("click", change);
  window.addEventListener("chibo:outbox", watch);
  outbox.told?.addEventListener("message", watch);
  window.addEventListener("online", resume);
  window.addEventListener("offline", () => {
    if (form.isConnected && !done) {
      cut.hidden = saving && waits;
      say(form.dataset.textHere);
    }
  });

  async function offer() {
    const { month, kind } = typedIn(form);
    const finishedHere = (await outbox.all().catch(() => [])).find(
      (each) => each.path === location.pathname && each.about.value === month && new Map(each.typed).get("kind") === kind,
    );
    if (finishedHere) {
      location.replace(`${addressOf("", month, kind)}&draft=${finishedHere.uid}`);
      return;
    }
    const offered = new Set([...document.querySelectorAll("[data-offered]")].map((each) => prefix + each.dataset.offered));
    const found = [];
    for (const [left, each] of (await others()).slice(0, LOOKED_AT)) {
      const said = await asked(url.replace(uid.value, left.slice(prefix.length)), each);
      if (isGone(each, said)) await drafts.drop(left);
      else if (!offered.has(left)) found.push([left, each, said]);
    }
    if (begun) return; // meanwhile one has begun to type
    const isSame = ([, { typed }]) => typed.month === form.elements.month.value && typed.kind === typedIn(form).kind;
    const first = found.find(isSame) ?? found.find(([, each]) => !each.sent); // others that the server has it offers
    const notice = document.querySelector("[data-left]");
    if (!first || !notice) return;
    const [left, { typed, at }, server] = first;
    const way = `${addressOf("", typed.month ?? "", typed.kind)}&draft=${left.slice(prefix.length)}`;
    if (isSame(first)) {
      location.replace(way); // of the very meeting that is to be recorded: one goes on with it
      return;
    }
    const named = [...form.elements.month.options].find((option) => option.value === typed.month);
    const said = {
      month: named?.textContent ?? monthSaid(typed.month ?? ""),
      absent: Object.entries(typed).filter(([name, value]) => name.startsWith("m_") && value === "absent").length,
      kind: kindSaid(form, typed.kind),
      when: when(moment(at ?? Date.now(), server)),
    };
    const text = notice.querySelector("[data-left-text]");
    text.textContent = text.dataset.text.replace(/\{(\w+)\}/g, (_, name) => said[name]);
    notice.querySelector("[data-left-way]").href = way;
    notice.hidden = false;
  }

  function giveBack(typed) {
    const [day, agenda] = ["held_on", "agenda"].map((name) => form.elements[name].value);
    fillIn(form, typed);
    const isOther = typed.agenda && typed.agenda !== agenda && navigator.onLine; // rows of another agenda have other fields
    if ((typed.held_on && typed.held_on !== day) || isOther) {
      unseen(form, "as_typed", "1"); // rows come as they were typed into, not as the agenda has them by now
      form.addEventListener("htmx:afterSwap", () => fillIn(form, typed), { once: true });
      form.elements.held_on.dispatchEvent(new Event("change", { bubbles: true }));
    }
    say(form.dataset.textHere);
  }

  // What the server had, too: the page shows it, unless it is one kept from before; by the server's own moments.
  async function compare(known) {
    const made = Number(form.dataset.madeAt);
    if (based >= known.based) await keepSent();
    else if (made > known.based && !based) await drafts.drop(key); // recorded or thrown away meanwhile
    else {
      based = known.based;
      begun = true;
      giveBack(known.typed);
    }
  }

  async function recall() {
    const held = kept && (await outbox.get(kept).catch(() => null));
    const known = await drafts.read(user, key);
    if (held && held.user === user && !(known && known.at > held.since)) {
      if (held.state === "waiting" && !form.dataset.keptKey) {
        [saving, waits, asItIs, finished] = [true, true, true, held.device_at];
      }
      giveBack(Object.fromEntries(held.typed.filter(([name]) => !OWN.has(name))));
      if (waits) wait(true);
    } else if (known?.sent) {
      await compare(known);
    } else if (known) {
      const newer = based > (known.based ?? 0) ? await asked(url, known) : null; // typed on another device meanwhile
      if (newer && newer.saved > moment(known.at ?? 0, newer)) {
        keepSent();
        return;
      }
      giveBack(known.typed);
      draft();
    } else if ("fresh" in form.dataset) {
      offer();
    }
  }

  if (!form.querySelector("[data-first]")) recall();
  for (const button of form.querySelectorAll("[data-forget]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      done = true;
      await drafts.drop(key);
      await settle(null);
      location.assign(button.dataset.forget);
    });
  }
  for (const each of document.querySelectorAll("form[data-drop]")) {
    each.addEventListener("submit", async (event) => {
      if (each.dataset.dropped) return;
      event.preventDefault();
      each.dataset.dropped = "yes";
      const dropped = prefix + each.dataset.drop;
      if (dropped === key) done = true;
      clearTimeout(typing);
      await drafts.drop(dropped);
      each.requestSubmit(event.submitter);
    });
  }
}

function attachAll() {
  for (const form of document.querySelectorAll("form[data-kept-as]")) attach(form);
}

attachAll();
document.addEventListener("chibo:renewed", attachAll);
