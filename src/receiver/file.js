// A file that has arrived: its name, whether it was verified, Save, Share, and what is in it.

// Bytes of a picture, and of the beginning of a text, that are shown.
const SHOWN_PICTURE = 16 << 20;
const SHOWN_TEXT = 16 << 10;

// Kinds of pictures that are shown, by what they begin with; the name says nothing. None of them runs.
const PICTURES = [
  ['image/png', /^\x89PNG\r\n\x1a\n/], ['image/jpeg', /^\xff\xd8\xff/], ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/], ['image/avif', /^[^]{4}ftypavi[fs]/], ['image/bmp', /^BM[^]{12}[\x0c-\x7c]\0\0\0/],
];

async function previewOf(blob, name) {
  const start = new Uint8Array(await blob.slice(0, SHOWN_TEXT).arrayBuffer());
  const letters = String.fromCharCode(...start.subarray(0, 32));
  const [type] = PICTURES.find(([, begins]) => begins.test(letters)) ?? [];
  if (type && blob.size <= SHOWN_PICTURE) {
    const address = URL.createObjectURL(new Blob([blob], { type }));
    const image = make('img', { alt: `What ${name} shows`, decoding: 'async' });
    image.onload = () => URL.revokeObjectURL(address);
    image.onerror = () => { URL.revokeObjectURL(address); image.remove(); };
    image.src = address;
    return image;
  }
  return type ? null : textOf(start, blob.size);
}

// The text that a file begins with; null if it is none.
function textOf(start, size) {
  try {
    // The last character may be cut in two.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: size > start.length });
    if (text === '' || /[\0-\x08\x0e-\x1a\x7f]/.test(text)) return null;
    const more = size > start.length ? '\n…' : '';
    return make('pre', { textContent: text + more, tabIndex: 0, ariaLabel: 'What is in it' });
  } catch {
    return null;
  }
}

// What other programs call a file of such a name: they are given no others.
const TYPES = {
  pdf: 'application/pdf', txt: 'text/plain', csv: 'text/csv', png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg',
  gif: 'image/gif', webp: 'image/webp', mp4: 'video/mp4', webm: 'video/webm', mp3: 'audio/mpeg', m4a: 'audio/mp4', zip: 'application/zip',
};

function shareButton(blob, name) {
  const ending = name.split('.').pop().toLowerCase();
  const file = new File([blob], name, { type: Object.hasOwn(TYPES, ending) ? TYPES[ending] : 'application/octet-stream' });
  if (!navigator.canShare?.({ files: [file] })) return [];
  const share = make('button', { type: 'button', className: 'share', textContent: 'Share' });
  share.onclick = () => navigator.share({ files: [file] }).catch(() => {});
  return [share];
}

// Puts a file on the page, the newest first. Gives the address under which it is saved.
function showFile({ blob, name, size, verified, digest }, saved) {
  const file = new File([blob], name, { type: 'application/octet-stream' }), address = URL.createObjectURL(file);
  document.getElementById('save')?.removeAttribute('id');
  const save = make('a', { id: 'save', className: 'save', href: address, download: name, textContent: 'Save' });
  save.append(make('span', { className: 'unseen', textContent: ` ${name}` }));
  save.addEventListener('click', saved);
  const words = verified ? `${bytesInWords(size)}, complete and verified: its digest is the one that was sent.`
    : `${bytesInWords(size)}, complete. Its format sends no digest, so nothing has been verified.`;
  const card = make('article', { className: verified ? 'verified' : 'unverified' },
    make('h2', {}, make('span', { className: 'sign', textContent: verified ? '✓ ' : '! ', ariaHidden: 'true' }), make('bdi', { textContent: name })),
    make('p', { textContent: words }), make('p', { className: 'keys' }, save, ...shareButton(blob, name)),
    ...(digest ? [make('small', {}, 'BLAKE3 ', make('code', { textContent: digest }))] : []));
  $('files').prepend(card);
  $('files').hidden = false;
  const gentle = !matchMedia('(prefers-reduced-motion: reduce)').matches;
  card.scrollIntoView({ block: 'nearest', behavior: gentle ? 'smooth' : 'auto' });
  previewOf(blob, name).then((preview) => { if (preview) card.querySelector('.keys').after(preview); }).catch(() => {});
  return address;
}
