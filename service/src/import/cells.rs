//! The cells of one row by the name of their column, and how a cell becomes a value that cannot be wrong.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use schemas::Timestamp;

use super::report::{Fault, codes};
use super::time;

/// The longest name, in characters.
pub(crate) const NAME_CHARACTERS_MAX: usize = 200;
/// The longest external id, in characters.
pub(crate) const EXTERNAL_ID_CHARACTERS_MAX: usize = 200;
/// The longest reason in words, in characters.
pub(crate) const REASON_CHARACTERS_MAX: usize = 1_000;
/// The longest e-mail that can be delivered to, in bytes (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;
const SHOWN_CHARACTERS_MAX: usize = 80;

/// The cells of one row.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    names: Arc<[String]>,
    values: Vec<String>,
}

impl Cells {
    pub(crate) const fn new(names: Arc<[String]>, values: Vec<String>) -> Self {
        Self { names, values }
    }

    fn get(&self, column: &str) -> Option<&str> {
        let place = self.names.iter().position(|name| name == column)?;
        let text = self.values.get(place)?.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// Reads the cells of one row and gathers what is wrong with them, so that a row's faults are told all at once.
pub(crate) struct RowParser<'a> {
    cells: &'a Cells,
    faults: Vec<Fault>,
}

impl<'a> RowParser<'a> {
    pub(crate) const fn new(cells: &'a Cells) -> Self {
        Self { cells, faults: Vec::new() }
    }

    /// The row, when all of it could be read.
    pub(crate) fn finish<T>(self, row: Option<T>) -> Result<T, Vec<Fault>> {
        match row {
            Some(row) if self.faults.is_empty() => Ok(row),
            Some(_) | None => Err(self.faults),
        }
    }

    pub(crate) fn fault(&mut self, column: &'static str, code: &'static str, message: String) {
        self.faults.push(Fault::new(column, code, message));
    }

    /// Whether the cell holds anything.
    pub(crate) fn has(&self, column: &'static str) -> bool {
        self.cells.get(column).is_some()
    }

    /// One line of text; runs of white space, line breaks too, become one space.
    pub(crate) fn name(&mut self, column: &'static str) -> Option<String> {
        self.required(column)?;
        self.optional_text(column, NAME_CHARACTERS_MAX)
    }

    /// The vendor's own number for a thing.
    pub(crate) fn external_id(&mut self, column: &'static str) -> Option<String> {
        self.required(column)?;
        self.optional_external_id(column)
    }

    pub(crate) fn optional_external_id(&mut self, column: &'static str) -> Option<String> {
        self.optional_text(column, EXTERNAL_ID_CHARACTERS_MAX)
    }

    pub(crate) fn optional_text(
        &mut self,
        column: &'static str,
        characters_max: usize,
    ) -> Option<String> {
        let text = self.cells.get(column)?.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > characters_max {
            let message = format!("the text is longer than {characters_max} characters");
            self.fault(column, codes::BAD_VALUE, message);
            return None;
        }
        if text.chars().any(char::is_control) {
            let message = "the text has control characters".to_owned();
            self.fault(column, codes::BAD_VALUE, message);
            return None;
        }
        Some(text)
    }

    /// A sign-in e-mail, in lower case: nobody signs in twice by writing it otherwise.
    pub(crate) fn email(&mut self, column: &'static str) -> Option<String> {
        self.required(column)?;
        self.optional_email(column)
    }

    pub(crate) fn optional_email(&mut self, column: &'static str) -> Option<String> {
        let text = self.cells.get(column)?;
        if is_email(text) {
            return Some(text.to_lowercase());
        }
        let message = format!("`{}` is not an e-mail such as `ann@acme.example`", shown(text));
        self.fault(column, codes::BAD_VALUE, message);
        None
    }

    /// A value that its own type parses.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<T> {
        self.required(column)?;
        self.optional_parsed(column)
    }

    pub(crate) fn optional_parsed<T: FromStr<Err: Display>>(
        &mut self,
        column: &'static str,
    ) -> Option<T> {
        let text = self.cells.get(column)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(column, codes::BAD_VALUE, error.to_string());
                None
            }
        }
    }

    /// A whole number of at least 1.
    pub(crate) fn quantity(&mut self, column: &'static str) -> Option<u64> {
        self.required(column)?;
        let text = self.cells.get(column)?;
        let value = text.parse().ok().filter(|number| *number > 0);
        if value.is_none() {
            let message = format!("`{}` is not a whole number of at least 1", shown(text));
            self.fault(column, codes::BAD_VALUE, message);
        }
        value
    }

    /// One of these words; the first stands for an empty cell.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        column: &'static str,
        words: &[(&str, T)],
    ) -> Option<T> {
        match self.cells.get(column) {
            None => words.first().map(|(_, value)| *value),
            Some(text) => {
                let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
                if found.is_none() {
                    let words = words.iter().map(|(word, _)| word).filter(|word| !word.is_empty());
                    let known: Vec<_> = words.map(|word| format!("`{word}`")).collect();
                    let message = format!("`{}` is not one of {}", shown(text), known.join(", "));
                    self.fault(column, codes::BAD_VALUE, message);
                }
                found.map(|(_, value)| *value)
            }
        }
    }

    /// An instant.
    pub(crate) fn instant(&mut self, column: &'static str) -> Option<Timestamp> {
        self.required(column)?;
        self.optional_instant(column)
    }

    pub(crate) fn optional_instant(&mut self, column: &'static str) -> Option<Timestamp> {
        let text = self.cells.get(column)?;
        let at = time::instant(text);
        if at.is_none() {
            let message = format!(
                "`{}` is not a date such as `2026-11-22` or an instant such as \
                 `2026-11-22T09:30:00Z`",
                shown(text)
            );
            self.fault(column, codes::BAD_VALUE, message);
        }
        at
    }

    pub(crate) fn required(&mut self, column: &'static str) -> Option<()> {
        if self.has(column) {
            return Some(());
        }
        self.fault(column, codes::MISSING, "the cell is empty".to_owned());
        None
    }
}

/// Text as a message may show it: without control characters, cut to a displayable length.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARACTERS_MAX).collect()
}

fn is_email(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@')
    };
    let parts = text.split_once('@');
    let labels = |domain: &str| domain.contains('.') && domain.split('.').all(plain);
    text.len() <= EMAIL_BYTES_MAX
        && parts.is_some_and(|(local, domain)| plain(local) && labels(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(&str, &str)]) -> Cells {
        let names: Vec<_> = cells.iter().map(|(name, _)| (*name).to_owned()).collect();
        let values = cells.iter().map(|(_, value)| (*value).to_owned()).collect();
        Cells::new(names.into(), values)
    }

    #[test]
    fn all_faults_of_a_row_are_told_at_once() {
        let cells = row(&[("name", " "), ("email", "ann"), ("since", "yesterday")]);
        let mut parser = RowParser::new(&cells);
        let _ = (parser.name("name"), parser.email("email"), parser.optional_instant("since"));
        let faults = parser.finish(Some(())).unwrap_err();
        let columns: Vec<_> = faults.iter().filter_map(|fault| fault.column).collect();
        assert_eq!(columns, ["name", "email", "since"]);
    }

    #[test]
    fn a_line_break_in_a_name_becomes_a_space() {
        let cells = row(&[("name", "Acme\r\n  Holding ")]);
        assert_eq!(RowParser::new(&cells).name("name").as_deref(), Some("Acme Holding"));
    }

    #[test]
    fn e_mails_are_told_from_other_texts() {
        for text in ["ann@acme.example", "ann+x@sub.acme.example", "jörg@müller.example"] {
            assert!(is_email(text), "{text}");
        }
        for text in
            ["ann", "@acme.example", "ann@", "ann@acme", "a@b@c.d", "a b@c.d", "a@.d", "a@c."]
        {
            assert!(!is_email(text), "{text}");
        }
    }
}
