//! The module for browsers: made of the sources that are here, and gives what the program gives.

use crate::camera::Camera;
use crate::support::{choice, encode, project, random_bytes};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;
use tilecast::cimbar::Mode;
use tilecast::format::Profile;
use tilecast::media::decode_picture;
use tilecast::raster::Picture;
use tilecast::receiver::{Desk, Eye, MODULE, Step};
use tilecast::send::{CimbarOptions, CimbarTransfer, Outgoing};
use wasmi::{Engine, Instance, Linker, Store, Val};

/// Files outside of `src` that the module is made of, and what is in `src` and no part of it; as
/// `.ci/receiver` has them.
const BESIDE: [&str; 3] = [".ci/receiver", "Cargo.lock", "Cargo.toml"];
const NO_PARTS: [&str; 5] =
    ["src/cli/", "src/media/", "src/fuzzed/", "src/main.rs", "src/receiver/page.rs"];

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sources(folder: &Path, all: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
            continue;
        }
        let name = path.strip_prefix(project("")).unwrap().to_str().unwrap().replace('\\', "/");
        if name.ends_with(".rs") && !NO_PARTS.iter().any(|part| name.starts_with(part)) {
            all.push(name);
        }
    }
}

#[test]
fn the_module_is_made_of_these_sources() {
    let mut names: Vec<String> = BESIDE.map(String::from).into();
    sources(&project("src"), &mut names);
    names.sort();
    let line = |name: &String| format!("{}  {name}\n", hex(&std::fs::read(project(name)).unwrap()));
    let digest = hex(names.iter().map(line).collect::<String>().as_bytes());
    let mark = b"tilecast-sources:";
    let at = MODULE.windows(mark.len()).position(|bytes| bytes == mark).expect("the mark");
    let has = String::from_utf8_lossy(&MODULE[at + mark.len()..][..digest.len()]);
    assert_eq!(has, digest, "src/receiver/receiver.wasm is stale: run .ci/receiver");
}

/// The module in an interpreter.
struct Module {
    store: Store<()>,
    instance: Instance,
}

impl Module {
    fn new() -> Self {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let module = wasmi::Module::new(&engine, MODULE).unwrap();
        assert_eq!(module.imports().count(), 0, "it needs nothing from outside");
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        Self { store, instance }
    }

    fn number(&mut self, name: &str, arguments: &[u32]) -> u32 {
        let function = self.instance.get_func(&self.store, name).unwrap();
        let arguments: Vec<Val> = arguments.iter().map(|value| Val::I32(*value as i32)).collect();
        let mut result = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, &arguments, &mut result).unwrap();
        result.first().and_then(Val::i32).unwrap_or(0) as u32
    }

    /// Calls a function that reads `input`; gives its output.
    fn call(&mut self, name: &str, arguments: &[u32], input: &[u8]) -> Vec<u8> {
        let at = self.number("input", &[input.len() as u32]) as usize;
        let memory = self.instance.get_memory(&self.store, "memory").unwrap();
        memory.write(&mut self.store, at, input).unwrap();
        let mut output = vec![0; self.number(name, arguments) as usize];
        let at = self.number("output", &[]) as usize;
        memory.read(&self.store, at, &mut output).unwrap();
        output
    }

    /// Looks at a picture of a kind with its planes; its reports, and the sight.
    fn look(
        &mut self,
        kind: u32,
        size: (usize, usize),
        planes: [u32; 6],
        bytes: &[u8],
    ) -> (Value, Vec<u8>) {
        let front = [kind, size.0 as u32, size.1 as u32, 0, 0];
        let output = self.call("look", &[&front[..], &planes].concat(), bytes);
        let (length, rest) = output.split_first_chunk().unwrap();
        let (reports, sight) = rest.split_at(u32::from_le_bytes(*length) as usize);
        (serde_json::from_slice(reports).unwrap(), sight.to_vec())
    }

    fn accept(&mut self, sight: &[u8]) -> Value {
        serde_json::from_slice(&self.call("accept", &[], sight)).unwrap()
    }

    /// The file of the first transfer, and its name.
    fn file(&mut self) -> (String, Vec<u8>) {
        let opened: Value = serde_json::from_slice(&self.call("open", &[0], &[])).unwrap();
        let mut file = Vec::new();
        loop {
            let step = self.call("next", &[], &[]);
            match step.split_first().unwrap() {
                (1, piece) => file.extend_from_slice(piece),
                (0, told) => {
                    let told: Value = serde_json::from_slice(told).unwrap();
                    assert_eq!(told["verified"], opened["digest"].is_string());
                    return (opened["name"].as_str().unwrap().to_owned(), file);
                }
                (_, told) => panic!("{}", String::from_utf8_lossy(told)),
            }
        }
    }
}

fn rgba(picture: &Picture) -> Vec<u8> {
    picture.rgb().chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
}

/// What a reader says of a frame, but for numbers that depend on the order of sums.
fn essence(report: &Value) -> Vec<Value> {
    [
        "code",
        "transfer",
        "frame",
        "frames",
        "codewords_decoded",
        "codewords_total",
        "symbology",
        "mode",
    ]
    .map(|name| report[name].clone())
    .into()
}

/// The file that a desk has.
fn file(desk: &mut Desk) -> (String, Vec<u8>) {
    let (opened, mut file) = (desk.open(0).unwrap(), Vec::new());
    while let Step::Piece(piece) = desk.next_step() {
        file.extend(piece);
    }
    (opened.name, file)
}

/// The module gives of these pictures what the program gives, and their file in the end.
fn agree(pictures: &[Picture], name: &str) -> Vec<u8> {
    let (mut module, mut eye, mut desk) = (Module::new(), Eye::default(), Desk::default());
    for picture in pictures {
        let size = (picture.width(), picture.height());
        let (reports, sight) = module.look(0, size, [0; 6], &rgba(picture));
        let native = eye.look(picture, false);
        let expected = serde_json::to_value(native.reports()).unwrap();
        let all =
            |reports: &Value| reports.as_array().unwrap().iter().map(essence).collect::<Vec<_>>();
        assert_eq!(all(&reports), all(&expected), "{name}");
        let (arrival, expected) = (module.accept(&sight), desk.accept(&native));
        let complete = serde_json::to_value(&expected.complete).unwrap();
        assert_eq!(
            (&arrival["received"], &arrival["complete"]),
            (&expected.received.into(), &complete)
        );
    }
    let (ours, theirs) = (file(&mut desk), module.file());
    assert!(ours == theirs, "{name}");
    ours.1
}

fn picture(path: &str) -> Picture {
    decode_picture(&std::fs::read(project(path)).unwrap()).unwrap()
}

#[test]
fn samples_give_what_they_give_the_program() {
    let message = std::fs::read(project("samples/message.txt")).unwrap();
    for entry in std::fs::read_dir(project("samples/frames")).unwrap() {
        let path = entry.unwrap().path();
        let picture = decode_picture(&std::fs::read(&path).unwrap()).unwrap();
        assert!(agree(&[picture], &path.display().to_string()) == message, "{path:?}");
    }
    agree(&[1, 2].map(|i| picture(&format!("samples/captures/photo-{i}.jpg"))), "photos");
}

#[test]
fn photos_of_the_camera_and_what_is_no_frame_give_the_same() {
    let file = random_bytes(9_000, 5);
    let (_, frames) = encode(&file, &choice(Profile::Dense, 512), 0.2);
    let camera = Camera { size: (640, 640), noise: 2.0, ..Camera::new() };
    let mut photos: Vec<Picture> = frames
        .iter()
        .map(|png| decode_picture(&camera.shoot_jpeg(&decode_picture(png).unwrap())).unwrap())
        .collect();
    // Too blurred to be read, and none at all.
    let blurred = Camera { blur: 6.0, ..camera.clone() };
    photos.insert(
        0,
        decode_picture(&blurred.shoot_jpeg(&decode_picture(&frames[0]).unwrap())).unwrap(),
    );
    photos.insert(0, Picture::from_rgb(320, 240, vec![90; 320 * 240 * 3]).unwrap());
    assert!(agree(&photos, "camera") == file);
}

#[test]
fn planes_of_cameras_are_read_where_they_lie() {
    let file = random_bytes(700, 6);
    let (_, frames) = encode(&file, &choice(Profile::Standard, 384), 0.2);
    let frame = decode_picture(&frames[0]).unwrap();
    let (width, height) = (frame.width(), frame.height());
    // NV12 with a margin before, between and in the rows.
    let (before, stride) = (64, width + 32);
    let chroma = before + stride * height + 16;
    let mut bytes = vec![128u8; chroma + stride * height.div_ceil(2)];
    for (i, pixel) in frame.rgb().chunks_exact(3).enumerate() {
        let [r, g, b] = [0, 1, 2].map(|c| f64::from(pixel[c]));
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let (column, row) = (i % width, i / width);
        bytes[before + row * stride + column] = (16.0 + y * 219.0 / 255.0).round() as u8;
        if column % 2 == 0 && row % 2 == 0 {
            let at = chroma + row / 2 * stride + column;
            bytes[at] = (128.0 + (b - y) / 1.772 * 224.0 / 255.0).round() as u8;
            bytes[at + 1] = (128.0 + (r - y) / 1.402 * 224.0 / 255.0).round() as u8;
        }
    }
    let mut module = Module::new();
    let planes = [before, stride, chroma, stride, 0, 0].map(|number| number as u32);
    let (reports, sight) = module.look(2, (width, height), planes, &bytes);
    assert_eq!(reports[0]["code"], "read");
    module.accept(&sight);
    assert!(module.file().1 == file);
    // A plane that is not all there is no picture, and does no harm.
    let front = [2, width as u32, height as u32, 0, 0];
    let short = module.call("look", &[&front[..], &planes].concat(), &bytes[..chroma + 9]);
    assert!(short.is_empty());
    assert!(module.call("accept", &[], b"no sight").is_empty());
}

#[test]
fn libcimbars_frames_give_the_same() {
    let file = std::fs::read(project("tests/vectors/cimbar/input-Bu.bin")).unwrap();
    let options =
        CimbarOptions { mode: Mode::Bu, name: Some("a".into()), level: 3, redundancy: 0.2 };
    let mut transfer = CimbarTransfer::new(&file[..], file.len() as u64, options).unwrap();
    let frames = (0..).map_while(|number| transfer.frame(number).unwrap());
    let pictures = frames
        .map(|frame| Picture::from_rgba(frame.width, frame.height, &frame.to_rgba()).unwrap());
    assert!(agree(&pictures.take(6).collect::<Vec<_>>(), "cimbar") == file);
}
