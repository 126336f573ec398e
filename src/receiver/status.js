// How it goes, and what comes back from eyes and desk.
//
// `window.tilecast` says how it goes, for whoever watches (tests do):
//   ready, workers (0: in the page), startMs      error: what ended everything, in words, or null
//   way: camera, screen, video, photos or null    ended: the way that has come to its end, or null
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
const view = new View(status), advice = new Advice();
let run = 0, first = 0, doneAt = 0, arrivals = [], stale = false, unsaved = false, previewed = 0, isLast = true;

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
  failed: (entry, text) => {
    entry.preview?.close();
    status.failed++;
    note(entry.name ?? status.way ?? 'picture', text);
  },
  state: ({ transfers, probe }) => { Object.assign(status, { transfers, probe }); view.probe(probe); view.touch(); },
  giving: (giving) => { status.checking = giving; view.touch(); },
  file: (file) => {
    status.checking = null;
    const address = showFile(file, () => { unsaved = false; });
    const { id, name, size, verified, digest } = file;
    for (const transfer of status.transfers) if (transfer.id === id) transfer.state = 'complete';
    doneAt = performance.now();
    status.files.push({ name, size, verified, digest: digest ?? null, address, ms: doneAt - first });
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(80);
    pool.askState();
    view.speak(`${name} is complete${verified ? ' and verified' : ''}.`);
    view.touch();
  },
  refused: (refusal) => { status.checking = null; status.refused.push(refusal); note(refusal.id, refusal.error); pool.askState(); },
  broken,
});
