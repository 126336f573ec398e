//! `tilecast receiver`.

use super::args::ReceiverArgs;
use super::exit::{Exit, Failure};
use super::inputs::{is_stream, show};
use crate::media::output::{OutputError, OutputFile, OutputFolder};
use crate::receiver::{page, site};
use std::io::Write;
use std::path::Path;

/// Writes the page, or the site.
pub(super) fn run(args: &ReceiverArgs) -> Result<Exit, Failure> {
    let path = args.output.as_path();
    let page = || page().map_err(anyhow::Error::new);
    if is_stream(path) {
        std::io::stdout().lock().write_all(page()?.as_bytes()).map_err(OutputError::stdout)?;
        return Ok(Exit::Success);
    }
    if is_page(path) {
        let mut file = OutputFile::new(path, args.force)?;
        file.append(page()?.as_bytes())?;
        file.finish()?;
        say!("{}: open it in a browser; it needs no network", show(path));
        return Ok(Exit::Success);
    }
    let mut folder = OutputFolder::new(path, args.force)?;
    for (name, bytes) in site().map_err(anyhow::Error::new)? {
        folder.add(name.to_owned(), &bytes)?;
    }
    folder.finish()?;
    say!("{}: put it on any web server; after the first visit it works offline", show(path));
    Ok(Exit::Success)
}

/// Whether the output is to be a single file.
fn is_page(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| extension == "html" || extension == "htm") && !path.is_dir()
}
