// What reads pictures (an eye) and what collects what was seen (the desk), in a worker or in the page
// itself. The text of this function is the workers' source, so it uses nothing from outside.
//
// Messages are taken one after the other, and answered through `post`:
//   { module, limit }          limit: mebibytes that the desk may keep, in the worker that has it -> { ready }
//   { picture, id, moving }    an ImageBitmap or VideoFrame -> { id, reports, sight, news, ... } or { id, error }
//   { learn }                  news of another eye
//   { sight, id }              for the desk -> { id, arrival }, then { file } or { refused, news } for what is whole
//   { state }                  -> { state }
function reader(post) {
  const YUV = { I420: 1, NV12: 2, I422: 3, I444: 4, NV21: 6 };
  const RGB = { RGBA: 0, RGBX: 0, BGRA: 5, BGRX: 5 };
  const STRIP = 1 << 22; // pixels of a canvas that become bytes at once
  const ATTEMPTS = 100; // to open one file
  const BREATH = 100; // milliseconds after which somebody else may have the thread
  const text = new TextDecoder();
  let module, limit, eye, desk, canvas, paper;
  const given = new Set();

  const instance = async () => (await WebAssembly.instantiate(module, {})).exports;
  const breath = () => new Promise((next) => setTimeout(next));

  function feed(side, bytes) {
    const at = side.input(bytes.length);
    new Uint8Array(side.memory.buffer, at, bytes.length).set(bytes);
  }
  const output = (side, length) => new Uint8Array(side.memory.buffer, side.output(), length);
  const json = (side, length) => JSON.parse(text.decode(output(side, length)) || 'null');

  // A frame as the camera or the decoder gives it, copied into the eye's memory and nowhere else.
  async function frameAsItIs(frame) {
    const { format, visibleRect: { width, height } } = frame;
    const kind = YUV[format] ?? RGB[format];
    if (kind === undefined) throw new TypeError(`format ${format}`);
    const size = frame.allocationSize(), at = eye.input(size);
    const planes = await frame.copyTo(new Uint8Array(eye.memory.buffer, at, size));
    if (format in RGB && (planes[0].offset !== 0 || planes[0].stride !== 4 * width)) throw new TypeError('gaps');
    const places = format in RGB ? [] : planes.flatMap(({ offset, stride }) => [offset, stride]);
    return { kind, width, height, turn: frame.rotation, full: frame.colorSpace?.fullRange ? 1 : 0, places, how: format };
  }

  async function frameConverted(frame) {
    const { width, height } = frame.visibleRect, options = { format: 'RGBA' };
    const size = frame.allocationSize(options);
    if (size !== 4 * width * height) throw new TypeError('conversion is not known here');
    const at = eye.input(size);
    const [{ offset, stride }] = await frame.copyTo(new Uint8Array(eye.memory.buffer, at, size), options);
    if (offset !== 0 || stride !== 4 * width) throw new TypeError('gaps');
    return { kind: 0, width, height, turn: frame.rotation, full: 1, places: [], how: 'RGBA' };
  }

  // Anything that can be drawn, in strips: the canvas of a photo as a whole is too large on some phones.
  function drawn(picture) {
    const width = picture.displayWidth ?? picture.width, height = picture.displayHeight ?? picture.height;
    const rows = Math.min(height, Math.max(1, Math.floor(STRIP / width)));
    if (canvas?.width !== width || canvas.height !== rows) {
      canvas = new OffscreenCanvas(width, rows);
      paper = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
    }
    const at = eye.input(4 * width * height);
    for (let y = 0; y < height; y += rows) {
      const count = Math.min(rows, height - y);
      paper.drawImage(picture, 0, -y, width, height);
      const pixels = paper.getImageData(0, 0, width, count).data;
      new Uint8Array(eye.memory.buffer, at + 4 * width * y, pixels.length).set(pixels);
    }
    return { kind: 0, width, height, full: 1, places: [], how: 'canvas' };
  }

  async function pixels(picture) {
    if ('visibleRect' in picture) {
      for (const way of [frameAsItIs, frameConverted]) {
        try { return await way(picture); } catch { /* not every browser has every way */ }
      }
    }
    return drawn(picture);
  }

  // Where a point is when the picture is shown upright: cameras of phones are mounted turned.
  function upright([x, y], { width, height, turn }) {
    return { 90: [height - y, x], 180: [width - x, height - y], 270: [y, width - x] }[turn] ?? [x, y];
  }

  async function look({ picture, id, moving }) {
    const start = performance.now();
    let taken;
    try { taken = await pixels(picture); } finally { picture.close(); }
    const { kind, width, height, full, places, how } = taken, ready = performance.now();
    const length = eye.look(kind, width, height, moving ? 1 : 0, full, ...[...places, 0, 0, 0, 0, 0, 0].slice(0, 6));
    const end = performance.now();
    if (length === 0) throw new Error('the picture cannot be used');
    const all = output(eye, length).slice(), said = new DataView(all.buffer).getUint32(0, true);
    const reports = JSON.parse(text.decode(all.subarray(4, 4 + said))), sight = all.slice(4 + said);
    for (const report of reports) report.corners = report.corners?.map((corner) => upright(corner, taken)) ?? null;
    const news = output(eye, eye.news()).slice(), size = taken.turn % 180 ? { width: height, height: width } : { width, height };
    post({ id, reports, sight, news, ...size, how, ms: { pixels: ready - start, look: end - ready } },
      [sight.buffer, news.buffer]);
  }

  async function seen(message) {
    try {
      await look(message);
    } catch (error) {
      // Whatever it was, an eye that stopped half-way is not to be trusted.
      const isHalfway = error instanceof WebAssembly.RuntimeError;
      if (isHalfway) eye = await instance();
      post({ id: message.id, error: isHalfway ? 'it could not be read: it may be too large for the memory' : String(error.message ?? error) });
    }
  }

  // All pieces of a file; they leave the module's memory for the browser's at once.
  async function pieces({ name, size, digest }) {
    const parts = [];
    let bytes = 0, due = performance.now() + BREATH;
    for (;;) {
      const step = output(desk, desk.next());
      if (step[0] !== 1) {
        const end = JSON.parse(text.decode(step.subarray(1)));
        return step[0] === 0 ? { ...end, name, size: bytes, digest, blob: new Blob(parts) } : end;
      }
      parts.push(new Blob([step.subarray(1)]));
      bytes += step.length - 1;
      if (performance.now() > due) {
        post({ giving: { name, bytes, size } });
        await breath();
        due = performance.now() + BREATH;
      }
    }
  }

  async function give(place, key, id) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const opened = json(desk, desk.open(place));
      const end = opened.error === undefined ? await pieces(opened) : opened;
      if (end.error === undefined) {
        given.add(key);
        return post({ file: { id, ...end } });
      }
      if (!end.again) {
        const news = output(desk, desk.distrusted()).slice();
        return post({ refused: { id, error: end.error }, news });
      }
    }
  }

  async function arrived({ sight, id }) {
    feed(desk, sight);
    const arrival = json(desk, desk.accept());
    post({ id, arrival });
    if (!arrival?.news || arrival.complete.length <= given.size) return;
    const { transfers } = json(desk, desk.state());
    for (const place of arrival.complete) {
      const { id, size, frames_total } = transfers[place] ?? {};
      const key = [id, size, frames_total].join();
      if (id !== undefined && !given.has(key)) await give(place, key, id);
    }
  }

  async function handle(message) {
    if (message.module) {
      ({ module, limit } = message);
      [eye, desk] = [await instance(), limit ? await instance() : null];
      desk?.limit(limit);
      post({ ready: true });
    } else if (message.picture) await seen(message);
    else if (message.learn) { feed(eye, message.learn); eye.learn(); }
    else if (message.sight) await arrived(message);
    else if (message.state) post({ state: json(desk, desk.state()) });
  }

  let turn = Promise.resolve();
  return (message) => {
    turn = turn.then(() => handle(message)).catch((error) => {
      post({ id: message.id, broken: String(error.message ?? error) });
    });
  };
}
