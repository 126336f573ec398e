// What to do when nothing new has come for a while: the commonest reason of the last pictures, what to
// change here, and what to change at the sender.

// Milliseconds without news after which there is advice, and for which pictures are remembered.
const QUIET = 4000;

const STILL = {
  why: 'Nothing changes on that screen.',
  here: 'Is it the right window, and in view?',
  there: 'Is the show paused? The space bar starts it.',
};
const BLIND = { why: 'No pictures come.', here: 'Is another program using the camera? Stop, and choose it again.', there: '' };
const MISSING = {
  why: 'Some frames are missing.',
  here: 'Take the frames of these numbers, and choose them here.',
  there: 'Show just these: put the numbers into “only” in the player.',
};
const UNKNOWN = ['nothing can be read', 'Go closer, hold still.', 'Use larger tiles: encode -p standard.'];

class Advice {
  constructor() { this.begin(0); }

  // A new way of receiving, or a new start.
  begin(now) {
    this.codes = []; // [when, code]
    this.all = new Map(); // how often each code came
    this.news = now;
    this.pictures = 0;
  }

  take(now, reports, isNews) {
    if (isNews) this.news = now;
    for (const { code } of reports) {
      this.codes.push([now, code]);
      this.all.set(code, (this.all.get(code) ?? 0) + 1);
    }
    this.pictures++;
    while (this.codes.length > 0 && this.codes[0][0] < now - QUIET) this.codes.shift();
  }

  // While pictures come.
  now(now, missing, way) {
    if (now - this.news < QUIET) return null;
    const recent = this.codes.filter(([when]) => when >= now - QUIET);
    if (recent.length === 0) return way === 'screen' ? STILL : BLIND;
    const tally = new Map();
    for (const [, code] of recent) tally.set(code, (tally.get(code) ?? 0) + 1);
    return this.of(tally, missing, true);
  }

  // When all files have been read and something is missing.
  atEnd(missing) {
    const why = this.of(this.all, missing, false);
    if (why || !missing) return why;
    return MISSING;
  }

  of(tally, missing, isLive) {
    const most = [...tally].filter(([code]) => !WHOLE.has(code)).sort(([, a], [, b]) => b - a)[0];
    const whole = [...tally].reduce((sum, [code, times]) => sum + (WHOLE.has(code) ? times : 0), 0);
    if (most && most[1] >= whole) {
      const [why, here, there] = WORDS[most[0]] ?? UNKNOWN;
      return { why: `${isLive ? 'Nothing new' : 'Most often'}: ${why}.`, here, there };
    }
    if (whole === 0 || !isLive) return null;
    return {
      why: 'All frames that come have been read before.',
      here: missing ? 'Keep the camera there while other frames are shown.' : '',
      there: missing ? 'Is the show paused? Show the frames that are missing: put their numbers into “only” in the player.' : '',
    };
  }
}
