//! What an import says when it is done: how many rows of each kind, and every row that was not taken, with the
//! place and the reason.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::kind::Kind;

/// The most problems that are kept with their text. All are counted.
pub const PROBLEMS_MAX: usize = 10_000;

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Which of the files, in the order they were given.
    #[serde(skip)]
    pub file: u32,
    /// The row as a spreadsheet counts: the header is row 1. In JSON Lines the line.
    pub row: u64,
    /// The line of the file on which the row starts.
    pub line: u64,
}

/// One thing that is wrong with one row. The row was not taken, or would not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file as it was named.
    pub file: String,
    /// Where in the file; `None` when the file as a whole is meant.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// The column, when it is about one.
    pub column: Option<&'static str>,
    /// The stable code: one of this module's, or the code of the rule that refused.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(place) = self.place {
            write!(f, ": row {}", place.row)?;
            if place.line != place.row {
                write!(f, " (line {})", place.line)?;
            }
        }
        if let Some(column) = self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {} [{}]", self.message, self.code)
    }
}

/// What is wrong with a row, before it is known where the row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) column: Option<&'static str>,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(
        column: impl Into<Option<&'static str>>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { column: column.into(), code, message: message.into() }
    }
}

/// The codes of problems that the import itself finds. A rule's refusal has the rule's own code.
pub mod codes {
    /// The file cannot be read, or is not of a known format.
    pub const FILE: &str = "FILE";
    /// The header lacks a column, repeats one, or has one that is not known.
    pub const HEADER: &str = "HEADER";
    /// The row is not well-formed CSV or JSON.
    pub const MALFORMED: &str = "MALFORMED";
    /// The row is longer than any row may be.
    pub const TOO_LONG: &str = "TOO_LONG";
    /// The row is not UTF-8.
    pub const NOT_UTF8: &str = "NOT_UTF8";
    /// A cell that must hold something is empty.
    pub const MISSING: &str = "MISSING";
    /// A cell does not hold what its column is for.
    pub const BAD_VALUE: &str = "BAD_VALUE";
    /// The same thing stands in two rows.
    pub const DUPLICATE: &str = "DUPLICATE";
    /// The row names something that is neither in the ledger nor in a good row.
    pub const UNKNOWN_REFERENCE: &str = "UNKNOWN_REFERENCE";
    /// The external id is in the ledger already, with other content.
    pub const CONFLICT: &str = "CONFLICT";
    /// The e-mail is somebody else's sign-in.
    pub const EMAIL_TAKEN: &str = "EMAIL_TAKEN";
}

/// The rows of one kind, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Rows read.
    pub rows: u64,
    /// Rows that were added, or would be.
    pub added: u64,
    /// Rows that were in the ledger already.
    pub already: u64,
    /// Rows that were not taken: broken, refused, or in conflict with the ledger.
    pub broken: u64,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// The rows by kind.
    pub kinds: BTreeMap<&'static str, Count>,
    /// What is wrong, in the order of files and rows.
    pub problems: Vec<Problem>,
    /// How many further problems there are beyond those that are kept.
    pub problems_omitted: u64,
}

impl Report {
    /// Whether every row was taken or was there already.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// All rows together.
    #[must_use]
    pub fn total(&self) -> Count {
        self.kinds.values().fold(Count::default(), |sum, count| Count {
            rows: sum.rows + count.rows,
            added: sum.added + count.added,
            already: sum.already + count.already,
            broken: sum.broken + count.broken,
        })
    }

    pub(crate) fn count(&mut self, kind: Kind) -> &mut Count {
        self.kinds.entry(kind.name()).or_default()
    }

    pub(crate) fn note(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.problems_omitted += 1;
        }
    }

    /// Rows are finished in any order; the report is in the order of the files.
    pub(crate) fn settle(&mut self, files: &[String]) {
        let rank = |name: &String| files.iter().position(|file| file == name);
        self.problems.sort_by(|one, two| {
            let key =
                |p: &Problem| (p.place.map(|place| place.file), p.place.map(|place| place.row));
            rank(&one.file).cmp(&rank(&two.file)).then_with(|| key(one).cmp(&key(two)))
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        if self.problems_omitted > 0 {
            writeln!(f, "… and {} more problems", self.problems_omitted)?;
        }
        let added = if self.dry_run { "would be added" } else { "added" };
        for kind in Kind::ALL {
            let Some(count) = self.kinds.get(kind.name()) else { continue };
            writeln!(
                f,
                "{:<10} {:>8} rows: {:>8} {added}, {:>8} already there, {:>6} not taken",
                kind.name(),
                count.rows,
                count.added,
                count.already,
                count.broken
            )?;
        }
        let total = self.total();
        write!(
            f,
            "{:<10} {:>8} rows: {:>8} {added}, {:>8} already there, {:>6} not taken",
            "all", total.rows, total.added, total.already, total.broken
        )
    }
}
