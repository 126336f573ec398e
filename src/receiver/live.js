// Cameras and screens, live: pictures are taken as they come, and dropped while nobody has time.

// Milliseconds without a picture after which a feed is woken, and after which it is asked for again.
const SLOW = 2500;
const DEAD = 6000;
// Restarts until it has gone well for a while.
const RESTARTS = 5;
const WELL = 20000;
const FULL_HD = 1920 * 1080;

// Why there is no camera here; empty if there may be one.
function whyNoCamera() {
  if (navigator.mediaDevices?.getUserMedia) return '';
  const why = location.protocol === 'http:' ? 'Browsers give a camera only to https addresses.' : 'This browser gives no camera to a page from a file.';
  return `${why} Film the frames with the camera app, and choose Video: it needs no permission.`;
}

const hasScreen = () => Boolean(navigator.mediaDevices?.getDisplayMedia);

const pixelsOf = (stream) => {
  const { width = 0, height = 0 } = stream.getVideoTracks()[0].getSettings();
  return width * height;
};
const stopAll = (stream) => stream?.getTracks().forEach((track) => track.stop());

// 60 pictures a second if the camera has them exactly and in full size, else about 30: browsers take an
// ideal 60 for no more than a wish.
async function askCamera(device) {
  const which = device ? { deviceId: { exact: device } } : { facingMode: { ideal: 'environment' } };
  const size = { width: { ideal: 1920 }, height: { ideal: 1080 }, resizeMode: { ideal: 'none' } };
  const ask = (frameRate) => navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, ...size, frameRate } });
  const fast = await ask({ exact: 60 }).catch((error) => {
    if (error.name === 'NotAllowedError' || error.name === 'NotFoundError') throw error;
  });
  if (fast && pixelsOf(fast) >= FULL_HD) return fast;
  const fastPixels = fast ? pixelsOf(fast) : 0;
  stopAll(fast);
  const usual = await ask({ ideal: 30 });
  if (pixelsOf(usual) > fastPixels) return usual;
  stopAll(usual);
  return ask({ exact: 60 });
}

async function settle(track) {
  const can = track.getCapabilities?.() ?? {}, wanted = {};
  for (const mode of ['focusMode', 'exposureMode', 'whiteBalanceMode']) {
    if (can[mode]?.includes('continuous')) wanted[mode] = 'continuous';
  }
  if (Object.keys(wanted).length > 0) await track.applyConstraints({ advanced: [wanted] }).catch(() => {});
}

const askScreen = () => navigator.mediaDevices.getDisplayMedia({
  audio: false,
  video: { cursor: 'never', resizeMode: 'none', frameRate: { ideal: 30, max: 60 }, width: { ideal: 7680 }, height: { ideal: 4320 } },
  selfBrowserSurface: 'exclude', surfaceSwitching: 'include', monitorTypeSurfaces: 'include',
});

// One feed. `to`: see(picture), room(), shown(kind, settings), ended(kind, text).
class Live {
  constructor(element, to) {
    Object.assign(this, { element, to, stream: null, kind: null, restarts: 0, last: 0, lock: null, run: 0 });
    document.addEventListener('visibilitychange', () => this.woken());
  }

  get isOn() { return this.kind !== null; }

  async start(kind, device) {
    this.stop();
    [this.kind, this.device, this.restarts] = [kind, device, 0];
    await this.open();
  }

  async open() {
    const run = ++this.run, { kind, element } = this;
    const stream = await (kind === 'screen' ? askScreen() : askCamera(this.device));
    if (run !== this.run) return stopAll(stream);
    const [track] = stream.getVideoTracks();
    this.stream = stream;
    if (kind === 'camera') await settle(track);
    else track.contentHint = 'detail';
    track.onended = () => this.lost('it was ended');
    element.removeAttribute('src');
    element.srcObject = stream;
    this.last = this.opened = performance.now();
    this.watch ??= setInterval(() => this.check(), 1000);
    await element.play().catch(() => {});
    await this.keepAwake();
    if (run !== this.run) return;
    this.to.shown(kind, track.getSettings());
    if (kind === 'screen' && typeof MediaStreamTrackProcessor !== 'undefined') this.process(run, track);
    else this.pump(run);
  }

  // Goes on while this page is behind the window that is shared, where an element presents nothing. A
  // screen gives a picture only when it changes, so none may be dropped without a newer one.
  async process(run, track) {
    const frames = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      await this.to.room();
      const { value, done } = await frames.read().catch(() => ({ done: true }));
      if (done) return;
      if (run !== this.run) { value.close(); frames.cancel().catch(() => {}); return; }
      this.last = performance.now();
      await this.to.see(value);
    }
  }

  pump(run) {
    let isWaiting = false;
    const take = async () => {
      if (run !== this.run) return;
      this.last = performance.now();
      nextPicture(this.element, take);
      if (isWaiting || this.element.videoWidth === 0) return;
      isWaiting = this.kind === 'screen';
      if (isWaiting) await this.to.room();
      isWaiting = false;
      if (run === this.run) await grab(this.element).then((picture) => this.to.see(picture)).catch(() => {});
    };
    nextPicture(this.element, take);
  }

  // A feed may stop without a word: phones do so when another program had the camera.
  check() {
    if (!this.stream || document.hidden) { this.last = performance.now(); return; }
    const now = performance.now(), silent = now - this.last;
    if (silent < SLOW && now - this.opened > WELL) this.restarts = 0;
    // A screen on which nothing changes has no new pictures.
    if (this.kind === 'screen' || silent < SLOW) return;
    if (silent < DEAD) this.element.play().catch(() => {});
    else this.lost('it gives no pictures');
  }

  async lost(why) {
    if (!this.isOn) return;
    const { kind } = this;
    if (kind === 'screen' || this.restarts++ >= RESTARTS) {
      this.stop();
      return this.to.ended(kind, kind === 'screen' ? 'Sharing has ended.' : `The camera has stopped: ${why}.`);
    }
    this.release();
    await this.open().catch((error) => { this.stop(); this.to.ended(kind, noFeed(kind, error)); });
  }

  async keepAwake() {
    this.lock?.release().catch(() => {});
    if (this.isOn && !document.hidden) this.lock = await navigator.wakeLock?.request('screen').catch(() => null);
  }

  woken() {
    if (document.hidden || !this.stream) return;
    this.keepAwake();
    if (this.stream.getVideoTracks()[0]?.readyState !== 'live') this.lost('it was ended');
    else this.element.play().catch(() => {});
  }

  release() {
    this.run++;
    const [track] = this.stream?.getVideoTracks() ?? [];
    if (track) track.onended = null;
    stopAll(this.stream);
    this.stream = null;
    this.element.srcObject = null;
  }

  stop() {
    this.kind = null;
    this.release();
    clearInterval(this.watch);
    this.watch = undefined;
    this.lock?.release().catch(() => {});
    this.lock = null;
  }

  // All cameras, once one has been allowed.
  async cameras() {
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    return all.filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId);
  }
}

// Why a camera or a screen was not to be had.
function noFeed(kind, error) {
  const instead = kind === 'camera' ? ' Film the frames with the camera app instead, and choose Video.' : ' Take screenshots instead, and choose Photos.';
  const why = {
    NotAllowedError: kind === 'camera' ? 'The camera was not allowed.' : 'No screen was chosen.',
    NotFoundError: 'There is no camera.',
    NotReadableError: `Another program has the ${kind}.`,
    OverconstrainedError: 'This camera cannot be used.',
  }[error.name] ?? `No ${kind} (${error.name}).`;
  return why + instead;
}
