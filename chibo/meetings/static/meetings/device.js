// What this device keeps: [data-outbox] says what has not arrived yet, sends it when there is a line, and has the pages
// of the meetings that wait open without one.
import drafts from "./drafts.js";
import "./outbox.js";
import "./shelf.js";

const { chiboOutbox: outbox, chiboShelf: shelf } = self;
const FIRST = 5000; // milliseconds until it is sent again; twice as long each time
const LONGEST = 300000;
const OLD = 3600000; // a page kept for longer is fetched anew
const MOST = 5; // pages kept
const CHOICE = "chibo-keeps-nothing";
const box = document.querySelector("[data-outbox]");
const part = (name) => document.querySelector(`[data-outbox-${name}]`);
let pause = FIRST;
let later = 0;
let state = { arrived: [], out: false };

function when(at) {
  const [then, now] = [new Date(at), new Date()];
  const today = then.toDateString() === now.toDateString();
  const style = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return then.toLocaleString(document.documentElement.lang || "en", { ...style, hourCycle: "h23" });
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

function way(name, href) {
  const found = part("ways").content.querySelector(`[data-way="${name}"]`).cloneNode(true);
  if (href) found.href = href;
  return found;
}

function dropping(record) {
  const first = way("drop");
  first.addEventListener("click", () => {
    const sure = way("sure");
    const no = way("no");
    sure.addEventListener("click", () => outbox.drop(record));
    no.addEventListener("click", () => {
      sure.replaceWith(first);
      no.remove();
      first.focus();
    });
    first.replaceWith(sure, no);
    sure.focus();
  });
  return first;
}

function ways(record) {
  const { path, uid, about, said } = record;
  const kind = new Map(record.typed).get("kind");
  const mine = `${shelf.addressOf(path, about.value ?? "", kind)}&draft=${uid}`;
  if (record.state === "waiting") return [way("open", mine)];
  if (record.state === "sealed") return [dropping(record)];
  if (record.state === "refused") return [way("again"), way("open", mine), dropping(record)];
  if (!said.stands_url) return [way("complete", mine), dropping(record)];
  const correct = way("correct", `${said.correct_url}#kept=${uid}`);
  const rest = said.is_conflict ? [] : [way("another", mine)];
  return [way("stands", said.stands_url), correct, ...rest, dropping(record)];
}

function line(record, kind) {
  const item = part("line").content.firstElementChild.cloneNode(true);
  const values = { month: record.about.month, cell: record.about.cell, when: when(record.since) };
  item.querySelector("[data-said]").textContent = fill(box.dataset[`text${kind}`], values);
  for (const mark of item.querySelectorAll("[data-mark]")) mark.hidden = mark.dataset.mark !== kind.toLowerCase();
  const said = record.state === "returned" ? record.said : { reasons: [] };
  const more = said.stands ? [fill(box.dataset.textStands, said)] : said.reasons;
  item.querySelector("[data-more]").replaceChildren(
    ...more.map((text) => Object.assign(document.createElement("p"), { textContent: text })),
  );
  const shown = kind === "Arrived" ? [way("stands", record.url)] : ways(record);
  for (const each of shown) {
    if (each.dataset.way === "again") each.addEventListener("click", () => tryAgain(record));
  }
  item.querySelector("[data-acts]").replaceChildren(...shown);
  return item;
}

const KINDS = { waiting: "Waiting", returned: "Returned", refused: "Refused", sealed: "Sealed" };

async function show() {
  const mine = await outbox.owner();
  const is_mine = mine && (!box.dataset.user || box.dataset.user === mine.user);
  const records = is_mine ? await outbox.all() : [];
  const kept = is_mine ? await shelf.pages() : [];
  const own = document.querySelector("form[data-kept-as]")?.elements.uid.value; // the form itself says that it waits
  const others = records.filter(({ uid, state: how }) => (uid !== own || how !== "waiting") && !location.hash.endsWith(uid));
  const lines = others.map((record) =>
    line(record, record.state === "returned" && record.said.stands ? "Conflict" : KINDS[record.state]),
  );
  part("list").replaceChildren(...lines, ...state.arrived.map((record) => line(record, "Arrived")));
  part("out").hidden = !state.out || !records.length;
  part("send").hidden = !others.some((record) => record.state === "waiting");
  const refused = "keeps" in box.dataset && !chosen();
  part("kept").hidden = !kept.length && !refused;
  part("nothing").hidden = refused;
  part("again").hidden = !refused;
  part("pages").replaceChildren(
    ...kept.map(({ url, title, at }) => {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = title;
      const item = document.createElement("li");
      item.append(link, " ", fill(box.dataset.textSince, { when: when(at) }));
      return item;
    }),
  );
  const is_empty = !kept.length && !refused;
  const brief = box.dataset.outbox === "brief"; // a page with a form of its own: only what has not arrived
  box.hidden = !part("list").children.length && (brief || is_empty);
  part("none")?.toggleAttribute("hidden", !box.hidden);
}

async function send() {
  clearTimeout(later);
  const failed = { arrived: [], waiting: true, out: false }; // the store of the device did not answer: tried again
  const { arrived, waiting, out } = await outbox.flush().catch(() => failed);
  state = { arrived: [...state.arrived, ...arrived], out };
  pause = arrived.length ? FIRST : Math.min(pause * 2, LONGEST);
  if (waiting && !out) later = setTimeout(send, pause);
  await show();
}

async function tryAgain(record) {
  await outbox.mark(record, "waiting", null);
  await send();
}

function wanted() {
  const links = [...document.querySelectorAll('main a[href*="/meetings/record/?month="]')].map((each) => new URL(each.href));
  const urls = links.map((each) => shelf.addressOf(each.pathname, each.searchParams.get("month"), shelf.kindOf(each)));
  const form = document.querySelector("form[data-kept-as]");
  if (form && shelf.RECORD.test(location.pathname)) {
    const kind = new FormData(form).get("kind") ?? "";
    urls.unshift(shelf.addressOf(location.pathname, form.elements.month.value, kind));
  }
  return [...new Set(urls.map((each) => location.origin + each))].slice(0, MOST);
}

async function keepPages(user) {
  const urls = wanted();
  const known = new Map((await shelf.pages()).map(({ url, at }) => [url, at]));
  const belongs = (text) => text.includes(`data-kept-as="chibo:${user}:`);
  for (const url of urls) {
    if (Date.now() - (known.get(url) ?? 0) > OLD) await shelf.keep(url, undefined, belongs);
  }
  const others = [...known.keys()].filter((url) => new URL(url).pathname !== box.dataset.keeps);
  if (box.dataset.outbox === "desk") await shelf.only([...urls, ...others]);
  if ((await outbox.owner())?.user !== user) await outbox.forget(); // signed out meanwhile
}

function chosen() {
  try {
    return localStorage.getItem(CHOICE) !== "yes";
  } catch {
    return true;
  }
}

async function settle() {
  const { user } = box.dataset;
  if (!user) return; // the page without a line: it stands for nobody
  if ("keeps" in box.dataset) {
    await navigator.serviceWorker.register("/worker.js", { scope: "/", updateViaCache: "none" });
  }
  if (!(await navigator.serviceWorker.getRegistration("/"))) return;
  if ((await outbox.owner())?.user !== user) await outbox.line();
  await drafts.adopt(user);
}

async function prepare() {
  const mine = await outbox.owner();
  if (!("keeps" in box.dataset) || !chosen() || mine?.user !== box.dataset.user) return;
  await keepPages(mine.user).catch(() => {}); // the line has ended meanwhile
  await show();
}

async function begin() {
  if (!outbox.able || !shelf.able || !navigator.serviceWorker) return;
  try {
    await settle();
  } catch {
    return; // this browser keeps nothing
  }
  part("send").addEventListener("click", send);
  part("nothing").addEventListener("click", async () => {
    localStorage.setItem(CHOICE, "yes");
    await shelf.only([]);
    await show();
  });
  part("again").addEventListener("click", async () => {
    localStorage.removeItem(CHOICE);
    await prepare();
  });
  window.addEventListener("online", () => {
    pause = FIRST;
    send();
  });
  window.addEventListener("chibo:outbox", show);
  outbox.told?.addEventListener("message", ({ data }) => {
    if (data.arrived) state.arrived.push(data.arrived); // another page or the worker has sent it
    show();
  });
  await send();
  await prepare();
}

if (box) {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const button = part("install");
    button.hidden = false;
    button.addEventListener("click", () => event.prompt(), { once: true });
  });
  await begin();
}
