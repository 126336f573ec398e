//! The receiver for JavaScript: functions of numbers, and a buffer for each way. `src/receiver/worker.js`
//! calls it.
//!
//! Whoever calls makes room by `input`, writes there, calls, and finds the answer at `output`. Lengths
//! are in bytes. There is one eye and one desk in each instance; workers use what they need of it.
//!
//! Exporting a name is what `unsafe` is allowed for here; nothing else is.
#![allow(unsafe_code)]

mod pixels;

use pixels::Pixels;
use std::cell::RefCell;
use tilecast::receiver::{Desk, Eye, Sight, Step};

/// What the module was built from, for whoever wants to know whether it is stale.
#[used]
static SOURCES: &str = match option_env!("TILECAST_SOURCES") {
    Some(sources) => sources,
    None => "tilecast-sources:unknown",
};

#[derive(Default)]
struct State {
    input: Vec<u8>,
    output: Vec<u8>,
    eye: Eye,
    desk: Desk,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Does something with the state, and tells the length of the output.
fn with(work: impl FnOnce(&mut State) -> Vec<u8>) -> usize {
    STATE.with_borrow_mut(|state| {
        state.output = work(state);
        state.output.len()
    })
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Makes room for an input of `length` bytes; gives where.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.input.resize(length, 0);
        state.input.as_mut_ptr()
    })
}

/// Where the output is.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    STATE.with_borrow(|state| state.output.as_ptr())
}

/// Reads the picture in the input: see [`Pixels`] for what its kinds are. The output is the length of a
/// report in JSON (4 bytes, little-endian), the report, and the sight for [`accept`].
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "what JavaScript knows of a picture")]
pub extern "C" fn look(
    kind: u32,
    width: usize,
    height: usize,
    moving: u32,
    full_range: u32,
    y: usize,
    y_stride: usize,
    u: usize,
    u_stride: usize,
    v: usize,
    v_stride: usize,
) -> usize {
    let planes = [(y, y_stride), (u, u_stride), (v, v_stride)];
    let pixels = Pixels { kind, width, height, full_range: full_range != 0, planes };
    with(|state| {
        let Some(picture) = pixels.picture(&state.input) else { return Vec::new() };
        let sight = state.eye.look(&picture, moving != 0);
        let report = json(&sight.reports());
        [&(report.len() as u32).to_le_bytes()[..], &report, &sight.to_bytes()].concat()
    })
}

/// What the eye has read in full since this was called last.
#[unsafe(no_mangle)]
pub extern "C" fn news() -> usize {
    with(|state| state.eye.news())
}

/// The input is news of another eye, or of the desk.
#[unsafe(no_mangle)]
pub extern "C" fn learn() {
    STATE.with_borrow(|state| state.eye.learn(&state.input));
}

/// The input is a sight; the output a [`tilecast::receiver::Arrival`] in JSON, nothing if it was no
/// sight.
#[unsafe(no_mangle)]
pub extern "C" fn accept() -> usize {
    with(|state| match Sight::from_bytes(&state.input) {
        Some(sight) => json(&state.desk.accept(&sight)),
        None => Vec::new(),
    })
}

/// How far everything has come: a [`tilecast::receiver::Standing`] in JSON.
#[unsafe(no_mangle)]
pub extern "C" fn state() -> usize {
    with(|state| json(&state.desk.standing()))
}

/// Begins to give out a transfer: its name and size, or why not, in JSON.
#[unsafe(no_mangle)]
pub extern "C" fn open(place: usize) -> usize {
    with(|state| match state.desk.open(place) {
        Ok(opened) => json(&opened),
        Err(refusal) => json(&refusal),
    })
}

/// The next step of the file: 1 and a piece of it; 0 and in JSON how it was verified; 2 and in JSON why
/// it is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn next() -> usize {
    with(|state| {
        let (kind, mut body) = match state.desk.next_step() {
            Step::Piece(piece) => (1, piece),
            Step::Whole { verified } => (0, json(&serde_json::json!({ "verified": verified }))),
            Step::Refused(refusal) => (2, json(&refusal)),
        };
        body.insert(0, kind);
        body
    })
}

/// News for all eyes: transfers of which frames have to be read again.
#[unsafe(no_mangle)]
pub extern "C" fn distrusted() -> usize {
    with(|state| state.desk.distrusted())
}

/// A new desk that keeps so many mebibytes.
#[unsafe(no_mangle)]
pub extern "C" fn limit(mebibytes: u32) {
    STATE.with_borrow_mut(|state| state.desk = Desk::keeping(u64::from(mebibytes) << 20));
}

/// A new desk, and a new eye.
#[unsafe(no_mangle)]
pub extern "C" fn reset() {
    STATE.with_borrow_mut(|state| {
        state.desk.reset();
        state.eye = Eye::default();
    });
}
