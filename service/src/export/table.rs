//! Cells that a spreadsheet shows as they are. A text that a spreadsheet would run as a formula gets a leading
//! apostrophe; numbers and dates are written by us and stay what they are.

use std::borrow::Cow;

/// A text as a cell.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    // White space before a formula does not keep a spreadsheet from running it.
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{feff}']).chars().next();
    if first.is_some_and(starts_a_formula) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The half-width and full-width signs that start a formula, and what may hide one.
const fn starts_a_formula(first: char) -> bool {
    matches!(
        first,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '|' | '%' | '＝' | '＋' | '－' | '＠'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_becomes_text() {
        for formula in [
            "=1+1",
            "=HYPERLINK(\"http://evil.example\")",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\0=1",
            " =1",
            "＝1+1",
            "＠SUM(A1)",
            "＋1",
            "－1",
            "|calc",
            "%0A=1",
        ] {
            let cell = text(formula);
            assert_eq!(cell.strip_prefix('\''), Some(formula), "{formula:?}");
        }
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for plain in ["Acme", "Müller & Söhne", "O'Leary", "'quoted'", "5-3", "a=b", ""] {
            assert_eq!(text(plain), plain);
        }
    }
}
