// What is said to people: numbers, and words for the codes of what came of a picture.

const count = (number) => number.toLocaleString('en');
const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

function bytesInWords(bytes) {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  let unit = 0;
  for (; bytes >= 1000 && unit < 3; unit++) bytes /= 1000;
  return unit === 0 ? counted(bytes, 'byte') : `${bytes < 10 ? bytes.toFixed(1) : count(Math.round(bytes))} ${units[unit]}`;
}

function timeInWords(seconds) {
  if (!(seconds < 360000)) return '';
  const whole = Math.max(1, Math.round(seconds)), minutes = Math.floor(whole / 60);
  if (minutes < 1) return `${whole} s`;
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// Ranges of numbers that are named.
const NAMED = 40;

// Numbers as the player's page takes them after `only=`: 3,5-6.
function ranges(numbers) {
  const parts = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else if (parts.push([number, number]) > NAMED) break;
  }
  const words = parts.slice(0, NAMED).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  return words.join(',') + (parts.length > NAMED ? ',…' : '');
}

// For each code: what is the matter in few words, what to do here, what to change at the sender.
const WORDS = {
  'too-dark': ['too dark', 'Uncover the lens. Point it at the screen.', 'Make the screen brighter.'],
  'no-finder': ['no frame in the picture', 'Get the whole frame into the picture, as large as it fits.',
    'Show the frames in full screen (key F). From far away: encode -p robust.'],
  'no-frame': ['only parts of a frame', 'Get all four corners of the frame into the picture.', 'Show the frames in full screen (key F), with nothing over them.'],
  'no-header': ['a frame, but too unclear', 'Go closer, hold still, wait until it is sharp.', 'Use larger tiles: encode -p standard, or -p robust.'],
  'does-not-fit': ['a frame, but too unclear', 'Go closer, and hold the camera straight.', 'Use larger tiles: encode -p standard, or -p robust.'],
  'other-version': ['a frame of another version', 'Use a page of the same version as the sender.', 'Use the same version of tilecast as this page.'],
  'contradictory-header': ['a frame that makes no sense', 'Take the picture again.', 'Use the same version of tilecast as this page.'],
  colourless: ['a frame in colours, seen in grey', 'Turn off any black and white mode.', 'For black and white: encode -p print.'],
  'few-marks': ['not all of the frame is clear', 'Get the whole frame into the picture, flat and sharp.', 'Use larger tiles: encode -p standard, or -p robust.'],
  'too-small': ['too small', 'Go closer, or zoom in.', 'Full screen (key F), or larger tiles: encode -p standard, or -p robust.'],
  'low-contrast': ['too pale', 'Avoid reflections. Tap the frame on the camera so that it is well exposed.', 'Make the screen brighter.'],
  overexposed: ['too bright', 'Tap the frame on the camera so that it gets less light.', 'Make the screen a little darker.'],
  blurred: ['blurred', 'Hold still, wait until it is sharp.', 'Use larger tiles (encode -p standard), or fewer frames a second (--fps 8).'],
  'weak-part': ['a part is unclear', 'Avoid reflections, hold the camera straight.', 'Use larger tiles, or a stronger code: encode --rate 0.67.'],
  noisy: ['too noisy', 'Go closer, with more light from the screen.', 'Make the screen brighter, or use a stronger code: encode --rate 0.67.'],
  'screen-changed': ['the screen changed meanwhile', 'Hold still.', 'Show fewer frames a second: --fps 8, or the arrow keys in the player.'],
  'blocks-lost': ['a part is unclear', 'Go closer, hold still, avoid reflections.', 'Show it larger, or with fewer frames a second.'],
};
const WHOLE = new Set(['read', 'repeat']);
const isSeen = ({ symbology, frame }) => Boolean(symbology || frame);

// How one picture went, as { sign, state, words }: the sign says it without colour.
function verdict(report) {
  const { code, frame, frames, codewords_decoded: read, codewords_total: all } = report;
  const which = frame ? `Frame ${count(frame)}${frames ? ` of ${count(frames)}` : ''}` : 'A frame';
  if (code === 'read') return { sign: '✓', state: 'whole', words: `${which}: read` };
  if (code === 'repeat') return { sign: '✓', state: 'whole', words: `${which}: seen before` };
  const why = WORDS[code]?.[0] ?? report.reason ?? code;
  if (!isSeen(report)) return { sign: '?', state: 'none', words: why[0].toUpperCase() + why.slice(1) };
  return { sign: '!', state: 'part', words: `${which}: ${read} of ${all} parts read, ${why}` };
}
