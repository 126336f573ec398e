// Files that were chosen, dropped or pasted: which are videos, which are photos, and what is in them.

// Files of folders that are looked into.
const MAX_FILES = 20000;
// Pixels of a photo: more is no photo.
const MAX_PIXELS = 120e6;
const isVideo = ({ type, name }) => type.startsWith('video/') || /\.(mp4|m4v|mov|webm|mkv|avi|3gp|ts)$/i.test(name);
const isPicture = ({ type, name }) => type.startsWith('image/') || /\.(jpe?g|png|gif|webp|avif|bmp|hei[cf]|tiff?)$/i.test(name);
const isHeic = ({ type, name }) => /hei[cf]/.test(type) || /\.hei[cf]$/i.test(name);

// A picture's pixels as they are in the file: no colours converted, and no copy of them.
async function openPicture(file) {
  try {
    return await createImageBitmap(file, { colorSpaceConversion: 'none' });
  } catch {
    return viaElement(file);
  }
}

// Some browsers show formats that they do not take as bytes.
async function viaElement(file) {
  const image = new Image(), address = URL.createObjectURL(file);
  try {
    image.src = address;
    await image.decode();
    return await createImageBitmap(image, { colorSpaceConversion: 'none' });
  } finally {
    URL.revokeObjectURL(address);
  }
}

function whyNoPicture(file) {
  if (isHeic(file)) {
    return 'this browser cannot read HEIC. Open this page in Safari, or set the iPhone to Settings, Camera, Formats, Most Compatible and take it again.';
  }
  return isPicture(file) ? 'this browser cannot read this kind of picture; try PNG or JPEG.' : 'this is neither a picture nor a video. Of a folder, choose the files in it.';
}

// Reads pictures one after the other. `to`: see(picture, name), note(name, text), isOver(), progress(n, of).
async function readPictures(files, to) {
  for (let i = 0; i < files.length && !to.isOver(); i++) {
    const file = files[i];
    await to.room();
    const picture = await openPicture(file).catch(() => null);
    if (!picture) to.note(file.name, whyNoPicture(file));
    else if (picture.width * picture.height > MAX_PIXELS) { picture.close(); to.note(file.name, 'this picture is too large.'); }
    else await to.see(picture, file.name);
    to.progress?.(i + 1, files.length);
  }
}

// All files of what was dropped, with those in folders where the page may look into these; it may not
// where it is from a file. What was dropped is only there for as long as the event lasts.
async function droppedFiles(transfer) {
  const files = [...transfer.files], entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  return entries.length > 0 ? inEntries(entries).catch(() => files) : files;
}

async function inEntries(entries) {
  const files = [];
  while (entries.length > 0 && files.length < MAX_FILES) {
    const entry = entries.shift();
    if (entry.isFile) files.push(await new Promise((done, fail) => entry.file(done, fail)));
    else entries.push(...await inFolder(entry));
  }
  return files;
}

// A folder gives its entries in parts, the last of which is empty.
async function inFolder(folder) {
  const reader = folder.createReader(), all = [];
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0 || all.length > MAX_FILES) return all;
    all.push(...some);
  }
}

// Calls `take` with the files that are dropped on the page or pasted into it.
function listen(take) {
  const over = (on) => document.body.classList.toggle('over', on);
  document.addEventListener('dragover', (event) => { event.preventDefault(); over(true); });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) over(false); });
  document.addEventListener('drop', async (event) => {
    event.preventDefault();
    over(false);
    take(await droppedFiles(event.dataTransfer));
  });
  document.addEventListener('paste', (event) => {
    const files = [...event.clipboardData.files];
    if (files.length > 0) { event.preventDefault(); take(files); }
  });
}
