// Pages that open without a line, each with the files it names. Pages and the worker share it, so it is no module: it
// leaves `self.chiboShelf`.
(() => {
  const NAME = "chibo-kept";
  const FILES = "/static/";
  const RECORD = /^\/units\/\d+\/meetings\/record\/$/;
  const ABOUT = "X-Chibo-About";
  const OLDEST = 31 * 24 * 3600000; // milliseconds: a kept page older than this is none
  const able = Boolean(self.isSecureContext && self.caches);

  function namedIn(text, path, at) {
    const pattern = path.endsWith(".css")
      ? /url\(\s*["']?([^"')]+)/g
      : path.endsWith(".js")
        ? /\b(?:from|import)\s*["'](\.[\w./-]+\.js)["']/g
        : /<(?:link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"/g;
    return [...text.matchAll(pattern)]
      .map(([, name]) => new URL(name.replaceAll("&amp;", "&"), at))
      .filter((url) => url.origin === self.location.origin && url.pathname.startsWith(FILES))
      .map((url) => url.href);
  }

  // All files a text names, and those they name in turn, are in the cache afterwards.
  async function files(cache, text, path, at, seen = new Set()) {
    const fresh = namedIn(text, path, at).filter((url) => !seen.has(url));
    for (const url of fresh) seen.add(url);
    await Promise.all(
      fresh.map(async (url) => {
        let file = await cache.match(url);
        if (!file) {
          file = (await caches.match(url)) ?? (await fetch(url));
          if (!file.ok) throw new Error(`${url}: ${file.status}`);
          await cache.put(url, file.clone());
        }
        const named = new URL(url).pathname;
        if (/\.(?:js|css)$/.test(named)) await files(cache, await file.text(), named, url, seen);
      }),
    );
    return seen;
  }

  // False where the page is not to be had now, or is not that of whom it is kept for.
  async function keep(url, name = NAME, belongs = () => true) {
    const cache = await caches.open(name);
    let answer;
    try {
      answer = await fetch(url, { redirect: "manual", cache: "no-store" });
      if (!answer.ok) return false;
      const text = await answer.text();
      if (!belongs(text)) return false;
      await files(cache, text, "", new URL(url, self.location.href));
      const title = /<h1 id="of-month">([^<]*)</.exec(text)?.[1] ?? "";
      const headers = new Headers(answer.headers);
      headers.set(ABOUT, encodeURIComponent(JSON.stringify({ at: Date.now(), title })));
      await cache.put(url, new Response(text, { headers }));
      return true;
    } catch {
      return false; // the line, or the room on the device, has ended
    }
  }

  async function pages() {
    if (!able) return [];
    const cache = await caches.open(NAME);
    const found = await Promise.all(
      (await cache.keys()).map(async (request) => {
        const about = (await cache.match(request))?.headers.get(ABOUT);
        const page = about ? { url: request.url, ...JSON.parse(decodeURIComponent(about)) } : null;
        if (!page || Date.now() - page.at <= OLDEST) return page;
        await cache.delete(request);
        return null;
      }),
    );
    return found.filter(Boolean);
  }

  const kindOf = (url) => url.searchParams.get("kind") || "regular";

  // The address under which the page of a cell, a month and a kind of meeting is kept.
  function addressOf(path, month, kind) {
    const more = kind && kind !== "regular" ? `&kind=${encodeURIComponent(kind)}` : "";
    return `${path}?month=${encodeURIComponent(month)}${more}`;
  }

  // The kept page that stands for an address: of the same cell, month and kind, whatever draft it names.
  async function standing(url) {
    if (!RECORD.test(url.pathname)) return null;
    const month = url.searchParams.get("month");
    for (const page of await pages()) {
      const kept = new URL(page.url);
      if (kept.pathname !== url.pathname || kindOf(kept) !== kindOf(url)) continue;
      if (month && kept.searchParams.get("month") !== month) continue;
      return (await (await caches.open(NAME)).match(page.url)) ?? null;
    }
    return null;
  }

  // Pages that are no longer wanted go, and files that no page names any more.
  async function only(wanted) {
    const cache = await caches.open(NAME);
    const used = new Set();
    for (const { url } of await pages()) {
      if (!wanted.includes(url)) {
        await cache.delete(url);
        continue;
      }
      used.add(url);
      const page = await cache.match(url);
      for (const file of await files(cache, await page.text(), "", url)) used.add(file);
    }
    for (const { url } of await cache.keys()) if (!used.has(url)) await cache.delete(url);
  }

  self.chiboShelf = { able, FILES, RECORD, addressOf, kindOf, keep, pages, standing, only };
})();
