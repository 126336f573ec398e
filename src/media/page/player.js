'use strict';
// Plays the frames that are in this page: see the comments of src/page/mod.rs for their form.
const $ = (id) => document.getElementById(id);
const about = JSON.parse($('about').textContent);
const frames = [...document.querySelectorAll('script.frame')];
const numbers = frames.map((frame) => Number(frame.dataset.n));
const canvas = $('screen');
const paper = canvas.getContext('2d', { alpha: false });
[canvas.width, canvas.height] = about.size;

let chosen = frames.map((_, index) => index); // what is played, as indices into frames
let at = 0; // which of them is shown
let playing = false;
let passes = 0;
let due = 0; // when the next one is to be shown

// The eight corners of the RGB cube as the canvas has its pixels: bytes R, G, B, A.
const colours = new Uint32Array(new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7].flatMap(
  (symbol) => [4, 2, 1].map((bit) => (symbol & bit ? 255 : 0)).concat(255))).buffer);

function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

// Draws symbols into a copy of what all frames have in common.
function cellPainter(base) {
  paper.drawImage(base, 0, 0);
  const image = paper.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const { runs, bits } = about;
  return (text) => {
    const bytes = bytesOf(text);
    let byte = 0, held = 0, value = 0;
    for (let r = 0; r < runs.length; r += 4) {
      const side = runs[r + 2], count = runs[r + 3];
      const start = runs[r + 1] * canvas.width + runs[r];
      for (let cell = 0, x = start; cell < count; cell++, x += side) {
        if (held < bits) { value = (value << 8 | bytes[byte++]) & 0xffff; held += 8; }
        held -= bits;
        const symbol = value >> held & (1 << bits) - 1;
        pixels.fill(colours[bits === 1 ? symbol * 7 : symbol], x, x + side);
      }
      for (let y = 1; y < side; y++) {
        pixels.copyWithin(start + y * canvas.width, start, start + side * count);
      }
    }
    paper.putImageData(image, 0, 0);
  };
}

async function picture(text) {
  const image = new Image();
  image.src = 'data:image/png;base64,' + text;
  await image.decode();
  return image;
}

let paint = async (text) => paper.drawImage(await picture(text), 0, 0);

async function show(index) {
  at = (index + chosen.length) % chosen.length;
  await paint(frames[chosen[at]].textContent);
  const pass = passes ? `, pass ${passes + 1}` : '';
  const part = chosen.length < about.frames ? `, ${at + 1} of ${chosen.length} chosen` : '';
  $('place').textContent = `frame ${numbers[chosen[at]]} of ${about.frames}${part}${pass}`;
}

// Whole device pixels for each pixel of the frame, and edges on device pixels too.
function fit() {
  const ratio = window.devicePixelRatio || 1;
  const room = [$('stage').clientWidth * ratio, $('stage').clientHeight * ratio];
  const scale = Math.floor(Math.min(room[0] / canvas.width, room[1] / canvas.height));
  const size = about.size.map((side) => side * Math.max(scale, 1));
  const place = room.map((side, i) => Math.max(Math.round((side - size[i]) / 2), 0));
  const top = $('stage').getBoundingClientRect().top * ratio;
  canvas.style.left = place[0] / ratio + 'px';
  canvas.style.top = (Math.round(top + place[1]) - top) / ratio + 'px';
  canvas.style.width = size[0] / ratio + 'px';
  canvas.style.height = size[1] / ratio + 'px';
  $('note').textContent = scale < 1 ? 'frames are larger than this window: zoom out or fill the screen' : '';
}

function fps() {
  return Math.min(Math.max(Math.round($('fps').valueAsNumber) || about.fps, 1), 60);
}

async function tick(now) {
  if (!playing) return;
  // A display shows the next picture about now: half of one early is better than one late.
  if (now >= due - 4) {
    due = Math.max(due + 1000 / fps(), now - 100);
    if (at + 1 === chosen.length) {
      passes++;
      if (about.plays && passes >= about.plays) return play(false);
    }
    await show(at + 1);
  }
  requestAnimationFrame(tick);
}

function play(on) {
  $('warning').hidden = true;
  if (on && about.plays && passes >= about.plays) passes = 0;
  if (on && !playing) requestAnimationFrame((now) => { due = now + 1000 / fps(); tick(now); });
  playing = on;
  $('play').innerHTML = on ? '&#10074;&#10074;' : '&#9654;';
}

function step(by) {
  play(false);
  show(at + by);
}

// "12,40-43" as indices; null if it names nothing that is here.
function indices(text) {
  if (!text.trim()) return frames.map((_, index) => index);
  const wanted = text.split(',').map((part) => part.trim().match(/^(\d+)(?:\s*-\s*(\d+))?$/));
  if (!wanted.every(Boolean)) return null;
  const inside = (number) => wanted.some((w) => number >= +w[1] && number <= +(w[2] || w[1]));
  const found = numbers.flatMap((number, index) => (inside(number) ? [index] : []));
  return found.length ? found : null;
}

function choose(text) {
  const found = indices(text);
  $('only').setCustomValidity(found ? '' : 'none of these frames is here');
  if (!found) return;
  [chosen, passes] = [found, 0];
  show(0);
}

function fill() {
  document.activeElement?.blur(); // what has the focus keeps the bar in view
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

function faster(by) {
  $('fps').value = Math.min(Math.max(fps() + by, 1), 60);
}

const keys = {
  ' ': () => play(!playing), f: fill,
  ArrowLeft: () => step(-1), ArrowRight: () => step(1),
  ArrowUp: () => faster(1), ArrowDown: () => faster(-1),
};
document.addEventListener('keydown', (event) => {
  if (event.target.tagName === 'INPUT' || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = keys[event.key];
  if (action) { event.preventDefault(); event.target.blur?.(); action(); }
});
$('stage').onclick = () => play(!playing);
$('play').onclick = () => play(!playing);
$('back').onclick = () => step(-1);
$('next').onclick = () => step(1);
$('full').onclick = fill;
$('only').oninput = () => choose($('only').value);
window.addEventListener('resize', fit);
new ResizeObserver(fit).observe($('stage'));

// Where a phone finds the page that receives.
function showReceiver({ url, side, path }) {
  $('receiver').querySelector('svg').setAttribute('viewBox', `0 0 ${side} ${side}`);
  $('receiver').querySelector('path').setAttribute('d', path);
  $('receiver').querySelector('b').textContent = url;
  $('receiver').hidden = false;
}

// #frame=12 shows one frame and waits; #only=12,40-43, #fps=30 and #play do what they say.
async function start() {
  $('name').textContent = about.name;
  document.title = `${about.name} - tilecast`;
  $('name').title = `${about.bytes.toLocaleString()} bytes`;
  const asked = new URLSearchParams(location.hash.slice(1));
  $('fps').value = asked.get('fps') || about.fps;
  if (about.receiver) showReceiver(about.receiver);
  fit();
  if (about.runs) paint = cellPainter(await picture($('base').textContent));
  if (asked.has('only')) $('only').value = asked.get('only');
  chosen = indices($('only').value) || chosen;
  const first = chosen.findIndex((index) => numbers[index] === Number(asked.get('frame')));
  if (first >= 0) $('warning').hidden = true;
  await show(Math.max(first, 0));
  if (asked.has('play')) play(true);
}
start();
