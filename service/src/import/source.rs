//! A file to import: its kind, its format, its header, and its rows one after another or one by its place.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::catalog;
use super::cells::{Cells, shown};
use super::csv::{Broken, CellsError, Extent, ROW_BYTES_MAX, Rows, cells, delimiter_of};
use super::jsonl;
use super::kind::Kind;
use super::report::{Fault, Place, codes};
use super::rows::Row;

/// What a column's name may start with to say that it is not meant for the import.
const PASSED_OVER: &str = "x_";
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A file that was opened and whose header is sound.
#[derive(Debug)]
pub(crate) struct Source {
    /// The file as it was named.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) bytes: u64,
    path: PathBuf,
    format: Format,
    start: u64,
}

#[derive(Debug)]
enum Format {
    Csv { delimiter: u8, names: Arc<[String]> },
    JsonLines,
}

/// Where a row's bytes stand, so that it can be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) length: u32,
}

/// A row as it was read.
pub(crate) struct ReadRow {
    pub(crate) row: u64,
    pub(crate) line: u64,
    pub(crate) span: Span,
    pub(crate) parsed: Result<Row, Vec<Fault>>,
}

impl ReadRow {
    pub(crate) const fn place(&self, file: u32) -> Place {
        Place { file, row: self.row, line: self.line }
    }
}

impl Source {
    /// Opens a file. `kind`: what its rows are; `None`: what its name says.
    pub(crate) fn open(path: &Path, kind: Option<Kind>) -> Result<Self, Fault> {
        let name = path.display().to_string();
        let kind = kind.or_else(|| Kind::of_file(path)).ok_or_else(|| {
            let message = "the name does not start with a kind of rows: give `--kind`";
            Fault::new(None, codes::FILE, message)
        })?;
        let mut input = BufReader::new(File::open(path).map_err(unreadable)?);
        let bytes = input.get_ref().metadata().map_err(unreadable)?.len();
        let start = after_byte_order_mark(&mut input)?;
        let extension = path.extension().and_then(|extension| extension.to_str());
        let format = match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("csv" | "tsv") => return Self::csv(input, path, name, kind, bytes, start),
            Some("jsonl" | "ndjson") => Format::JsonLines,
            Some(_) | None => {
                let message = "expected a file that ends in `.csv` or `.jsonl`";
                return Err(Fault::new(None, codes::FILE, message));
            }
        };
        Ok(Self { name, kind, bytes, path: path.to_owned(), format, start })
    }

    fn csv(
        input: BufReader<File>,
        path: &Path,
        name: String,
        kind: Kind,
        bytes: u64,
        start: u64,
    ) -> Result<Self, Fault> {
        if kind == Kind::Catalog {
            let message = "a catalog is a file of JSON Lines, it has nested objects";
            return Err(Fault::new(None, codes::FILE, message));
        }
        let mut rows = Rows::delimited(input, b',', start);
        let mut header = Vec::new();
        let extent = rows.next_into(&mut header).map_err(unreadable)?;
        if extent.is_none_or(|extent| extent.broken.is_some()) {
            let message = "the file has no header: the first row names the columns";
            return Err(Fault::new(None, codes::HEADER, message));
        }
        let delimiter = delimiter_of(&header);
        let names = cells(&header, delimiter).map_err(|_| {
            Fault::new(None, codes::HEADER, "the header is not well-formed CSV in UTF-8")
        })?;
        let names = check_header(kind, names)?;
        let format = Format::Csv { delimiter, names: names.into() };
        Ok(Self { name, kind, bytes, path: path.to_owned(), format, start })
    }

    /// The rows of the file, from the first.
    pub(crate) fn rows(&self) -> io::Result<SourceRows<'_>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start))?;
        let input = BufReader::with_capacity(ROW_BYTES_MAX, file);
        let rows = match &self.format {
            Format::Csv { delimiter, .. } => {
                let mut rows = Rows::delimited(input, *delimiter, self.start);
                rows.next_into(&mut Vec::new())?;
                rows
            }
            Format::JsonLines => Rows::lines(input, self.start),
        };
        Ok(SourceRows { source: self, rows, bytes: Vec::new() })
    }

    /// The file, for reading rows again by their place.
    pub(crate) fn reopen(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// The row that stands there.
    pub(crate) fn read_again(&self, file: &mut File, span: Span) -> io::Result<Option<Row>> {
        file.seek(SeekFrom::Start(span.offset))?;
        let mut bytes = Vec::new();
        file.take(u64::from(span.length)).read_to_end(&mut bytes)?;
        Ok(self.parse(&bytes).and_then(Result::ok))
    }

    /// The row that these bytes are; `None` for an empty row.
    fn parse(&self, bytes: &[u8]) -> Option<Result<Row, Vec<Fault>>> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        match &self.format {
            Format::Csv { delimiter, names } => {
                let values = match cells(bytes, *delimiter) {
                    Ok(values) => values,
                    Err(error) => return Some(Err(vec![malformed(self.kind, names, &error)])),
                };
                // What spreadsheets leave behind below a table: a row of empty cells.
                if values.iter().all(|value| value.trim().is_empty()) {
                    return None;
                }
                Some(self.parse_cells(names, values))
            }
            Format::JsonLines if self.kind == Kind::Catalog => {
                let item = catalog::parse(bytes).map(Row::Catalog);
                Some(item.map_err(|error| vec![Fault::new(None, codes::BAD_VALUE, text(&error))]))
            }
            Format::JsonLines => Some(self.parse_object(bytes)),
        }
    }

    fn parse_cells(&self, names: &Arc<[String]>, values: Vec<String>) -> Result<Row, Vec<Fault>> {
        if values.len() != names.len() {
            let message = format!(
                "the row has {} cells, the header has {}: is a delimiter inside a text not quoted?",
                values.len(),
                names.len()
            );
            return Err(vec![Fault::new(None, codes::MALFORMED, message)]);
        }
        Row::parse(self.kind, &Cells::new(Arc::clone(names), values))
    }

    fn parse_object(&self, bytes: &[u8]) -> Result<Row, Vec<Fault>> {
        let pairs = jsonl::cells(bytes).map_err(|error| {
            let code =
                if std::str::from_utf8(bytes).is_ok() { codes::MALFORMED } else { codes::NOT_UTF8 };
            vec![Fault::new(None, code, text(&error))]
        })?;
        let (names, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let unknown = names.iter().find(|name| !is_known(self.kind, name));
        if let Some(unknown) = unknown {
            let message = unknown_column(self.kind, unknown);
            return Err(vec![Fault::new(None, codes::HEADER, message)]);
        }
        Row::parse(self.kind, &Cells::new(names.into(), values))
    }
}

/// The rows of one file, in order.
pub(crate) struct SourceRows<'a> {
    source: &'a Source,
    rows: Rows<BufReader<File>>,
    bytes: Vec<u8>,
}

impl SourceRows<'_> {
    /// The next row that is not empty; `None` at the end.
    pub(crate) fn next_row(&mut self) -> io::Result<Option<ReadRow>> {
        while let Some(extent) = self.rows.next_into(&mut self.bytes)? {
            let Extent { row, line, offset, broken } = extent;
            let parsed = match broken {
                Some(broken) => Some(Err(vec![broken_row(broken)])),
                None => self.source.parse(&self.bytes),
            };
            if let Some(parsed) = parsed {
                // INVARIANT (rows are bounded): a row that is parsed has at most ROW_BYTES_MAX bytes.
                let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
                return Ok(Some(ReadRow { row, line, span: Span { offset, length }, parsed }));
            }
        }
        Ok(None)
    }

    /// How far the file is read, in bytes.
    pub(crate) const fn offset(&self) -> u64 {
        self.rows.offset()
    }
}

fn unreadable(error: io::Error) -> Fault {
    Fault::new(None, codes::FILE, format!("the file cannot be read: {error}"))
}

fn text(error: &serde_json::Error) -> String {
    // The line that serde_json counts is always 1: what it is given is one line.
    let message = error.to_string();
    let end = message.rfind(" at line ").unwrap_or(message.len());
    shown(message.get(..end).unwrap_or(&message))
}

fn after_byte_order_mark(input: &mut BufReader<File>) -> Result<u64, Fault> {
    let mut first = Vec::new();
    input.by_ref().take(3).read_to_end(&mut first).map_err(unreadable)?;
    if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
        let message = "the file is UTF-16: save it as UTF-8";
        return Err(Fault::new(None, codes::NOT_UTF8, message));
    }
    let start = if first == BYTE_ORDER_MARK { 3 } else { 0 };
    input.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    Ok(start)
}

/// The names of the columns in the form they are known by.
fn check_header(kind: Kind, names: Vec<String>) -> Result<Vec<String>, Fault> {
    let names: Vec<String> = names
        .into_iter()
        .map(|name| name.trim().to_ascii_lowercase().replace([' ', '-'], "_"))
        .collect();
    for (place, name) in names.iter().enumerate() {
        let before = names.get(..place).unwrap_or_default();
        if before.contains(name) && !name.starts_with(PASSED_OVER) {
            let message = format!("the column `{}` stands twice", shown(name));
            return Err(Fault::new(None, codes::HEADER, message));
        }
        if !is_known(kind, name) {
            return Err(Fault::new(None, codes::HEADER, unknown_column(kind, name)));
        }
    }
    let missing: Vec<_> = kind
        .columns()
        .iter()
        .filter(|column| column.required && !names.iter().any(|name| name == column.name))
        .map(|column| format!("`{}`", column.name))
        .collect();
    if missing.is_empty() {
        return Ok(names);
    }
    let message = format!("the header of {kind} lacks {}", missing.join(", "));
    Err(Fault::new(None, codes::HEADER, message))
}

fn is_known(kind: Kind, name: &str) -> bool {
    name.starts_with(PASSED_OVER) || kind.columns().iter().any(|column| column.name == name)
}

fn unknown_column(kind: Kind, name: &str) -> String {
    let known: Vec<_> = kind.columns().iter().map(|column| format!("`{}`", column.name)).collect();
    format!(
        "there is no column `{}` in {kind}, the columns are {}; one to be passed over starts with `x_`",
        shown(name),
        known.join(", ")
    )
}

fn malformed(kind: Kind, names: &[String], error: &CellsError) -> Fault {
    let (cell, code, message) = match error {
        CellsError::NotUtf8 { cell } => (*cell, codes::NOT_UTF8, "the cell is not UTF-8"),
        CellsError::AfterQuote { cell } => {
            (*cell, codes::MALFORMED, "there is text after the closing quote, or no closing quote")
        }
    };
    let name = names.get(cell);
    let column = kind.columns().iter().find(|column| Some(column.name) == name.map(String::as_str));
    Fault::new(column.map(|column| column.name), code, message)
}

fn broken_row(broken: Broken) -> Fault {
    match broken {
        Broken::TooLong => {
            let message = format!("the row is longer than {ROW_BYTES_MAX} bytes");
            Fault::new(None, codes::TOO_LONG, message)
        }
        Broken::OpenQuote => {
            let message = "a quote is opened and never closed; the rest of the file is not read";
            Fault::new(None, codes::MALFORMED, message)
        }
    }
}
