// Keeps the page itself, so that a phone that is away from the laptop can open it again. It keeps no
// data: what the laptop knows is only ever asked of the laptop. Browsers run it on secure pages only.

const KEPT = "baksan-page";
const LANGUAGES = ["en", "ru"];
const WAIT_MS = 3000; // another network than the laptop's may never answer

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keepAll());
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  if (isOfThePage(event.request)) event.respondWith(answer(event));
});

/** Keep the page and all that it names. */
async function keepAll() {
  const cache = await caches.open(KEPT);
  const page = await (await fetch("/")).text();
  const named = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((found) => found[1]);
  const phrases = LANGUAGES.map((language) => `/phrases/${language}.json`);
  await cache.addAll(["/", ...new Set(named), ...phrases]);
}

function isOfThePage({ method, url }) {
  const { origin, pathname } = new URL(url);
  const kept = pathname === "/" || /^\/(static|phrases)\//.test(pathname);
  return method === "GET" && origin === location.origin && kept;
}

/** Return what the laptop sends, which may be newer; what was kept where it does not answer. */
async function answer(event) {
  const cache = await caches.open(KEPT);
  try {
    const fresh = await fetch(event.request.url, { signal: AbortSignal.timeout(WAIT_MS) });
    if (fresh.ok) event.waitUntil(cache.put(event.request.url, fresh.clone()));
    return fresh;
  } catch {
    return (await cache.match(event.request.url)) ?? Response.error();
  }
}
