//! Rows of CSV as RFC 4180 has them, one at a time and each of bounded size. It knows nothing of columns' meanings.
//! The `csv` crate is not used for reading: it takes a quote that is never closed for one huge cell and reads
//! malformed rows as something else than they say; here each is refused with its place.

use std::io::{self, BufRead};

/// The longest row, in bytes. An import row is a line of a table, not a document.
pub(crate) const ROW_BYTES_MAX: usize = 64 * 1024;

/// Where a row's bytes stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The row's number; the first is 1.
    pub(crate) row: u64,
    /// The line on which it starts; the first is 1.
    pub(crate) line: u64,
    /// Its first byte.
    pub(crate) offset: u64,
    /// Why the bytes are not to be parsed.
    pub(crate) broken: Option<Broken>,
}

/// Why a row cannot be told from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is too long; the next row is read.
    TooLong,
    /// A quote was opened and not closed before the row became too long or the file ended. What follows cannot be
    /// told apart, so nothing more of this file is read.
    OpenQuote,
}

/// Cuts a file into rows. With `quotes` a line break inside a quoted cell belongs to the cell.
pub(crate) struct Rows<R> {
    input: R,
    quotes: Option<u8>,
    offset: u64,
    row: u64,
    line: u64,
    ended: bool,
}

impl<R: BufRead> Rows<R> {
    /// Rows of CSV cells parted by `delimiter`.
    pub(crate) const fn delimited(input: R, delimiter: u8, offset: u64) -> Self {
        Self { input, quotes: Some(delimiter), offset, row: 0, line: 1, ended: false }
    }

    /// Rows that are lines.
    pub(crate) const fn lines(input: R, offset: u64) -> Self {
        Self { input, quotes: None, offset, row: 0, line: 1, ended: false }
    }

    /// How far the file is read, in bytes.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the next row into `bytes`, without its line break; `None` at the end.
    pub(crate) fn next_into(&mut self, bytes: &mut Vec<u8>) -> io::Result<Option<Extent>> {
        bytes.clear();
        if self.ended {
            return Ok(None);
        }
        let (offset, line) = (self.offset, self.line);
        let mut quoting = Quoting::default();
        let mut too_long = false;
        loop {
            let Some(byte) = self.byte()? else {
                self.ended = true;
                if self.offset == offset {
                    return Ok(None);
                }
                let broken = quoting.open.then_some(Broken::OpenQuote);
                return Ok(Some(self.extent(offset, line, broken, too_long, bytes)));
            };
            if byte == b'\n' {
                self.line += 1;
                if !quoting.open {
                    return Ok(Some(self.extent(offset, line, None, too_long, bytes)));
                }
            }
            if let Some(delimiter) = self.quotes {
                quoting.step(byte, delimiter);
            }
            if bytes.len() < ROW_BYTES_MAX {
                bytes.push(byte);
                continue;
            }
            too_long = true;
            if quoting.open {
                self.ended = true;
                return Ok(Some(self.extent(offset, line, Some(Broken::OpenQuote), true, bytes)));
            }
        }
    }

    fn extent(
        &mut self,
        offset: u64,
        line: u64,
        broken: Option<Broken>,
        too_long: bool,
        bytes: &mut Vec<u8>,
    ) -> Extent {
        self.row += 1;
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let broken = broken.or_else(|| too_long.then_some(Broken::TooLong));
        Extent { row: self.row, line, offset, broken }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = loop {
            match self.input.fill_buf() {
                Ok(buffer) => break buffer.first().copied(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        if byte.is_some() {
            self.input.consume(1);
            self.offset += 1;
        }
        Ok(byte)
    }
}

/// Whether a byte stands inside quotes. A quote opens only at the start of a cell, or right after one that closed.
#[derive(Debug, Clone, Copy)]
struct Quoting {
    open: bool,
    may_open: bool,
}

impl Default for Quoting {
    fn default() -> Self {
        Self { open: false, may_open: true }
    }
}

impl Quoting {
    const fn step(&mut self, byte: u8, delimiter: u8) {
        if self.open {
            self.open = byte != b'"';
            self.may_open = !self.open;
        } else {
            self.open = byte == b'"' && self.may_open;
            self.may_open = byte == delimiter;
        }
    }
}

/// Why the bytes of a row are not cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CellsError {
    /// The cell with this index (the first is 0) is not UTF-8.
    NotUtf8 { cell: usize },
    /// After the closing quote of the cell there is more than a delimiter.
    AfterQuote { cell: usize },
}

/// The cells of one row.
pub(crate) fn cells(bytes: &[u8], delimiter: u8) -> Result<Vec<String>, CellsError> {
    let mut all = Vec::new();
    let mut rest = bytes;
    loop {
        let cell = all.len();
        let (text, after) = match rest.split_first() {
            Some((b'"', quoted)) => {
                let (text, after) = quoted_cell(quoted).ok_or(CellsError::AfterQuote { cell })?;
                (text, after)
            }
            Some(_) | None => {
                let end = rest.iter().position(|b| *b == delimiter).unwrap_or(rest.len());
                let (text, after) = rest.split_at(end);
                (text.to_vec(), after)
            }
        };
        all.push(String::from_utf8(text).map_err(|_| CellsError::NotUtf8 { cell })?);
        match after.split_first() {
            None => return Ok(all),
            Some((byte, after)) if *byte == delimiter => rest = after,
            Some(_) => return Err(CellsError::AfterQuote { cell }),
        }
    }
}

/// The text up to the closing quote, doubled quotes made single, and what stands after it.
fn quoted_cell(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut text = Vec::new();
    let mut rest = bytes;
    loop {
        let quote = rest.iter().position(|b| *b == b'"')?;
        let (before, from_quote) = rest.split_at(quote);
        text.extend_from_slice(before);
        match from_quote.get(1..)? {
            [b'"', after @ ..] => {
                text.push(b'"');
                rest = after;
            }
            after => return Some((text, after)),
        }
    }
}

/// The delimiter a header line uses: what it has most of, a comma when it has none.
pub(crate) fn delimiter_of(header: &[u8]) -> u8 {
    let count = |delimiter: u8| header.iter().filter(|b| **b == delimiter).count();
    let most = [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter));
    most.unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<(u64, u64, Vec<String>, Option<Broken>)> {
        let mut rows = Rows::delimited(text.as_bytes(), b',', 0);
        let mut bytes = Vec::new();
        let mut all = Vec::new();
        while let Some(extent) = rows.next_into(&mut bytes).unwrap() {
            let cells = cells(&bytes, b',').unwrap_or_default();
            all.push((extent.row, extent.line, cells, extent.broken));
        }
        all
    }

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn a_line_break_in_quotes_belongs_to_the_cell() {
        let read = rows("a,\"b\r\nc\",d\r\ne,\"f \"\"g\"\"\",\n\nlast");
        assert_eq!(
            read,
            vec![
                (1, 1, texts(&["a", "b\r\nc", "d"]), None),
                (2, 3, texts(&["e", "f \"g\"", ""]), None),
                (3, 4, texts(&[""]), None),
                (4, 5, texts(&["last"]), None),
            ]
        );
    }

    #[test]
    fn a_quote_inside_an_unquoted_cell_is_a_character() {
        assert_eq!(
            rows("5\" disk,b\nc"),
            vec![(1, 1, texts(&["5\" disk", "b"]), None), (2, 2, texts(&["c"]), None),]
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_the_file() {
        let read = rows("a,\"b\nc,d\n");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].3, Some(Broken::OpenQuote));
        let long = format!("\"{}\nx,y\n", "z".repeat(2 * ROW_BYTES_MAX));
        assert_eq!(rows(&long).len(), 1);
    }

    #[test]
    fn a_row_that_is_too_long_is_passed_over() {
        let read = rows(&format!("a\n{}\nb\n", "z".repeat(ROW_BYTES_MAX + 1)));
        let broken: Vec<_> = read.iter().map(|row| row.3).collect();
        assert_eq!(broken, [None, Some(Broken::TooLong), None]);
    }

    #[test]
    fn text_after_a_closing_quote_is_refused() {
        assert_eq!(cells(b"a,\"b\"c,d", b','), Err(CellsError::AfterQuote { cell: 1 }));
        assert_eq!(cells(b"a,\xff", b','), Err(CellsError::NotUtf8 { cell: 1 }));
    }

    #[test]
    fn the_header_tells_the_delimiter() {
        assert_eq!(delimiter_of(b"external_id;name"), b';');
        assert_eq!(delimiter_of(b"external_id\tname"), b'\t');
        assert_eq!(delimiter_of(b"external_id"), b',');
    }

    proptest! {
        #[test]
        fn rows_that_the_csv_crate_writes_are_read_back(
            table in prop::collection::vec(prop::collection::vec("[a-z\",;\r\n ü]{0,8}", 3), 1..6)
        ) {
            let mut writer = ::csv::Writer::from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read: Vec<_> = rows(&written).into_iter().map(|row| row.2).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let mut rows = Rows::delimited(bytes.as_slice(), b',', 0);
            let mut row = Vec::new();
            while rows.next_into(&mut row).unwrap().is_some() {
                let _ = cells(&row, b',');
            }
        }
    }
}
