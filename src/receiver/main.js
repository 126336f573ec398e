// The page begins: the module is unpacked, workers are hired, and what can be tapped is connected.

const DONE_AFTER = 2500; // milliseconds in which another file may begin
const MAX_WORKERS = 4;

setInterval(() => {
  const now = performance.now();
  if (stale) { pool.askState(); stale = false; }
  const isDone = status.files.length > 0 && status.packets.missing === 0;
  const mayEnd = status.live || (status.way === 'video' && isLast);
  if (isDone && mayEnd && now - Math.max(doneAt, first) > DONE_AFTER) return finish(status.way, '');
  if (status.live) { status.advice = isDone ? null : advice.now(now, status.packets.missing > 0, status.way); view.touch(); }
}, 500);

// The module: five digits to the base 85, from # on without <, are four bytes of a gzip file.
async function unpacked() {
  const text = $('module').textContent, packed = new DataView(new ArrayBuffer(text.length / 5 * 4));
  const digit = (at) => { const code = text.charCodeAt(at) - 35; return code > 25 ? code - 1 : code; };
  for (let i = 0; i < text.length; i += 5) {
    let group = 0;
    for (let k = 0; k < 5; k++) group = 85 * group + digit(i + k);
    packed.setUint32(i / 5 * 4, group);
  }
  const file = new Blob([packed]).slice(0, Number($('module').dataset.bytes));
  return new Response(file.stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

// Mebibytes for what is received: a phone has less to give than it says.
function room() {
  const looksLike = /Android|iPhone|iPad|Mobile/.test(navigator.userAgent) || navigator.maxTouchPoints > 1;
  const isPhone = navigator.userAgentData?.mobile ?? looksLike;
  const memory = navigator.deviceMemory ?? (isPhone ? 2 : 8);
  return Number(asked.get('limit')) || Math.min(isPhone ? 512 : 1024, Math.max(128, memory * 128));
}

async function start() {
  const begun = performance.now(), cores = navigator.hardwareConcurrency || 2;
  const count = asked.has('workers') ? Number(asked.get('workers')) : Math.max(1, Math.min(MAX_WORKERS, cores - 1));
  const module = await WebAssembly.compile(await unpacked());
  await pool.start(module, Math.max(0, Math.min(16, Math.floor(count) || 0)), room());
  Object.assign(status, { ready: true, workers: pool.workers, startMs: performance.now() - begun });
  view.touch();
}

$('camera').onclick = () => goLive('camera');
$('screen').onclick = () => goLive('screen');
$('lenses').onchange = ({ target }) => goLive('camera', target.value);
$('halt').onclick = () => finish(status.way, 'Stopped.');
for (const id of ['video', 'photos']) $(id).onchange = ({ target }) => { chosen(target.files); target.value = ''; };
listen(chosen);
$('camera').disabled = Boolean(whyNoCamera());
$('nocamera').textContent = whyNoCamera();
$('nocamera').hidden = !whyNoCamera();
$('screen').hidden = !hasScreen();
buttons();
addEventListener('beforeunload', (event) => { if (unsaved) event.preventDefault(); });
if (document.querySelector('link[rel=manifest]')) navigator.serviceWorker?.register('sw.js').catch(() => {});
const ready = start();
ready.catch((error) => {
  status.error = `This browser cannot run the receiver; it takes one of 2023 or newer (${error.message ?? error}).`;
  view.touch();
});
