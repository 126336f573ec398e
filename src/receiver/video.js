// Videos from files. Every picture by WebCodecs, where these are and know the codec; else the page's
// `video` element plays it, and is paused while nobody has time; it may leave out pictures.
//
// `to` is what takes pictures: see(picture, way) resolves when an eye has it; say(text); isOver().

// Decoded pictures that may wait: they are few and large, and a decoder stops without them.
const WAITING_PICTURES = 4;
// Bytes of the file that are read at once: samples are small, and audio lies between them.
const WINDOW = 4 << 20;
// Times that a decoder may fail and go on at the next picture that needs no others.
const FAILURES = 8;

class Sliding {
  constructor(file) { Object.assign(this, { file, from: 0, bytes: new Uint8Array(0) }); }

  async sample({ at, size }) {
    if (at < this.from || at + size > this.from + this.bytes.length) {
      this.bytes = new Uint8Array(await this.file.slice(at, at + Math.max(size, WINDOW)).arrayBuffer());
      this.from = at;
    }
    return this.bytes.subarray(at - this.from, at - this.from + size);
  }
}

const pause = (milliseconds) => new Promise((next) => setTimeout(next, milliseconds));

// Decodes from a sample on; gives the sample after the last one if all went well, else where it failed.
async function decodeFrom(first, movie, window, to) {
  let waiting = 0, broken = null, chain = Promise.resolve(), next = first, wake = () => {};
  const decoder = new VideoDecoder({
    output: (frame) => {
      waiting++;
      chain = chain.then(() => (to.isOver() ? frame.close() : to.see(frame))).finally(() => { waiting--; wake(); });
    },
    error: (error) => { broken = error; wake(); },
  });
  decoder.ondequeue = () => wake();
  decoder.configure(movie.config);
  const isFull = () => waiting > WAITING_PICTURES || decoder.decodeQueueSize > WAITING_PICTURES;
  for (; next < movie.samples.length && !broken && !to.isOver(); next++) {
    const sample = movie.samples[next];
    const data = await window.sample(sample);
    if (broken) break;
    decoder.decode(new EncodedVideoChunk({ type: sample.key ? 'key' : 'delta', timestamp: next * 1000, data }));
    to.progress?.(next + 1, movie.samples.length);
    // The clock is for browsers that say nothing: it is slow in pages that nobody looks at.
    while (isFull() && !broken && !to.isOver()) await Promise.race([new Promise((awake) => { wake = awake; }), pause(200)]);
  }
  if (!broken && !to.isOver()) await decoder.flush().catch((error) => { broken = error; });
  await chain;
  if (decoder.state !== 'closed') decoder.close();
  return { next, broken };
}

function undecodable(codec) {
  return /^h(vc|ev)1/.test(codec) ? 'this browser does not decode HEVC; set the camera to Most Compatible (H.264), or use another browser'
    : `this browser does not decode ${codec}`;
}

async function decodeAll(file, to) {
  if (typeof VideoDecoder === 'undefined') throw new MovieError('this browser has no WebCodecs here');
  const movie = await openMovie(file), { codec } = movie.config;
  const known = await VideoDecoder.isConfigSupported(movie.config).catch(() => ({ supported: false }));
  if (!known.supported) throw new MovieError(undecodable(codec));
  to.began({ codec, samples: movie.samples.length });
  const window = new Sliding(file);
  const key = (from) => movie.samples.findIndex((sample, i) => i >= from && sample.key);
  let at = key(0), failures = 0;
  while (at >= 0 && at < movie.samples.length && !to.isOver()) {
    const { next, broken } = await decodeFrom(at, movie, window, to);
    if (!broken) break;
    if (++failures > FAILURES) throw new MovieError(`decoding fails: ${broken.message}`);
    at = key(Math.max(next, at + 1));
  }
  if (failures > 0) to.say('parts of it are damaged and were left out.');
}

// Milliseconds without a picture after which a video that is played is over, whatever the element says.
const SILENCE = 5000;

// Each picture that the element presents, one at a time.
async function playAll(file, element, to) {
  const address = URL.createObjectURL(file);
  element.srcObject = null;
  element.src = address;
  let watch, last = performance.now();
  try {
    await new Promise((resolve, reject) => {
      watch = setInterval(() => {
        if (document.hidden) last = performance.now();
        else if (element.ended || to.isOver() || performance.now() - last > SILENCE) resolve();
      }, 500);
      element.onerror = () => reject(new MovieError(element.error?.message || 'this browser cannot play it'));
      element.onended = resolve;
      const take = async () => {
        if (to.isOver()) return resolve();
        if (element.readyState < 2 || element.videoWidth === 0) return nextPicture(element, take);
        try {
          const picture = await grab(element);
          if (to.isBusy()) element.pause();
          await to.see(picture);
          last = performance.now();
          to.progress?.(element.currentTime, element.duration);
          if (element.paused && !element.ended && !to.isOver()) await element.play();
        } catch (error) { return reject(error); }
        if (element.ended) resolve(); else nextPicture(element, take);
      };
      nextPicture(element, take);
      element.play().catch(reject);
    });
  } finally {
    clearInterval(watch);
    element.onerror = element.onended = null;
    element.pause();
    element.removeAttribute('src');
    element.load();
    URL.revokeObjectURL(address);
  }
}

// What an element shows now, as an eye takes it.
async function grab(element) {
  try { return new VideoFrame(element); } catch { return createImageBitmap(element); }
}

function nextPicture(element, take) {
  if (element.requestVideoFrameCallback) element.requestVideoFrameCallback(take);
  else setTimeout(take, 30);
}

// A video as well as this browser can.
async function readVideo(file, element, to) {
  let why;
  if (!to.onlyElement) {
    try { return await decodeAll(file, to); } catch (error) {
      if (!(error instanceof MovieError)) throw error;
      why = error.message;
    }
  }
  if (to.isOver()) return;
  to.played(why);
  try {
    await playAll(file, element, to);
  } catch (error) {
    throw new MovieError(why ?? `this browser cannot play it (${error.message})`);
  }
}
