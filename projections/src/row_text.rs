//! The plain text form of a view's rows: what state hashes are computed from, and what a person
//! compares when two hashes differ. One line for each field, in a fixed order. Personal values
//! never enter it.

use std::fmt::{Display, Write};

use schemas::Timestamp;

/// The text of one row, or of many after each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowText(String);

impl RowText {
    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Begins a row: what it is and its key.
    pub(crate) fn start(&mut self, kind: &str, key: impl Display) {
        self.line(format_args!("{kind} {key}"));
    }

    /// A field whose value cannot hold a line break: ids, numbers, keys, digests.
    pub(crate) fn field(&mut self, name: &str, value: impl Display) {
        self.line(format_args!("  {name}={value}"));
    }

    /// A field that is left out when it has no value.
    pub(crate) fn option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    /// A field that holds text somebody wrote: backslashes and line breaks are escaped.
    pub(crate) fn words(&mut self, name: &str, value: &str) {
        self.field(name, Escaped(value));
    }

    /// An instant, in microseconds since 1970.
    pub(crate) fn instant(&mut self, name: &str, at: Timestamp) {
        self.field(name, at.micros());
    }

    /// An instant that is left out when there is none.
    pub(crate) fn instant_option(&mut self, name: &str, at: Option<Timestamp>) {
        self.option(name, at.map(Timestamp::micros));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // INVARIANT (text is writable): writing to a String has no failing case.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }
}

/// Text on one line: `\` becomes `\\`, a line feed `\n`, a carriage return `\r`.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '\\' => f.write_str("\\\\"),
            '\n' => f.write_str("\\n"),
            '\r' => f.write_str("\\r"),
            plain => f.write_char(plain),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_cannot_have_the_same_text_by_a_line_break_in_a_value() {
        let mut forged = RowText::default();
        forged.words("name", "a\n  seats=5");
        let mut honest = RowText::default();
        honest.words("name", "a");
        honest.field("seats", 5);
        assert_ne!(forged, honest);
        assert_eq!(forged.as_str(), "  name=a\\n  seats=5\n");
    }
}
