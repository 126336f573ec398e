//! The page's way into MP4 and MOV files by itself: files from boxes that are put together here, in one
//! piece and in fragments; what says more than is there; and thousands of them with damage.

use crate::support::Workdir;
use crate::support::browser::{Browser, Page, browser};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A file of the browser's that is in memory, the page's own code, and what is asked of it.
const LEAD: &str = "
const fileOf = (bytes) => ({ size: bytes.length,
  slice: (from, to) => ({ arrayBuffer: async () => bytes.slice(from, to).buffer }) });
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const opened = (bytes) => openMovie(fileOf(bytes));";
const CODE: [&str; 2] = [
    include_str!("../../../src/receiver/movie.js"),
    include_str!("../../../src/receiver/codec.js"),
];
/// Damages a file again and again, always alike: whatever becomes of it lies inside, or is refused.
const DAMAGED: &str = "
let seed = 1;
const draw = (below) => (seed = seed * 48271 % 2147483647) % below;
let [refused, kept] = [0, 0];
for (let i = 0; i < 3000; i++) {
  const bytes = whole.slice(0, draw(20) ? whole.length : draw(whole.length));
  for (let k = draw(4); k >= 0 && bytes.length; k--) {
    const at = draw(bytes.length), value = [0, 255, 127, 1, draw(256)][draw(5)];
    bytes.fill(value, at, at + (draw(3) ? 1 : 4));
  }
  try {
    const { samples } = await opened(bytes);
    kept++;
    if (!samples.every(({ at, size }) => at >= 0 && size > 0 && at + size <= bytes.length)) throw 'outside';
  } catch (error) {
    if (!(error instanceof MovieError)) throw error;
    refused++;
  }
}
return [refused, kept];";

fn window() -> Option<(Workdir, Browser, Page)> {
    let browser = browser()?;
    let dir = Workdir::new();
    let browser = Browser::start(browser, &dir.path(""), &[]);
    let page = browser.open("about:blank");
    Some((dir, browser, page))
}

/// What some statements say of a file, `whole`.
fn ask(page: &mut Page, file: &[u8], statements: &str) -> Value {
    let whole = format!("const whole = bytesOf('{}');", STANDARD.encode(file));
    let lines = [LEAD, CODE[0], CODE[1], &whole, statements].join("\n");
    page.value(&format!("(async () => {{ {lines} }})()"))
}

/// Codec and samples of a file, or why there are none.
fn movie(page: &mut Page, file: &[u8]) -> Value {
    let told =
        "return opened(whole).then(({ config, samples }) => [config.codec, config.codedWidth,
        samples.map(({ at, size, key }) => [at, size, key])], (error) => error.message);";
    ask(page, file, told)
}

fn boxed(kind: &str, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind.as_bytes(), &body].concat()
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The index of a file with one track of video, 64 pixels across, with these tables of samples, and
/// what follows the track.
fn index(tables: &[Vec<u8>], more: &[u8]) -> Vec<u8> {
    let size = [words(&[64 << 16 | 48]), vec![0; 50]].concat();
    let codec = boxed("avcC", &[&[1, 100, 0, 31]]);
    let entry = boxed("avc1", &[&[0; 24], &size, &codec]);
    let formats = boxed("stsd", &[&words(&[0, 1]), &entry]);
    let table = boxed("stbl", &[&formats, &tables.concat()]);
    let handler = boxed("hdlr", &[&words(&[0, 0]), b"vide"]);
    let media = boxed("mdia", &[&handler, &boxed("minf", &[&table])]);
    let header = boxed("tkhd", &[&words(&[0, 0, 0, 7])]);
    boxed("moov", &[&boxed("trak", &[&header, &media]), more])
}

fn start() -> Vec<u8> {
    boxed("ftyp", &[b"isom", &[0; 4]])
}

/// Five samples in two chunks; the first and the fourth need no others.
fn plain() -> Vec<u8> {
    let data = boxed("mdat", &[&[0; 100]]);
    let tables = [
        boxed("stsz", &[&words(&[0, 0, 5, 10, 11, 12, 13, 14])]),
        boxed("stsc", &[&words(&[0, 2, 1, 3, 1, 2, 2, 1])]),
        boxed("stco", &[&words(&[0, 2, 24, 70])]),
        boxed("stss", &[&words(&[0, 2, 1, 4])]),
    ];
    [start(), data, index(&tables, &[])].concat()
}

/// Two fragments, as phones and browsers record: sizes of their own, and the usual one.
fn fragments() -> Vec<u8> {
    let usual = boxed("mvex", &[&boxed("trex", &[&words(&[0, 7, 1, 1, 9, 0x1_0000])])]);
    let front = [start(), index(&[], &usual)].concat();
    let fragment = |run: &[u8]| {
        let track = boxed("traf", &[&boxed("tfhd", &[&words(&[0x2_0000, 7])]), run]);
        [boxed("moof", &[&track]), boxed("mdat", &[&[0; 40]])].concat()
    };
    // A run's data begin behind the head of the box of data that follows.
    let first = |offset: u32| boxed("trun", &[&words(&[0x205, 2, offset, 0, 20, 15])]);
    let second = |offset: u32| boxed("trun", &[&words(&[0x1, 3, offset])]);
    let head = |run: &[u8]| fragment(run).len() as u32 - 40;
    [front, fragment(&first(head(&first(0)))), fragment(&second(head(&second(0))))].concat()
}

#[test]
fn samples_of_plain_and_fragmented_movies_are_found() {
    let Some((_dir, _browser, mut page)) = window() else { return };
    let plain = plain();
    let expected = json!([
        "avc1.64001f",
        64,
        [[24, 10, true], [34, 11, false], [45, 12, false], [70, 13, true], [83, 14, false]]
    ]);
    assert_eq!(movie(&mut page, &plain), expected);
    let whole = fragments();
    let first = whole.windows(4).position(|four| four == b"mdat").unwrap() + 4;
    let second = whole.len() - 40;
    let expected = json!([
        "avc1.64001f",
        64,
        [
            [first, 20, true],
            [first + 20, 15, false],
            [second, 9, false],
            [second + 9, 9, false],
            [second + 18, 9, false]
        ]
    ]);
    assert_eq!(movie(&mut page, &whole), expected);
}

#[test]
fn what_says_more_than_there_is_is_refused() {
    let Some((_dir, _browser, mut page)) = window() else { return };
    let many = u32::MAX;
    let one_run = boxed("stsc", &[&words(&[0, 1, 1, many, 1])]);
    let tables =
        [boxed("stsz", &[&words(&[0, 1, many])]), one_run, boxed("stco", &[&words(&[0, 1, 0])])];
    let keys = [&tables[..], &[boxed("stss", &[&words(&[0, many])])]].concat();
    let cases = [
        (index(&tables, &[]), "it has too many pictures"),
        (index(&keys, &[]), "it has too many pictures"),
        (index(&[], &[]), "it has no pictures"),
        (boxed("moov", &[&boxed("trak", &[])]), "it has no track of video"),
        (
            boxed("mdat", &[&[0; 9]]),
            "it has no index: it was cut off while it was recorded or copied",
        ),
        (words(&[5, 0, 0]), "a box has no size"),
    ];
    for (rest, why) in cases {
        assert_eq!(movie(&mut page, &[start(), rest].concat()), why);
    }
    assert_eq!(
        movie(&mut page, b"\x1a\x45\xdf\xa3 a file of another kind"),
        "it is no MP4 or MOV file"
    );
    let boxes = [start(), boxed("free", &[]).repeat(100_001)].concat();
    assert_eq!(movie(&mut page, &boxes), "it has too many boxes");
}

#[test]
fn damaged_movies_are_refused_or_stay_inside() {
    let Some((_dir, _browser, mut page)) = window() else { return };
    for whole in [plain(), fragments()] {
        let told = ask(&mut page, &whole, DAMAGED);
        let (refused, kept) = (told[0].as_u64().unwrap(), told[1].as_u64().unwrap());
        assert_eq!(refused + kept, 3000);
        assert!(refused > 100 && kept > 100, "{refused} refused, {kept} kept");
    }
}
