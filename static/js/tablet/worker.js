// The app's service worker: keeps one version of the app, whole, and answers from it when nobody else does. The
// server puts `const APP = {version, assets, shells, app}` in front of it.
//
// It takes over when no page uses the one before, or when the page says so: a person who is in the middle of a
// handover is not moved to another version. What the server's API says is never kept here.
const CACHE = `voltgo-tablet-${APP.version}`;
const SETTINGS = "voltgo-tablet-settings";
const LANGUAGE = "/station/tablet/language";
const PATIENCE_MS = 3_000;
const SCOPE = "/station/";
const API = "/station/api/";
const VERSION_HEADER = "X-App-Version";

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => event.data === "take-over" && event.waitUntil(self.skipWaiting()));
self.addEventListener("sync", (event) => event.tag === "outbox" && event.waitUntil(wakePages()));

// All or nothing: half an app would be found out at a station without network.
async function install() {
  const cache = await caches.open(CACHE);
  const fresh = (address) => new Request(address, { cache: "reload" });
  await Promise.all([
    cache.addAll(APP.assets.map(fresh)),
    ...Object.values(APP.shells).map(async (address) => {
      const shell = await fetch(fresh(address));
      // Of two servers in the middle of a release one may give the document of another version.
      if (!isOurs(shell)) throw new Error(`${address}: ${shell.status}`);
      await cache.put(address, shell);
    }),
  ]);
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith("voltgo-tablet-") && name !== CACHE && name !== SETTINGS) await caches.delete(name);
  }
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin || address.pathname.startsWith(API)) return;
  if (request.mode === "navigate") {
    if (isOfTheApp(address)) event.respondWith(shell(request));
    else if (address.pathname.startsWith(SCOPE)) event.respondWith(otherPage(request));
    return;
  }
  if (APP.assets.includes(address.pathname)) event.respondWith(asset(event));
});

const isOfTheApp = ({ pathname }) => pathname.startsWith(APP.app);
const isOurs = (response) => response.ok && response.headers.get(VERSION_HEADER) === APP.version;

// The app's own pages get the files of their version. Pages that the server has just drawn get the server's.
async function asset({ request, clientId }) {
  const cache = await caches.open(CACHE);
  const held = await cache.match(request, { ignoreSearch: true });
  const page = clientId ? await self.clients.get(clientId) : null;
  if (held && (!page || isOfTheApp(new URL(page.url)))) return held;
  try {
    return await fetch(request);
  } catch {
    return held ?? Response.error();
  }
}

// Every address of the app is one document. The network's is taken if it comes in time and belongs to this version;
// a newer one waits until the new worker takes over, so that a page and its modules always fit each other.
async function shell(request) {
  const answer = await fromNetwork(request);
  // Withdrawn, or not enrolled: that page says what to do. A refusal of somebody in between has no such header.
  if (answer && [403, 410].includes(answer.status) && answer.headers.has(VERSION_HEADER)) return answer;
  if (answer && isOurs(answer)) {
    await remember(answer.headers.get("Content-Language"));
    return answer;
  }
  if (answer?.headers.has(VERSION_HEADER)) self.registration.update().catch(() => null);
  return (await kept()) ?? answer ?? Response.error();
}

async function fromNetwork(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return null;
  }
}

async function kept() {
  const cache = await caches.open(CACHE);
  const language = await chosenLanguage();
  return cache.match(APP.shells[language] ?? Object.values(APP.shells)[0]);
}

// The pages that the server draws need it; without it the app is what there is.
async function otherPage(request) {
  try {
    return await fetch(request);
  } catch {
    return (await kept()) ? Response.redirect(APP.app) : Response.error();
  }
}

// --- Language -------------------------------------------------------------------------------------------

// A page may change the language by its cookie while there is no network; where the worker cannot read cookies it
// goes by the last document that the server gave.
async function chosenLanguage() {
  try {
    const cookie = await self.cookieStore.get("django_language");
    if (cookie?.value in APP.shells) return cookie.value;
  } catch {
    // Not every browser lets a worker read cookies.
  }
  const settings = await caches.open(SETTINGS);
  return (await settings.match(LANGUAGE))?.text();
}

async function remember(language) {
  if (!(language in APP.shells)) return;
  const settings = await caches.open(SETTINGS);
  await settings.put(LANGUAGE, new Response(language));
}

// --- Sending --------------------------------------------------------------------------------------------

// The network is back, says the browser. Only a page can send: it has the key of what waits, the worker has not.
async function wakePages() {
  for (const page of await self.clients.matchAll({ type: "window" })) page.postMessage("sync");
}
