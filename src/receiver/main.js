// The page: what is tapped, what comes of it.
//
// `window.tilecast` says how it goes, for whoever watches (tests do):
//   ready, workers (0: in the page), startMs      error: what ended everything, in words, or null
//   way: camera, screen, video, photos or null    ended: the way that has come to its end by itself, or null
//   camera: settings of the feed                  movie: { codec, samples }, method: webcodecs or element
//   pictures, dropped, failed: handed in          whole, repeats, partly, nothing: what eyes said of them
//   looks: the last [{ ms, pixels, how, width, height }]
//   packets: { received, missing, bytes }, rate: { bits, packets } a second, transfers, probe: as the desk says
//   files: [{ name, size, verified, digest, address, ms }], ms since the way was begun; refused: [{ id, error }]
//   notes: [{ name, text }], advice: { why, here, there } or null, full
const status = window.tilecast = {
  ready: false, workers: null, startMs: null, error: null, way: null, live: false, ended: null, camera: null, movie: null, method: null,
  pictures: 0, dropped: 0, failed: 0, whole: 0, repeats: 0, partly: 0, nothing: 0, looks: [],
  packets: { received: 0, missing: 0, bytes: 0 }, rate: { bits: 0, packets: 0 }, transfers: [], probe: null,
  files: [], refused: [], notes: [], advice: null, full: false, checking: null, note: '', progress: '',
};
const asked = new URLSearchParams(location.hash.slice(1));
const LOOKS = 2000; // that are remembered
const RATE_OVER = 10000; // milliseconds
const DONE_AFTER = 2500; // milliseconds in which another file may begin
const MAX_WORKERS = 4;
const PREVIEW = 1000; // pixels
const view = new View(status), advice = new Advice();
let run = 0, first = 0, doneAt = 0, arrivals = [], stale = false, unsaved = false, previewed = 0;

// --- what comes back

function looked(entry, { reports, width, height, how, ms }) {
  if (status.looks.push({ ms: ms.look, pixels: ms.pixels, how, width, height }) > LOOKS) status.looks.shift();
  const codes = reports.map(({ code }) => code);
  const kind = codes.includes('read') ? 'whole' : codes.includes('repeat') ? 'repeats' : reports.some(isSeen) ? 'partly' : 'nothing';
  status[kind]++;
  if (entry.run !== run) return entry.preview?.close();
  if (entry.preview) view.preview(entry.preview);
  if (entry.preview || status.live || entry.isShown) view.looked(reports, width, height);
  view.touch();
}

function arrived(entry, arrival) {
  if (!arrival) return;
  const now = performance.now(), { pictures, news, received, missing, bytes, full } = arrival;
  status.packets = { received, missing, bytes };
  status.full = full;
  if (news) unsaved = true;
  advice.take(now, pictures, news);
  if (entry.name && !news) noteOf(entry.name, pictures);
  arrivals.push([now, bytes, received]);
  while (arrivals[0][0] < now - RATE_OVER) arrivals.shift();
  const [then, before, packets] = arrivals[0], seconds = (now - then) / 1000;
  if (seconds > 0.4) status.rate = { bits: Math.max(0, bytes - before) * 8 / seconds, packets: Math.max(0, received - packets) / seconds };
  stale = true;
  if (full && status.way) stop();
  view.touch();
}

// A photo that brought nothing, and why.
function noteOf(name, reports) {
  const report = reports.find(isSeen) ?? reports[0];
  if (!report || WHOLE.has(report.code)) return;
  note(name, `${verdict(report).words}. ${WORDS[report.code]?.[1] ?? ''}`);
}

function note(name, text) {
  if (status.notes.length < MAX_NOTES) status.notes.push({ name, text });
  view.note(name, text);
}

function broken(text) {
  status.error = `Something is broken (${text}). Reload this page to start again.`;
  stop();
  view.touch();
}

const pool = new Pool({
  look: looked,
  arrival: arrived,
  failed: (entry, text) => { status.failed++; note(entry.name ?? status.way ?? 'picture', text); },
  state: ({ transfers, probe }) => { Object.assign(status, { transfers, probe }); view.probe(probe); view.touch(); },
  giving: (giving) => { status.checking = giving; view.touch(); },
  file: (file) => {
    status.checking = null;
    const address = showFile(file, () => { unsaved = false; });
    const { name, size, verified, digest } = file;
    doneAt = performance.now();
    status.files.push({ name, size, verified, digest: digest ?? null, address, ms: doneAt - first });
    navigator.vibrate?.(80);
    pool.askState();
    view.speak(`${name} is complete${verified ? ' and verified' : ''}.`);
    view.touch();
  },
  refused: (refusal) => { status.checking = null; status.refused.push(refusal); note(refusal.id, refusal.error); pool.askState(); },
  broken,
});

// --- ways

// Begins a way; gives its number, and what all ways need to know.
function begin(way) {
  stop();
  arrivals = [];
  first = performance.now();
  advice.begin(first);
  Object.assign(status, { way, ended: null, note: '', progress: '', live: way === 'camera' || way === 'screen', rate: { bits: 0, packets: 0 }, advice: null });
  $('notes').replaceChildren();
  buttons();
  view.touch();
  const mine = run;
  return { mine, isOver: () => mine !== run || status.error !== null };
}

// Ends whatever is going on.
function stop() {
  run++;
  live.stop();
  Object.assign(status, { way: null, live: false, advice: null });
  view.stage(null);
  buttons();
  view.touch();
}

function finish(way, text) {
  stop();
  Object.assign(status, { ended: way, note: text });
  view.touch();
}

function buttons() {
  const focus = document.activeElement;
  for (const way of ['camera', 'screen']) {
    const on = status.way === way;
    $(way).classList.toggle('on', on);
    $(way).firstElementChild.textContent = on ? 'Stop' : way[0].toUpperCase() + way.slice(1);
  }
  document.body.dataset.now = status.way ?? (status.ended || status.files.length > 0 ? 'more' : 'idle');
  $('halt').hidden = status.way !== 'video' && status.way !== 'photos';
  $('lens').hidden = status.way !== 'camera' || $('lenses').length < 2;
  // Whoever uses keys stays where they were.
  if (focus?.closest('#ways') && focus.getClientRects().length === 0) (status.way ? $('halt') : $('status')).focus();
}

async function see(picture, entry, wait) {
  status.pictures++;
  const seen = await pool.see(picture, entry, wait);
  if (!seen) status.dropped++;
}

async function preview(picture, always) {
  const now = performance.now();
  if (!always && now - previewed < DRAWN_EVERY) return undefined;
  previewed = now;
  const width = picture.displayWidth ?? picture.width, options = { resizeWidth: Math.min(width, PREVIEW), resizeQuality: 'low' };
  return createImageBitmap(picture, options).catch(() => undefined);
}

const live = new Live($('feed'), {
  see: (picture) => see(picture, { moving: true, run }, false),
  room: () => pool.room(),
  shown: async (kind, settings) => {
    status.camera = settings;
    const cameras = kind === 'camera' ? await live.cameras() : [];
    $('lenses').replaceChildren(...cameras.map(({ deviceId, label }, i) => make('option', { value: deviceId, textContent: label || `Camera ${i + 1}`, selected: deviceId === settings.deviceId })));
    buttons();
  },
  ended: (kind, text) => finish(kind, text),
});

async function goLive(kind, device) {
  if (status.way === kind && !device) return stop();
  const { mine } = begin(kind);
  view.stage('feed');
  try {
    await ready;
    if (mine === run) await live.start(kind, device);
  } catch (error) {
    if (status.way === kind) {
      finish(kind, noFeed(kind, error));
      status.notes.push({ name: kind, text: error.message });
    }
  }
}

async function video(file) {
  const { mine, isOver } = begin('video');
  await ready;
  view.stage('canvas');
  Object.assign(status, { movie: null, method: null });
  try {
    await readVideo(file, $('feed'), {
      isOver, isBusy: () => pool.isBusy(), onlyElement: asked.has('element'),
      began: (movie) => Object.assign(status, { movie, method: 'webcodecs' }),
      played: (why) => {
        status.method = 'element';
        view.stage('feed');
        if (why) status.note = `${file.name}: ${why}. It is played instead; pictures may be skipped.`;
      },
      say: (text) => note(file.name, text),
      progress: (at, of) => {
        status.progress = of > 0 ? `${Math.floor(100 * at / of)} % of the video.` : '';
        view.touch();
      },
      see: async (picture) => {
        const shown = status.method === 'webcodecs' ? await preview(picture, false) : undefined;
        await see(picture, { moving: true, run: mine, preview: shown, isShown: status.method === 'element' }, true);
      },
    });
    return await over('video', isOver, 'The video has ended.');
  } catch (error) {
    if (isOver()) return false;
    note(file.name, error.message);
    finish('video', 'This video cannot be read.');
    return true;
  }
}

async function photos(files) {
  const { mine, isOver } = begin('photos');
  await ready;
  view.stage('canvas');
  await readPictures(files, {
    isOver, note, room: () => pool.room(),
    progress: (at, of) => { status.progress = `${counted(at, 'picture')} of ${count(of)}.`; },
    see: async (picture, name) => see(picture, { moving: false, run: mine, name, preview: await preview(picture, true) }, true),
  });
  return over('photos', isOver, files.length === 1 ? 'The picture has been looked at.' : `${counted(files.length, 'picture')} have been looked at.`);
}

// The end of files: what is missing has to come from others. False if it was ended before.
async function over(way, isOver, text) {
  await pool.idle();
  if (isOver()) return false;
  const lacking = status.packets.missing > 0 || status.files.length === 0;
  const hint = lacking && !status.probe ? advice.atEnd(status.packets.missing > 0) : null;
  const stage = !$('shown').hidden;
  run++;
  Object.assign(status, { way: null, ended: way, note: lacking && !status.probe ? `${text} ${status.method === 'element' && way === 'video' ? 'It was played, so pictures may have been skipped. ' : ''}More is needed: choose others, they are added.` : text, advice: hint });
  if (!stage) view.stage(null);
  buttons();
  view.touch();
  return true;
}

function chosen(files) {
  const some = [...files].filter(({ name }) => !name.startsWith('.')).sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const videos = some.filter(isVideo), others = some.filter((file) => !isVideo(file));
  (async () => {
    if (others.length > 0 && !await photos(others)) return;
    for (const file of videos) if (!await video(file)) return;
  })();
}

// --- once a while

setInterval(() => {
  const now = performance.now();
  if (stale) { pool.askState(); stale = false; }
  const isDone = status.files.length > 0 && status.packets.missing === 0;
  if (status.way && status.way !== 'photos' && isDone && now - Math.max(doneAt, first) > DONE_AFTER) return finish(status.way, '');
  if (status.live) { status.advice = isDone ? null : advice.now(now, status.packets.missing > 0, status.way); view.touch(); }
}, 500);

async function unpacked() {
  const packed = Uint8Array.from(atob($('module').textContent.trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

// Mebibytes for what is received: a phone has less to give than it says.
function room() {
  const isPhone = navigator.userAgentData?.mobile ?? (/Android|iPhone|iPad|Mobile/.test(navigator.userAgent) || navigator.maxTouchPoints > 1);
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
for (const id of ['video', 'photos']) $(id).onchange = ({ target }) => { chosen(target.files); };
listen(chosen);
$('camera').disabled = Boolean(whyNoCamera());
$('nocamera').textContent = whyNoCamera();
$('nocamera').hidden = !whyNoCamera();
$('screen').hidden = !hasScreen();
buttons();
addEventListener('beforeunload', (event) => { if (unsaved) event.preventDefault(); });
if (document.querySelector('link[rel=manifest]')) navigator.serviceWorker?.register('sw.js').catch(() => {});
const ready = start();
ready.catch((error) => broken(error.message ?? 'it cannot start'));
