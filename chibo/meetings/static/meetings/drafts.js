// What is typed and has not reached the server: kept on the device under the key of its user, as the outbox keeps what
// is finished; in plain only while, or where, this browser has no such key. What the server has, too, stays here sealed for
// when there is no line: {typed, at, based, sent}.
import "./outbox.js";

const outbox = self.chiboOutbox;
const PLAIN = /^chibo:(\d+):/;
const NONE = { getItem: () => null, setItem() {}, removeItem() {} };
let mine = null; // stays with this page, also where one signs out in another
let last = Promise.resolve();

function plain() {
  try {
    return localStorage;
  } catch {
    return NONE; // storage may be forbidden: drafts still go to the server
  }
}

// One after the other: what is dropped stays dropped.
function inOrder(act) {
  last = last.then(act, act);
  return last;
}

async function keyOf(user) {
  if (mine?.user !== user) mine = await outbox.owner().catch(() => null);
  return mine?.user === user ? mine : null;
}

function readPlain(key) {
  try {
    const kept = JSON.parse(plain().getItem(key));
    return kept?.typed && !kept.sent ? kept : null;
  } catch {
    return null;
  }
}

async function put(user, key, content) {
  const own = await keyOf(user);
  const isSealed = own && (await outbox.hide(own, key, content).then(() => true, () => false));
  if (isSealed || content.sent) {
    plain().removeItem(key); // what the server has does not lie open here
    return Boolean(isSealed);
  }
  try {
    plain().setItem(key, JSON.stringify(content));
    return plain() !== NONE;
  } catch {
    return false; // full: drafts still go to the server
  }
}

async function remove(key) {
  plain().removeItem(key);
  if (outbox.able) await outbox.unhide(key).catch(() => {});
}

async function found(user, prefix) {
  const own = await keyOf(user);
  const sealed = own ? await outbox.hidden(own, prefix).catch(() => []) : [];
  const open = Object.keys(plain()).filter((key) => key.startsWith(prefix));
  const known = new Map(sealed.map(({ key, content }) => [key, content]));
  for (const key of open) if (readPlain(key)) known.set(key, readPlain(key));
  return known;
}

// What was typed before there was a key is sealed now, and what the server had is let go, whoever typed it.
async function adopt(user) {
  for (const key of Object.keys(plain()).filter((each) => PLAIN.test(each))) {
    const kept = readPlain(key);
    if (!kept) plain().removeItem(key);
    else if (PLAIN.exec(key)[1] === user && (await keyOf(user))) await put(user, key, kept);
  }
}

const own = {
  // Whether it is kept.
  write: (user, key, content) => inOrder(() => put(user, key, content)),
  drop: (key) => inOrder(() => remove(key)),
  // {typed, at} by key, of all keys that begin so.
  all: (user, prefix) => inOrder(() => found(user, prefix)),
  read: async (user, key) => (await own.all(user, key)).get(key) ?? null,
  adopt: (user) => inOrder(() => adopt(user)),
};

export default own;
