// Where the pictures of an MP4 or MOV file lie (ISO/IEC 14496-12): the samples of its first track of
// video, from `moov`, and from each `moof` where the file is in fragments. Only these boxes are read.
// Times and edit lists are left out: all pictures are wanted, in the order in which they are decoded.
//
// Files come from anywhere: what a box says is held against the box that it is in (a DataView throws
// beyond its end), and counts against these bounds.

const MAX_INDEX = 32 << 20; // bytes of moov, or of one moof
const MAX_SAMPLES = 1 << 20;
const MAX_SAMPLE = 64 << 20; // bytes
const MAX_BOXES = 100000; // at the top

class MovieError extends Error {}

const fourcc = (view, at) => String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

function* boxes(view, { from, to }) {
  while (from + 8 <= to) {
    let size = view.getUint32(from), head = 8;
    if (size === 1) [size, head] = [Number(view.getBigUint64(from + 8)), 16];
    if (size === 0) size = to - from;
    if (size < head) return;
    yield { type: fourcc(view, from + 4), from: from + head, to: Math.min(from + size, to) };
    from += size;
  }
}

// The first box of a type in another, and so on along a path.
function inside(view, box, type, ...path) {
  for (const child of boxes(view, box)) {
    if (child.type === type) return path.length > 0 ? inside(view, child, ...path) : child;
  }
  return null;
}

async function bytesAt(file, from, size) {
  if (size > MAX_INDEX) throw new MovieError('its index is larger than can be believed');
  return new DataView(await file.slice(from, from + size).arrayBuffer());
}

// What such a file may begin with.
const BEGINNINGS = new Set(['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'styp', 'uuid', 'pnot']);

// The boxes at the top: { type, at, head, size }.
async function* topBoxes(file) {
  let at = 0;
  for (let count = 0; at + 8 <= file.size; count++) {
    if (count === MAX_BOXES) throw new MovieError('it has too many boxes');
    const view = await bytesAt(file, at, Math.min(16, file.size - at));
    let size = view.getUint32(0), head = 8;
    if (size === 1 && view.byteLength === 16) [size, head] = [Number(view.getBigUint64(8)), 16];
    if (size === 0) size = file.size - at;
    if (size < head) throw new MovieError('a box has no size');
    const type = fourcc(view, 4);
    if (at === 0 && !BEGINNINGS.has(type)) throw new MovieError('it is no MP4 or MOV file');
    yield { type, at, head, size: Math.min(size, file.size - at) };
    at += size;
  }
}

// One sample more, if it can be one.
function add(movie, at, size, key) {
  if (movie.samples.length === MAX_SAMPLES) throw new MovieError('it has too many pictures');
  if (size > MAX_SAMPLE) throw new MovieError('one of its pictures is too large');
  if (size > 0 && at >= 0 && at + size <= movie.bytes) movie.samples.push({ at, size, key });
}

// The track of video that comes first: its format, number, and samples.
function videoTrack(view, moov) {
  for (const track of boxes(view, moov)) {
    if (track.type !== 'trak') continue;
    const handler = inside(view, track, 'mdia', 'hdlr');
    if (!handler || fourcc(view, handler.from + 8) !== 'vide') continue;
    const table = inside(view, track, 'mdia', 'minf', 'stbl'), header = inside(view, track, 'tkhd');
    const formats = table && inside(view, table, 'stsd');
    if (!header || !formats || view.getUint32(formats.from + 4) === 0) continue;
    const number = view.getUint32(header.from + (view.getUint8(header.from) === 1 ? 20 : 12));
    return { number, table, format: boxes(view, { from: formats.from + 8, to: formats.to }).next().value };
  }
  throw new MovieError('it has no track of video');
}

// Numbers, from 1, of the samples that need no others; null if none does.
function keysOf(view, table) {
  if (table === undefined) return null;
  const count = view.getUint32(table + 4);
  if (count > MAX_SAMPLES) throw new MovieError('it has too many pictures');
  return new Set(Array.from({ length: count }, (_, i) => view.getUint32(table + 8 + 4 * i)));
}

// What the tables of moov say: sizes, the chunks that samples lie in, and which need no others.
function tabled(movie, view, table) {
  const at = (type) => inside(view, table, type)?.from;
  const [sizes, runs, keys] = ['stsz', 'stsc', 'stss'].map(at), wide = at('co64'), places = wide ?? at('stco');
  if (sizes === undefined || runs === undefined || places === undefined) return;
  const fixed = view.getUint32(sizes + 4), count = view.getUint32(sizes + 8), runCount = view.getUint32(runs + 4);
  const isKey = keysOf(view, keys);
  const first = (run) => (run < runCount ? view.getUint32(runs + 8 + 12 * run) : Infinity);
  let number = 0;
  for (let chunk = 1, run = 0; chunk <= view.getUint32(places + 4) && number < count; chunk++) {
    while (first(run + 1) <= chunk) run++;
    let place = wide === undefined ? view.getUint32(places + 4 + 4 * chunk) : Number(view.getBigUint64(places + 8 * chunk));
    const length = view.getUint32(runs + 12 + 12 * run);
    for (let i = 0; i < length && number < count; i++, number++) {
      if (number === MAX_SAMPLES) throw new MovieError('it has too many pictures');
      const size = fixed || view.getUint32(sizes + 12 + 4 * number);
      add(movie, place, size, isKey === null || isKey.has(number + 1));
      place += size;
    }
  }
}

// What a fragment has where its samples do not say otherwise: size and flags.
function defaults(view, box, has) {
  let at = box.from + 8;
  const next = (flag, size) => { if (!(has & flag)) return undefined; at += size; return at - size; };
  const base = next(0x1, 8);
  next(0x2, 4);
  next(0x8, 4);
  const [size, flags] = [next(0x10, 4), next(0x20, 4)].map((at) => at === undefined ? undefined : view.getUint32(at));
  return { base: base === undefined ? undefined : Number(view.getBigUint64(base)), size, flags };
}

const isKeyed = (flags) => (flags & 0x10000) === 0;

// The samples of one run; gives where the next run is.
function runOf(movie, view, box, { base, place, size, flags }) {
  const has = view.getUint32(box.from), count = view.getUint32(box.from + 4);
  let at = box.from + 8;
  const word = (flag, other) => { if (!(has & flag)) return other; at += 4; return view.getUint32(at - 4); };
  if (has & 0x1) place = base + (word(0x1) | 0);
  const first = word(0x4, undefined);
  if (count > MAX_SAMPLES) throw new MovieError('it has too many pictures');
  for (let i = 0; i < count; i++) {
    word(0x100);
    const bytes = word(0x200, size), own = word(0x400, i === 0 && first !== undefined ? first : flags);
    word(0x800);
    add(movie, place, bytes, isKeyed(own));
    place += bytes;
  }
  return place;
}

function fragment(movie, view, moof, start, usual) {
  for (const part of boxes(view, moof)) {
    const header = part.type === 'traf' && inside(view, part, 'tfhd');
    if (!header || view.getUint32(header.from + 4) !== usual.number) continue;
    const own = defaults(view, header, view.getUint32(header.from) & 0xffffff), base = own.base ?? start;
    let place = base;
    for (const run of boxes(view, part)) {
      if (run.type !== 'trun') continue;
      place = runOf(movie, view, run, { base, place, size: own.size ?? usual.size, flags: own.flags ?? usual.flags });
    }
  }
}

// What fragments have where they say nothing.
function usualOf(view, moov, number) {
  const extends_ = inside(view, moov, 'mvex');
  for (const box of extends_ ? boxes(view, extends_) : []) {
    if (box.type !== 'trex' || view.getUint32(box.from + 4) !== number) continue;
    return { number, size: view.getUint32(box.from + 16), flags: view.getUint32(box.from + 20) };
  }
  return { number, size: 0, flags: 0 };
}

// { config (for a VideoDecoder), samples: [{ at, size, key }] }; throws a MovieError that says why not.
async function openMovie(file) {
  const movie = { bytes: file.size, samples: [], config: null };
  let usual;
  try {
    for await (const { type, at, head, size } of topBoxes(file)) {
      if (type !== 'moov' && !(type === 'moof' && usual)) continue;
      const view = await bytesAt(file, at, size), all = { from: head, to: view.byteLength };
      if (type === 'moof') { fragment(movie, view, all, at, usual); continue; }
      const track = videoTrack(view, all);
      movie.config = codecOf(view, track.format);
      usual = usualOf(view, all, track.number);
      tabled(movie, view, track.table);
    }
  } catch (error) {
    throw error instanceof RangeError ? new MovieError('its index is damaged') : error;
  }
  if (!movie.config) throw new MovieError('it has no index: it was cut off while it was recorded or copied');
  if (movie.samples.length === 0) throw new MovieError('it has no pictures');
  return movie;
}
