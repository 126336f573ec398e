//! The integration tests: one crate, one module a purpose.
#![allow(clippy::unwrap_used, clippy::panic)]

// Archives made to do harm.
mod archives;
// Photos of printed pages: curved paper, shadows, uneven light.
mod bent;
// Photos of frames, by a camera that knows the truth.
mod camera;
// Frames through that camera: what has to be read.
mod camera_channel;
// libcimbar's format: its own frames, photos of them, hostile ones.
mod cimbar;
// The same frames in videos: followed, and read once.
mod cimbar_shows;
// The command line: arguments, exit codes, texts, what is left after a failure.
mod cli;
// Kills, full disks, two runs at once, damage, silence.
mod faults;
// Photos that only feedback can read.
mod feedback;
// Folders and several files: there and back.
mod folders;
// Frames of all sizes in a video.
mod followed;
// Pictures and packets made to do harm.
mod hostile;
// Frame error rate of the inner code on a noisy channel.
mod inner_curve;
// Completions and the manual.
mod installed;
// What people have: files, photos, scans, segments, folders, pipes.
mod inputs;
// What stays, whatever is in the way at the end.
mod kept;
// Which module may use which.
mod layering;
// Memory, under a limit.
mod limits;
// Pictures of two frames: screens that change as fast as a camera films.
mod mixed;
// The module for browsers, in an interpreter.
mod module;
// Animations, streams and videos, both ways; recordings of a screen.
mod moving;
// The player's page in a real browser.
mod page;
// Pages for printers.
mod paper;
// The probe, through cameras.
mod probe;
// What is told while a run goes on: the line on a terminal, events for programs.
mod progress;
// The receiver's page in real browsers.
mod receiving;
// What is told to programs: reports, codes.
mod report;
// Vectors that must be refused, with the reason.
mod refused;
// Runs that speak into a folder which they read.
mod spoken;
// Runs that stop in the middle and go on.
mod resume;
// File to frames to file, undistorted: sizes, profiles, lost frames, screenshots.
mod round_trip;
// The files in samples/.
mod samples;
// Several frames in a picture, opposite brightness, no colour.
mod several;
// The screen of this machine, live.
mod screen;
// Looped shows: joined anywhere, half of the frames lost, cut short, forged.
mod shows;
// The spec's numbers are the code's numbers.
mod spec;
// Working folders, the command, seeded data.
mod support;
// Frames of strangers among those of a transfer.
mod trust;
// What is written is read back.
mod verified;
// Folders that photos arrive in.
#[cfg(unix)]
mod watched;
// Inputs that are silent, or large: who waits for whom.
mod waiting;
// Golden vectors of every layer.
mod vectors;
