// Keeps the page for when there is no network, on the site and nowhere else: what is here is given at
// once, and looked for again meanwhile, so that the next visit has what is new.
const STORE = 'tilecast-receiver';
const PARTS = ['./', 'manifest.webmanifest', 'icon.svg', 'icon-192.png', 'icon-512.png'];

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(PARTS)).then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

async function fresh(store, request) {
  const answer = await fetch(request);
  if (answer.ok) await store.put(request, answer.clone());
  return answer;
}

self.addEventListener('fetch', (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url), scope = new URL(self.registration.scope);
  const part = pathname.slice(scope.pathname.length).replace(/^index\.html$/, '') || './';
  if (request.method !== 'GET' || origin !== scope.origin || !PARTS.includes(part)) return;
  event.respondWith(caches.open(STORE).then(async (store) => {
    const kept = await store.match(part), next = fresh(store, part);
    event.waitUntil(next.catch(() => {}));
    return kept ?? next;
  }));
});
