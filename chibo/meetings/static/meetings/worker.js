// The worker of the installed program. Pages come from the net first; without a line, those that are kept on the device,
// else the page that says so. Nothing that is sent passes through it but the outbox.
const { GIVEN, chiboOutbox: outbox, chiboShelf: shelf } = self;
const HOUSE = `chibo-house-${GIVEN.version}`; // the page without a line, and its files
const HASHED = /\.[0-9a-f]{12}\.\w+$/; // never changes under this name
const NO_SERVER = [502, 503, 504]; // nobody behind the proxy: as good as no line

async function settle() {
  if (!(await shelf.keep(GIVEN.offline, HOUSE))) throw new Error("the page without a line could not be kept");
  await self.skipWaiting();
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith("chibo-house-") && name !== HOUSE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function page(request) {
  let answer;
  try {
    answer = await fetch(request);
    if (!NO_SERVER.includes(answer.status)) return answer;
  } catch {
    // no line
  }
  const kept = await shelf.standing(new URL(request.url));
  return kept ?? answer ?? (await caches.match(GIVEN.offline, { cacheName: HOUSE })) ?? Response.error();
}

async function file(request) {
  const kept = () => caches.match(request.url);
  if (HASHED.test(request.url)) return (await kept()) ?? fetch(request);
  try {
    return await fetch(request);
  } catch {
    return (await kept()) ?? Response.error();
  }
}

self.addEventListener("install", (event) => event.waitUntil(settle()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  const isSigning = GIVEN.signing.includes(pathname);
  if (request.method === "POST" && isSigning) event.waitUntil(outbox.forget());
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && isSigning) event.waitUntil(outbox.ask()); // a session that has ended leads here
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (pathname.startsWith(shelf.FILES)) event.respondWith(file(request));
});
self.addEventListener("sync", (event) => {
  if (event.tag !== "chibo-outbox") return;
  const sent = outbox.flush().then(({ waiting, out }) => {
    if (waiting && !out) throw new Error("not all has arrived"); // the browser tries again later
  });
  event.waitUntil(sent);
});
