// What a person sees of the reception: the picture with the frame outlined, how far each transfer has
// come, what is missing, and advice. Nothing here reads `status` but draws what it says, at most four
// times a second; screen readers hear a sentence at longer intervals.

const $ = (id) => document.getElementById(id);
const DRAWN_EVERY = 250;
const SPOKEN_EVERY = 6000;
// Notes on single files that are kept.
const MAX_NOTES = 200;

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Text from outside, as it may be shown: on one line, with nothing that turns it round.
const shownName = (text) => text.replace(/\p{C}+/gu, '·').slice(0, 200);

// Frames a second for which speeds are told.
const TOLD_FPS = 15;
const speed = (trial) => count(Math.round(trial.bytes_per_frame * TOLD_FPS * 8 / 1000));

class View {
  constructor(status) {
    this.status = status;
    this.due = false;
    this.fresh = 0; // when the last outline was drawn
    this.spoken = { at: 0, text: '' };
  }

  // Something has changed.
  touch() {
    if (this.due) return;
    this.due = true;
    setTimeout(() => { this.due = false; this.draw(); }, DRAWN_EVERY);
  }

  // --- the picture

  // What is looked at: a live element, or a canvas that is told what it shows.
  stage(kind) {
    $('stage').hidden = kind === null;
    $('feed').hidden = kind !== 'feed';
    $('shown').hidden = kind !== 'canvas';
    if (kind === null) this.outline([], 1, 1);
    this.verdict(null);
  }

  preview(picture) {
    const canvas = $('shown');
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext('2d').drawImage(picture, 0, 0);
    picture.close();
  }

  // The frames that an eye found in a picture.
  looked(reports, width, height) {
    this.fresh = performance.now();
    this.outline(reports, width, height);
    const best = reports.find(({ code }) => WHOLE.has(code)) ?? reports.find(isSeen) ?? reports[0];
    this.verdict(best ? verdict(best) : null);
  }

  outline(reports, width, height) {
    const drawing = $('outline');
    drawing.setAttribute('viewBox', `0 0 ${width} ${height}`);
    drawing.replaceChildren(...reports.filter(({ corners }) => corners).flatMap((report) => {
      const { state, sign } = verdict(report);
      const shape = document.createElementNS(drawing.namespaceURI, 'polygon');
      shape.setAttribute('points', report.corners.map((point) => point.join()).join(' '));
      shape.setAttribute('class', state);
      const mark = document.createElementNS(drawing.namespaceURI, 'text');
      const [x, y] = [0, 1].map((axis) => report.corners.reduce((sum, point) => sum + point[axis], 0) / 4);
      const attributes = { x, y, class: state, 'font-size': Math.min(width, height) / 7 };
      for (const [name, value] of Object.entries(attributes)) mark.setAttribute(name, value);
      mark.textContent = sign;
      return [shape, mark];
    }));
  }

  verdict(said) {
    $('verdict').className = said?.state ?? 'none';
    $('sign').textContent = said?.sign ?? '';
    $('word').textContent = said?.words ?? '';
  }

  // --- the words

  draw() {
    const { status } = this;
    if (status.live && performance.now() - this.fresh > 1500) { this.outline([], 1, 1); this.verdict(null); }
    const open = status.transfers.filter(({ state }) => state !== 'complete');
    $('transfers').replaceChildren(...open.map((transfer) => this.transfer(transfer, open.length === 1)));
    $('transfers').hidden = open.length === 0;
    this.list($('missing'), this.missing(open));
    $('status').textContent = this.standing(open);
    this.advise(status.advice);
    this.title(open.length === 0);
    this.speak();
  }

  // Put there only if it is new: somebody may be copying it.
  list(element, parts) {
    element.hidden = parts.length === 0;
    if (parts.map(({ textContent }) => textContent).join('') !== element.textContent) element.replaceChildren(...parts);
  }

  // For whoever looks at another window meanwhile.
  title(isDone) {
    const { packets: { received, missing }, files } = this.status;
    const start = isDone ? (files.length > 0 ? '✓ ' : '') : `${Math.floor(100 * received / (received + missing || 1))} % `;
    document.title = `${start}Receive - tilecast`;
  }

  standing(open) {
    const { error, full, checking, transfers, files, progress, live, note, way } = this.status;
    if (error) return error;
    if (full) return 'No more room: this is too much for the memory of this device. Receive it with tilecast on a computer.';
    const parts = [];
    const whole = checking?.size ? ` of ${bytesInWords(checking.size)}` : '';
    if (checking) parts.push(`Checking ${shownName(checking.name)}: ${bytesInWords(checking.bytes)}${whole}.`);
    else if (files.length > 0 && open.length === 0) parts.push(files.length === 1 ? 'Complete.' : `${files.length} files are complete.`);
    else if (live && transfers.length === 0) parts.push('Looking for frames.');
    else if (live) parts.push(this.status.packets.received === 0 ? 'A frame is in view.' : 'Receiving.');
    if (note) parts.push(note);
    else if (progress && way !== null) parts.push(progress);
    if (parts.length === 0 && open.length === 0) parts.push(this.status.ready ? 'Nothing received yet.' : 'Getting ready.');
    return parts.join(' ');
  }

  transfer(report, isOnly) {
    const { status } = this, got = report.packets_received, all = got + report.packets_missing;
    const words = [], bar = make('progress', { max: 1, value: 0 });
    if (report.state === 'failed') {
      words.push('what arrived is not the file that was sent. Go on: more frames can show which packets are wrong');
    } else {
      [bar.max, bar.value] = [all || 1, got];
      words.push(all > 0 ? `${count(got)} of ${counted(all, 'packet')}` : 'nothing of it could be read yet');
    }
    if (status.live && isOnly && status.rate.bits > 0) {
      words.push(`${count(Math.round(status.rate.bits / 1000))} kbit/s`);
      const left = timeInWords(report.packets_missing / status.rate.packets);
      if (left) words.push(`${left} left`);
    }
    const suspects = report.packets_suspected;
    if (suspects > 0) words.push(`${counted(suspects, 'packet')} left out: somebody else's frame was in view`);
    const name = report.name ?? `File ${report.id}`;
    bar.setAttribute('aria-label', name);
    const size = report.size ? ` ${bytesInWords(report.size)}` : '';
    const told = make('span', { textContent: words.join(' · ') });
    return make('li', {}, make('bdi', { textContent: name }), make('small', { textContent: size }), bar, told);
  }

  // Only what can be taken again by number, for each transfer.
  missing(open) {
    const isSome = ({ frames_missing: { length }, frames_total, state }) => length > 0 && length < frames_total && state === 'incomplete';
    return open.filter(isSome).flatMap((report) => {
      const name = open.length > 1 ? ` of ${report.name ?? report.id}` : '';
      const least = report.frames_needed === 1 ? 'one more is needed' : `at least ${count(report.frames_needed)} more are needed`;
      const only = make('code', { textContent: `only=${ranges(report.frames_missing)}` });
      return [make('p', {}, `Frames${name} that help (${least}): `, only)];
    });
  }

  advise(advice) {
    $('advice').hidden = !advice;
    if (!advice) return;
    $('why').textContent = advice.why;
    $('here').textContent = advice.here;
    $('there').textContent = advice.there;
    $('there').parentElement.hidden = !advice.there;
    $('here').parentElement.hidden = !advice.here;
  }

  // Not every packet: a sentence now and then, and what is new at once.
  speak(urgent) {
    const now = performance.now(), { received, missing } = this.status.packets;
    if (!urgent && now - this.spoken.at < SPOKEN_EVERY) return;
    const share = received + missing > 0 ? ` ${Math.floor(100 * received / (received + missing))} percent.` : '';
    const text = urgent ?? `${$('status').textContent}${share} ${this.status.advice?.here ?? ''}`;
    if (text === this.spoken.text) return;
    this.spoken = { at: now, text };
    $('spoken').textContent = text;
  }

  // A file that could not be used, by name.
  note(name, text) {
    const list = $('notes');
    list.hidden = false;
    if (list.childElementCount < MAX_NOTES) list.append(make('li', {}, make('bdi', { textContent: shownName(name) }), `: ${text}`));
  }

  probe(probe) {
    $('probe').hidden = !probe;
    if (!probe) return;
    const cells = (tag, row) => make('tr', {}, ...row.map((textContent) => make(tag, { textContent })));
    $('trials').replaceChildren(cells('th', ['Frames', 'Read', 'Bytes each', 'kbit/s']), ...probe.trials.map((trial) => {
      const row = cells('td', [trial.options, `${Math.round(100 * trial.codewords_read)} %`, count(trial.bytes_per_frame), speed(trial)]);
      row.classList.toggle('best', trial.options === probe.best?.options && trial.tile === probe.best.tile);
      return row;
    }));
    const best = probe.best;
    const carried = best && `${counted(best.bytes_per_frame, 'byte')} a frame; ${speed(best)} kbit/s at ${TOLD_FPS} frames a second`;
    $('best').textContent = best ? `Best here: ${best.options} (${carried})`
      : 'None of these was read: go closer, hold still, or make the screen brighter.';
    $('larger').hidden = !probe.larger_may_be_better;
  }
}
