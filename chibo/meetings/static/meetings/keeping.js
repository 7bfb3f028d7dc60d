// What is typed into form[data-kept-as] is never lost: kept on the device at once, sent as a draft, saved again and
// again until the line holds; given back when the page comes again.
const AGAIN = 4000; // milliseconds until what could not be sent is sent again
const PAUSE = 1200; // of typing before a draft is sent

const shelf = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // storage may be full or forbidden: drafts still go to the server
    }
  },
  drop(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // nothing was there
    }
  },
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};

const OWN = new Set(["csrfmiddlewaretoken", "uid", "version", "listed", "step"]);
const OF_A_MEETING = /:[0-9a-f-]{36}$/; // the end of a key under which one to be recorded is kept

function typedIn(form) {
  const typed = {};
  for (const [name, value] of new FormData(form)) if (!OWN.has(name) && value !== "") typed[name] = value;
  return typed;
}

function fillIn(form, typed) {
  for (const field of form.elements) {
    if (!field.name || OWN.has(field.name) || field.type === "submit" || field.type === "button") continue;
    if (field.type === "radio") {
      if (field.name in typed) field.checked = typed[field.name] === field.value;
    } else if (field.type === "checkbox") field.checked = field.name in typed;
    else if (field.tagName === "SELECT") {
      const offered = [...field.options].some((option) => option.value === typed[field.name]);
      if (offered) field.value = typed[field.name];
    } else field.value = typed[field.name] || "";
  }
  form.dispatchEvent(new CustomEvent("chibo:filled", { bubbles: true }));
}

function attach(form) {
  const status = document.querySelector("[data-saved]");
  const cut = form.querySelector("[data-cut]");
  const out = form.querySelector("[data-out]");
  const prefix = `${form.dataset.keptAs}:`;
  const uid = form.elements.uid;
  let url = form.dataset.draftUrl;
  if ("fresh" in form.dataset && self.crypto?.randomUUID) {
    const made = crypto.randomUUID(); // the meeting's id is made on the device
    url = url.replace(uid.value, made);
    uid.value = made;
  }
  const key = prefix + (form.dataset.keptKey || uid.value);
  let typing = 0;
  let again = 0;
  let saving = false;
  let done = false;

  const marks = {}; // of everyone ever listed here: another day may bring them back

  function remember() {
    for (const { name } of form.elements) if (/^[mrx]_/.test(name)) delete marks[name];
    for (const [name, value] of Object.entries(typedIn(form))) if (/^[mrx]_/.test(name)) marks[name] = value;
  }

  const say = (text) => {
    if (status) status.textContent = text;
  };
  const keep = (sent) => shelf.write(key, { sent, typed: typedIn(form), at: Date.now() });

  function others() {
    return form.dataset.keptKey ? [] : shelf.keys(prefix).filter((each) => each !== key && OF_A_MEETING.test(each));
  }

  function tidy() {
    const { month, kind } = typedIn(form);
    for (const each of others()) {
      const { typed, sent } = shelf.read(each) ?? { sent: true };
      if (sent || (typed.month === month && typed.kind === kind)) shelf.drop(each);
    }
  }

  function broken() {
    cut.hidden = false;
    say(form.dataset.textHere);
    clearTimeout(again);
    again = setTimeout(resume, AGAIN);
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
    const before = JSON.stringify(typedIn(form));
    let answer;
    try {
      answer = await fetch(url, { method: "POST", body: new FormData(form), redirect: "manual" });
    } catch {
      broken();
      return;
    }
    if (done) return;
    if (answer.status >= 500) {
      broken();
      return;
    }
    cut.hidden = true;
    if (answer.type === "opaqueredirect" || answer.status === 403) out.hidden = false;
    if (answer.status === 409) keep(true); // recorded by now: it is not offered again
    if (!answer.ok) return;
    out.hidden = true;
    const { saved } = await answer.json();
    if (JSON.stringify(typedIn(form)) === before) keep(true);
    say(form.dataset.textSaved.replace("{when}", saved));
    const here = new URL(location.href);
    if (here.searchParams.get("draft") !== uid.value) {
      here.searchParams.set("draft", uid.value);
      history.replaceState(history.state, "", here);
    }
  }

  async function save() {
    clearTimeout(typing);
    saving = true;
    keep(false);
    let answer;
    try {
      answer = await fetch(location.href, { method: "POST", body: new FormData(form), headers: { "X-Chibo-Save": "1" } });
    } catch {
      broken();
      return;
    }
    if (answer.status >= 500) {
      broken();
      return;
    }
    cut.hidden = true;
    if (answer.ok && answer.headers.get("Content-Type") === "application/json") {
      done = true;
      shelf.drop(key);
      tidy();
      location.assign((await answer.json()).url);
      return;
    }
    saving = false;
    if (answer.status !== 422 && answer.status !== 409) {
      out.hidden = false; // signed out, or no longer allowed
      out.scrollIntoView();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = document.importNode(page.querySelector("main"), true);
    document.querySelector("main").replaceWith(main);
    window.htmx?.process(main);
    window.scrollTo(0, 0);
    document.dispatchEvent(new CustomEvent("chibo:renewed"));
  }

  function typed() {
    if (done || saving) return;
    keep(false);
    tidy();
    clearTimeout(typing);
    typing = setTimeout(draft, PAUSE);
    if (!url) say(form.dataset.textHere);
  }

  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  form.addEventListener("chibo:step", () => {
    if (shelf.read(key)) typed(); // how far it is belongs to what is kept
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!saving) save();
  });
  form.addEventListener("htmx:beforeSwap", remember);
  form.addEventListener("htmx:afterSwap", () => fillIn(form, { ...typedIn(form), ...marks }));
  window.addEventListener("online", resume);
  window.addEventListener("offline", () => {
    if (form.isConnected && !done) {
      cut.hidden = false;
      say(form.dataset.textHere);
    }
  });

  function offer() {
    const offered = new Set([...document.querySelectorAll("[data-offered]")].map((each) => prefix + each.dataset.offered));
    const left = others().find((each) => !offered.has(each) && shelf.read(each)?.sent === false);
    const notice = document.querySelector("[data-left]");
    if (!left || !notice) return;
    const { typed, at } = shelf.read(left);
    const way = `?month=${encodeURIComponent(typed.month ?? "")}&draft=${left.slice(prefix.length)}`;
    if (typed.month === form.elements.month.value && typed.kind === typedIn(form).kind) {
      location.replace(way); // of the very meeting that is to be recorded: one goes on with it
      return;
    }
    const month = [...form.elements.month.options].find((option) => option.value === typed.month);
    const said = {
      month: month?.textContent ?? typed.month,
      absent: Object.entries(typed).filter(([name, value]) => name.startsWith("m_") && value === "absent").length,
      when: new Date(at ?? Date.now()).toLocaleString(document.documentElement.lang || "en", {
        dateStyle: "short",
        timeStyle: "short",
      }),
    };
    const text = notice.querySelector("[data-left-text]");
    text.textContent = text.dataset.text.replace(/\{(\w+)\}/g, (_, name) => said[name]);
    notice.querySelector("[data-left-way]").href = way;
    notice.hidden = false;
  }

  const known = shelf.read(key);
  if (known && !known.sent && !form.querySelector("[data-first]")) {
    const day = form.elements.held_on.value;
    fillIn(form, known.typed);
    if (known.typed.held_on && known.typed.held_on !== day) {
      form.addEventListener("htmx:afterSwap", () => fillIn(form, known.typed), { once: true });
      form.elements.held_on.dispatchEvent(new Event("change", { bubbles: true }));
    }
    say(form.dataset.textHere);
    draft();
  } else if ("fresh" in form.dataset) {
    offer();
  }
  for (const button of form.querySelectorAll("[data-forget]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      done = true;
      shelf.drop(key);
      location.assign(button.dataset.forget);
    });
  }
  for (const each of document.querySelectorAll("form[data-drop]")) {
    each.addEventListener("submit", () => {
      const dropped = prefix + each.dataset.drop;
      if (dropped === key) done = true;
      clearTimeout(typing);
      shelf.drop(dropped);
    });
  }
}

function attachAll() {
  for (const form of document.querySelectorAll("form[data-kept-as]")) attach(form);
}

attachAll();
document.addEventListener("chibo:renewed", attachAll);
