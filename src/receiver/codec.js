// What a VideoDecoder has to know of a track: its codec in the words of RFC 6381, and the box that
// describes it, from the sample entry of an MP4 or MOV file.

const hex = (value) => value.toString(16).padStart(2, '0');
const two = (value) => String(value).padStart(2, '0');

const CODECS = {
  avcC(bytes, type) {
    return { codec: `${type === 'avc3' ? 'avc3' : 'avc1'}.${[1, 2, 3].map((i) => hex(at(bytes, i))).join('')}`, description: bytes };
  },
  hvcC(bytes, type) {
    const profile = at(bytes, 1), space = ['', 'A', 'B', 'C'][profile >> 6];
    let compatible = 0;
    for (let i = 0; i < 32; i++) if (at(bytes, 2 + (i >> 3)) >> (7 - (i & 7)) & 1) compatible += 2 ** i;
    const constraints = [...bytes.subarray(6, 12)];
    while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
    const codec = [type === 'hev1' ? 'hev1' : 'hvc1', space + (profile & 31), compatible.toString(16),
      (profile & 32 ? 'H' : 'L') + at(bytes, 12), ...constraints.map((byte) => byte.toString(16))].join('.');
    return { codec, description: bytes };
  },
  vpcC(bytes, type) {
    if (type === 'vp08') return { codec: 'vp8' };
    return { codec: `vp09.${two(at(bytes, 4))}.${two(at(bytes, 5))}.${two(at(bytes, 6) >> 4)}` };
  },
  av1C(bytes) {
    const [first, second] = [at(bytes, 1), at(bytes, 2)];
    const depth = second & 0x40 ? (second & 0x20 ? 12 : 10) : 8;
    return { codec: `av01.${first >> 5}.${two(first & 31)}${second & 0x80 ? 'H' : 'M'}.${two(depth)}` };
  },
};

function at(bytes, place) {
  if (place >= bytes.length) throw new MovieError('its codec is not described');
  return bytes[place];
}

// Bytes of a sample entry of video before the boxes in it.
const ENTRY = 78;

function codecOf(view, entry) {
  if (!entry) throw new MovieError('its format is not described');
  if (entry.type === 'encv') throw new MovieError('it is encrypted');
  for (const box of boxes(view, { from: entry.from + ENTRY, to: entry.to })) {
    const describe = Object.hasOwn(CODECS, box.type) && CODECS[box.type];
    if (!describe) continue;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + box.from, box.to - box.from);
    const size = { codedWidth: view.getUint16(entry.from + 24), codedHeight: view.getUint16(entry.from + 26) };
    return { ...describe(bytes, entry.type), ...size };
  }
  throw new MovieError(`its codec ${entry.type.replace(/[^\w ]/g, '?')} is not known here`);
}
