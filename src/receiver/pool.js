// The workers: whoever is free gets the next picture; what they see goes to the desk, which is in the
// first of them. Where workers are refused (as some browsers do for pages from files) one reader in the
// page does everything.

// Sights that may wait for the desk: beyond that eyes do.
const WAITING_SIGHTS = 12;
// Milliseconds in which a worker has to answer for the first time.
const PATIENCE = 10000;

class Pool {
  // `on` has what is to be called: look(entry, result), arrival(entry, arrival), state(state),
  // giving(giving), file(file), refused(refusal), broken(text).
  constructor(on) {
    this.on = on;
    this.eyes = []; // functions that take a message
    this.hired = []; // workers, if there are any
    this.free = [];
    this.waiting = []; // who waits for a free eye
    this.idlers = []; // who waits for the end of everything
    this.asked = []; // who waits for the state
    this.entries = new Map(); // by id, until the desk has had them
    this.sights = 0; // at the desk
    this.count = 0;
  }

  get workers() { return this.alone ? 0 : this.eyes.length; }

  async start(module, count, limit) {
    const source = `const hear = (${reader})((message, gifts) => postMessage(message, gifts ?? []));
      onmessage = ({ data }) => hear(data);`;
    const limits = Array.from({ length: count }, (_, i) => (i === 0 ? limit : 0));
    const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    try {
      if (count === 0) throw new Error('no workers wanted');
      this.eyes = await Promise.all(limits.map((limit, i) => this.hire(i, address, { module, limit })));
    } catch {
      this.hired.forEach((worker) => worker.terminate());
      this.alone = true;
      await new Promise((ready) => {
        const hear = reader((message) => (message.ready ? ready() : setTimeout(() => this.hear(0, message))));
        this.eyes = [hear];
        hear({ module, limit });
      });
    }
    URL.revokeObjectURL(address);
    this.free = this.eyes.map((_, i) => i);
  }

  hire(number, address, first) {
    return new Promise((resolve, reject) => {
      const worker = new Worker(address);
      this.hired.push(worker);
      const late = setTimeout(() => reject(new Error('no answer')), PATIENCE);
      const refused = (event) => { clearTimeout(late); reject(event); };
      worker.onerror = refused;
      worker.onmessage = ({ data }) => {
        if (data.broken) return refused(data);
        clearTimeout(late);
        worker.onmessage = ({ data }) => this.hear(number, data);
        worker.onerror = (event) => this.on.broken(event.message);
        resolve((message, gifts) => worker.postMessage(message, gifts ?? []));
      };
      worker.postMessage(first);
    });
  }

  isBusy() { return this.free.length === 0 || this.sights >= WAITING_SIGHTS; }

  async room() {
    while (this.isBusy()) await new Promise((next) => this.waiting.push(next));
  }

  // Hands a picture to an eye. With nobody free it is dropped, unless the caller can wait.
  async see(picture, entry, wait) {
    if (!wait && this.isBusy()) { picture.close(); return false; }
    await this.room();
    const eye = this.free.shift(), id = this.count++;
    this.entries.set(id, entry);
    this.eyes[eye]({ picture, id, moving: entry.moving }, [picture]);
    return true;
  }

  hear(eye, message) {
    if (message.broken !== undefined) {
      this.on.broken(message.broken);
    } else if (message.arrival !== undefined) {
      this.sights--;
      this.settle(message.id, (entry) => this.on.arrival(entry, message.arrival));
    } else if (message.sight) {
      this.sights++;
      this.free.push(eye);
      if (message.news.length > 0) this.tell(message.news, eye);
      this.on.look(this.entries.get(message.id), message);
      this.eyes[0]({ sight: message.sight, id: message.id }, [message.sight.buffer]);
    } else if (message.error !== undefined) {
      this.free.push(eye);
      this.settle(message.id, (entry) => this.on.failed(entry, message.error));
    } else if (message.refused) {
      if (message.news.length > 0) this.tell(message.news);
      this.on.refused(message.refused);
    } else for (const kind of ['state', 'giving', 'file']) {
      if (message[kind]) this.on[kind](message[kind]);
    }
    if (message.state) this.asked.shift()?.();
    this.wake();
  }

  settle(id, say) {
    const entry = this.entries.get(id);
    this.entries.delete(id);
    if (entry) say(entry);
  }

  wake() {
    if (!this.isBusy()) this.waiting.splice(0, 1).forEach((next) => next());
    if (this.entries.size === 0) this.idlers.splice(0).forEach((next) => next());
  }

  // News for all eyes but the one that they come from.
  tell(news, from) {
    this.eyes.forEach((eye, i) => { if (i !== from) eye({ learn: news }); });
  }

  // Asks how far everything has come; resolves when that has been told, and whatever came before.
  askState() {
    return new Promise((told) => {
      this.asked.push(told);
      this.eyes[0]({ state: true });
    });
  }

  // When everything that was handed in has been through the desk, and files that are whole are here.
  async idle() {
    while (this.entries.size > 0) await new Promise((next) => this.idlers.push(next));
    await this.askState();
  }
}
