//! Receiving where there are no files, no threads that share memory, and no clock: in a browser.
//!
//! Pictures are read by an [`Eye`] in each worker; what it sees goes as bytes to the one [`Desk`], which
//! collects it and gives out files piece by piece, verified at the last one. `module/` has both for
//! JavaScript, as a module of its own for WebAssembly.

mod desk;
mod eye;

pub use desk::{Arrival, Desk, Opened, Standing, Step};
pub use eye::{Eye, Sight};
