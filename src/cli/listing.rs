//! Captures and transfers as JSON, written as they come: a camera can go on for days.

use crate::report::ProbeReport;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io::{Result, Write};

/// `{"captures": [...], "transfers": [...], ...}`, an entry a line.
pub(super) struct Listing<W> {
    target: W,
    entries: u64,
}

/// What comes behind the captures.
pub(super) struct Ending<T> {
    pub(super) transfers: Vec<T>,
    /// How many others there were.
    pub(super) transfers_not_listed: usize,
    /// What came of a probe, if one was seen.
    pub(super) probe: Option<ProbeReport>,
}

impl<W: Write> Listing<W> {
    /// Begins with the list of captures.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn new(mut target: W) -> Result<Self> {
        target.write_all(b"{\"captures\": [")?;
        Ok(Self { target, entries: 0 })
    }

    /// Adds a capture.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn capture(&mut self, capture: &impl Serialize) -> Result<()> {
        self.entry(capture)
    }

    /// Ends with what all captures together gave; gives the target back.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish<T: Serialize>(mut self, ending: &Ending<T>) -> Result<W> {
        self.target.write_all(b"\n],\n\"transfers\": [")?;
        self.entries = 0;
        for transfer in &ending.transfers {
            self.entry(transfer)?;
        }
        let others = ending.transfers_not_listed;
        write!(self.target, "\n],\n\"transfers_not_listed\": {others}")?;
        if let Some(probe) = &ending.probe {
            self.target.write_all(b",\n\"probe\": ")?;
            serde_json::to_writer(&mut self.target, probe)?;
        }
        self.target.write_all(b"}\n")?;
        self.target.flush()?;
        Ok(self.target)
    }

    /// What it is written to.
    pub(super) fn target(&mut self) -> &mut W {
        &mut self.target
    }

    fn entry(&mut self, entry: &impl Serialize) -> Result<()> {
        self.target.write_all(if self.entries == 0 { b"\n" } else { b",\n" })?;
        self.entries += 1;
        entry.serialize(&mut Serializer::with_formatter(&mut self.target, Visible))?;
        Ok(())
    }
}

/// An entry on a line of its own.
pub(super) fn to_line(entry: &impl Serialize) -> String {
    let mut line = Vec::new();
    // Writing to memory does not fail, and what is written here has no keys but strings.
    let _ = entry.serialize(&mut Serializer::with_formatter(&mut line, Visible));
    String::from_utf8(line).unwrap_or_default()
}

/// JSON that shows what is in it: characters that cannot be seen are escaped.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> Result<()> {
        for c in fragment.chars() {
            if crate::text::is_visible(c) {
                CompactFormatter.write_string_fragment(writer, c.encode_utf8(&mut [0; 4]))?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn it_is_json_and_hides_nothing() {
        let name = "a\n\"b\u{202E}\u{E0041}ä";
        for count in 0..3 {
            let entries: Vec<_> = (0..count).map(|i| json!({ "n": i, "name": name })).collect();
            let mut listing = Listing::new(Vec::new()).unwrap();
            for entry in &entries {
                listing.capture(entry).unwrap();
            }
            let ending =
                Ending { transfers: entries.clone(), transfers_not_listed: 7, probe: None };
            let text = String::from_utf8(listing.finish(&ending).unwrap()).unwrap();
            let read: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read["captures"], Value::from(entries.clone()));
            assert_eq!(read["transfers"], Value::from(entries));
            assert_eq!(read["transfers_not_listed"], 7);
            assert!(!text.contains(['\u{202E}', '\u{E0041}']));
        }
    }
}
