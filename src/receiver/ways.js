// The ways in: each begins by ending what goes on, and takes pictures until it is over or another begins.

const PREVIEW = 1000; // pixels across

// Begins a way; gives its number, and what all ways need to know.
function begin(way) {
  stop();
  arrivals = [];
  first = performance.now();
  advice.begin(first);
  const isLive = way === 'camera' || way === 'screen', rate = { bits: 0, packets: 0 };
  Object.assign(status, { way, ended: null, note: '', progress: '', live: isLive, rate, advice: null });
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
  buttons();
  view.touch();
}

function buttons() {
  const focus = document.activeElement;
  for (const way of ['camera', 'screen']) {
    const on = status.way === way;
    $(way).classList.toggle('on', on);
    $(way).firstElementChild.textContent = on ? 'Stop' : way[0].toUpperCase() + way.slice(1);
  }
  document.body.dataset.now = status.way ?? (status.ended || status.files.length + status.transfers.length > 0 ? 'more' : 'idle');
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
    $('lenses').replaceChildren(...cameras.map(({ deviceId, label }, i) => {
      const textContent = label || `Camera ${i + 1}`, selected = deviceId === settings.deviceId;
      return make('option', { value: deviceId, textContent, selected });
    }));
    buttons();
  },
  ended: (kind, text) => finish(kind, text),
});

async function goLive(kind, device) {
  if (status.way === kind && !device) return finish(kind, 'Stopped.');
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
  const all = files.length === 1 ? 'The picture has' : `${counted(files.length, 'picture')} have`;
  return over('photos', isOver, `${all} been looked at.`);
}

// The end of files: what is missing has to come from others. False if it was ended before.
async function over(way, isOver, text) {
  await pool.idle();
  if (isOver()) return false;
  run++;
  Object.assign(status, { way: null, ended: way, note: text, advice: null });
  if (!status.probe && (status.packets.missing > 0 || status.files.length === 0)) {
    if (way === 'video' && status.method === 'element') status.note += ' It was played, so pictures may have been skipped.';
    status.note += ' More is needed: choose others, they are added.';
    status.advice = advice.atEnd(status.packets.missing > 0);
  }
  if ($('shown').hidden) view.stage(null);
  buttons();
  view.touch();
  return true;
}

function chosen(files) {
  const some = [...files].filter(({ name }) => !name.startsWith('.')).sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  const videos = some.filter(isVideo), others = some.filter((file) => !isVideo(file));
  (async () => {
    if (others.length > 0 && !await photos(others)) return;
    for (const [i, file] of videos.entries()) {
      isLast = i + 1 === videos.length;
      if (!await video(file)) return;
    }
  })();
}
