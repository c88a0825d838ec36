// The kitchen's service worker: page and files for when there is no network. The server writes VERSION and FILES above.

const SHELL = "/kitchen/";
const OURS = "kitchen-";
const CACHE = OURS + VERSION;
const PATIENCE_MS = 3000;
const KEPT = new Set(FILES);
// Pages that came from a server of another version: they must not get this version's files.
const others = new Set();

const fresh = (path) => new Request(path, { cache: "no-cache" });

self.addEventListener("install", (event) => {
  const fill = async () => (await caches.open(CACHE)).addAll(FILES.concat([SHELL]).map(fresh));
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith(OURS) && name !== CACHE);
  const clean = caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name))));
  // Only the very first worker meets an open page here: its next sign shall not need the network.
  event.waitUntil(clean.then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => event.data === "take over" && self.skipWaiting());

// Nothing but the page and its files: no answer of the API is ever kept.
self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (mode === "navigate" && pathname === SHELL) event.respondWith(shell(event));
  else if (KEPT.has(pathname)) event.respondWith(file(event));
});

/** A newer worker that waits takes over now, while the page is loading anyway, never in the middle of service. */
async function handOver() {
  const { waiting } = self.registration;
  if (!waiting || (await self.clients.matchAll({ type: "window" })).length > 1) return false;
  waiting.postMessage("take over");
  return true;
}

function inTime(promise) {
  return new Promise((done, failed) => {
    setTimeout(() => failed(new Error("slow")), PATIENCE_MS);
    promise.then(done, failed);
  });
}

async function shell(event) {
  if (await handOver()) return new Response("", { headers: { Refresh: "0" } });
  const cache = await caches.open(CACHE);
  try {
    const answer = await inTime(fetch(event.request));
    if (!answer.ok) throw new Error(String(answer.status));
    if (answer.headers.get("Kaifan-Version") !== VERSION) others.add(event.resultingClientId);
    else await cache.put(SHELL, answer.clone());
    return answer;
  } catch (error) {
    return (await cache.match(SHELL)) || Response.error();
  }
}

async function file(event) {
  const kept = await (await caches.open(CACHE)).match(new URL(event.request.url).pathname);
  if (!kept) return fetch(event.request);
  return others.has(event.clientId) ? fetch(event.request).catch(() => kept) : kept;
}
