//! Receiving where there are no files, no threads that share memory, and no clock: in a browser.
//!
//! Pictures are read by an [`Eye`] in each worker; what it sees goes as bytes to the one [`Desk`], which
//! collects it and gives out files piece by piece, verified at the last one. `module/` has both for
//! JavaScript, as a module of its own for WebAssembly; `page` puts that and the page around it together.

mod desk;
mod eye;
mod giving;
#[cfg(feature = "media")]
mod page;

pub use desk::{Arrival, Desk, Opened, Refusal, Standing, Step};
pub use eye::{Eye, Sight};
#[cfg(feature = "media")]
pub use page::{MODULE, page, site};
