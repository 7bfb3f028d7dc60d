// What was finished on this device and has not arrived yet: kept here under the key of its user, sent when there is a
// line. Pages and the worker share it, so it is no module: it leaves `self.chiboOutbox`.
(() => {
  const TYPED = "typed"; // the state of what is no record yet
  const LINE = "/outbox/"; // who is signed in, the token of the session, the key
  const able = Boolean(self.isSecureContext && self.indexedDB && self.crypto?.subtle);
  const patience = () => AbortSignal.timeout?.(60000); // a line that says nothing for so long is none
  const told = self.BroadcastChannel ? new BroadcastChannel("chibo-outbox") : null;
  let opened;

  function base() {
    opened ??= new Promise((resolve, reject) => {
      const asking = indexedDB.open("chibo", 1);
      asking.onupgradeneeded = () => {
        asking.result.createObjectStore("records", { keyPath: "id" });
        asking.result.createObjectStore("keys", { keyPath: "user" });
      };
      asking.onsuccess = () => resolve(asking.result);
      asking.onerror = () => {
        opened = undefined;
        reject(asking.error);
      };
    });
    return opened;
  }

  async function within(name, mode, act) {
    const transaction = (await base()).transaction(name, mode, { durability: mode === "readwrite" ? "strict" : "default" });
    const asked = act(transaction.objectStore(name));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(asked?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  function changed() {
    told?.postMessage("changed");
    self.dispatchEvent(new Event("chibo:outbox"));
  }

  // Whose device it is: the one who signed in here last and has not signed out.
  async function owner() {
    return able ? ((await within("keys", "readonly", (keys) => keys.getAll()))[0] ?? null) : null;
  }

  const takePages = () => self.caches?.delete("chibo-kept");

  async function forget() {
    if (!able) return;
    await within("keys", "readwrite", (keys) => keys.clear());
    await takePages();
    changed();
  }

  // The session has ended: pages go, the key and what has not arrived stay until somebody signs in.
  async function nobody() {
    if (await takePages()?.catch(() => false)) changed();
    return { user: null };
  }

  // null: no line; {user: null}: nobody is signed in.
  async function ask(method = "GET", token = "") {
    try {
      const headers = { "X-CSRFToken": token };
      const answer = await fetch(LINE, { method, redirect: "manual", cache: "no-store", headers, signal: patience() });
      if (answer.type === "opaqueredirect") return await nobody();
      if (!answer.ok) return null;
      const said = await answer.json();
      return { ...said, user: `${said.user}` };
    } catch {
      return null; // also where the line ends within the answer
    }
  }

  async function line() {
    let said = await ask();
    if (!able || !said?.user) return said;
    const before = await owner();
    if (before?.user === said.user) return said;
    if (!said.key) said = await ask("POST", said.token);
    if (!said?.key) return said;
    if (before) await forget();
    const bytes = Uint8Array.from(said.key.match(/../g), (pair) => parseInt(pair, 16));
    const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    await within("keys", "readwrite", (keys) => keys.put({ user: said.user, key }));
    return said;
  }

  async function seal(mine, id, content) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = new TextEncoder().encode(id);
    const text = new TextEncoder().encode(JSON.stringify(content));
    return { iv, box: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, mine.key, text) };
  }

  async function unseal(mine, { id, iv, box, ...rest }) {
    const additionalData = new TextEncoder().encode(id);
    try {
      const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, mine.key, box);
      return { id, ...rest, ...JSON.parse(new TextDecoder().decode(text)) };
    } catch {
      return { id, ...rest, state: "sealed", path: "", typed: [], about: {} }; // under a key that is gone: said, not hidden
    }
  }

  async function all() {
    const mine = await owner();
    if (!mine) return [];
    const rows = await within("records", "readonly", (records) => records.getAll());
    const own = await Promise.all(rows.filter((row) => row.user === mine.user && row.state !== TYPED).map((row) => unseal(mine, row)));
    return own.sort((one, other) => one.since - other.since);
  }

  async function get(uid) {
    return (await all()).find((each) => each.uid === uid) ?? null;
  }

  // What is typed so far, under a key of its own; it is not sent from here.
  async function hide(mine, id, content) {
    const kept = { id, user: mine.user, since: Date.now(), state: TYPED, ...(await seal(mine, id, content)) };
    await within("records", "readwrite", (records) => records.put(kept));
  }

  const unhide = (id) => within("records", "readwrite", (records) => records.delete(id));

  async function hidden(mine, prefix) {
    const rows = await within("records", "readonly", (records) => records.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
    const own = rows.filter((row) => row.user === mine.user && row.state === TYPED);
    const read = await Promise.all(own.map(async (row) => ({ key: row.id, content: await unseal(mine, row) })));
    return read.filter(({ content }) => content.typed && !Array.isArray(content.typed)); // others are under a key that is gone
  }

  // False where nothing can be kept: there is no key of that user here.
  async function put(user, uid, content) {
    const mine = await owner();
    if (mine?.user !== user) return false;
    const id = `${user}:${uid}`;
    const kept = { id, user, uid, since: Date.now(), state: "waiting", ...(await seal(mine, id, content)) };
    await within("records", "readwrite", (records) => records.put(kept));
    self.navigator.storage?.persist?.();
    changed();
    return true;
  }

  // What was put anew meanwhile is neither dropped nor marked: it is another one.
  async function ifSame(record, act) {
    await within("records", "readwrite", (records) => {
      const asked = records.get(record.id);
      asked.onsuccess = () => {
        if (asked.result?.since === record.since) act(records, asked.result);
      };
    });
    changed();
  }

  const drop = (record) => ifSame(record, (records) => records.delete(record.id));

  async function mark(record, state, said) {
    const mine = await owner();
    if (mine?.user !== record.user) return;
    const { path, typed, about, device_at } = record;
    const sealed = await seal(mine, record.id, { path, typed, about, device_at, said });
    await ifSame(record, (records, row) => records.put({ ...row, state, ...sealed }));
  }

  // What a form says, as it is sent: read in a fraction of the time that parts take, and without the reasons of those
  // who were there.
  const body = (data) => new URLSearchParams([...data].filter(([name, value]) => value !== "" || !name.startsWith("r_")));

  async function send(record, token) {
    const data = new FormData();
    for (const [name, value] of record.typed) data.append(name, value);
    data.set("device_at", record.device_at);
    data.set("sent_at", new Date().toISOString());
    let answer;
    let isJson;
    let said;
    try {
      answer = await fetch(record.path, {
        method: "POST",
        body: body(data),
        redirect: "manual",
        headers: { "X-CSRFToken": token, "X-Chibo-Save": "outbox" },
        signal: patience(),
      });
      if (answer.type === "opaqueredirect" || answer.status >= 500) return null;
      isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
      said = isJson ? await answer.json() : { reasons: [] };
    } catch {
      return null; // also where the line ends within the answer
    }
    if (answer.ok && said.url) {
      await drop(record);
      const one = { ...record, url: said.url };
      told?.postMessage({ arrived: { uid: record.uid, since: record.since, about: record.about, url: said.url } });
      return one;
    }
    await mark(record, isJson ? "returned" : "refused", said);
    return null;
  }

  const locked = (act) => (self.navigator.locks ? self.navigator.locks.request("chibo-outbox", act) : act());

  // Sends what waits, one after the other: {arrived: [...], waiting: how many still wait, out: whether to sign in}.
  async function flush() {
    return locked(async () => {
      const arrived = [];
      let waiting = (await all()).filter((each) => each.state === "waiting");
      if (!waiting.length) return { arrived, waiting: 0, out: false };
      const [mine, said] = [await owner(), await line()];
      if (!said) return { arrived, waiting: waiting.length, out: false };
      if (said.user !== mine.user) return { arrived, waiting: waiting.length, out: true };
      for (const record of waiting) {
        const one = await send(record, said.token);
        if (one) arrived.push(one);
      }
      waiting = (await all()).filter((each) => each.state === "waiting");
      return { arrived, waiting: waiting.length, out: false };
    });
  }

  self.chiboOutbox = { able, told, patience, body, owner, forget, ask, line, all, get, put, drop, mark, flush, hide, unhide, hidden };
})();
