//! The receiver's address as a QR code, for a phone that has nothing but a browser.

use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;

/// White modules around a code (ISO/IEC 18004, 9.1).
const QUIET: i32 = 4;

/// Where the page that receives is found.
#[derive(Clone, Debug, Serialize)]
pub struct Address {
    url: String,
    /// Modules a side, with the white ones around.
    side: i32,
    /// The dark modules as a path of an SVG, a unit each.
    path: String,
}

impl Address {
    /// The code of an address; `None` if it is longer than a code can be.
    pub fn new(url: &str) -> Option<Self> {
        let code = QrCode::encode_text(url, QrCodeEcc::Medium).ok()?;
        let places = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = places.filter(|&(x, y)| code.get_module(x, y));
        let path = dark.map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET)).collect();
        Some(Self { url: url.to_owned(), side: code.size() + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finders_and_white_around() {
        let address = Address::new("https://example.org/receive/").unwrap();
        // Version 3: 29 modules.
        assert_eq!(address.side, 37);
        assert!(address.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"));
        assert!(Address::new(&"x".repeat(3000)).is_none());
    }
}
