//! The sample's files: rows are gathered here and written in the formats that an import reads.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use crate::import::Kind;

/// The rows of one CSV file, in the order of the columns.
#[derive(Debug)]
pub(super) struct Table {
    kind: Kind,
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) const fn new(kind: Kind, columns: &'static [&'static str]) -> Self {
        Self { kind, columns, rows: Vec::new() }
    }

    /// Adds a row; its cells are in the order of the columns.
    pub(super) fn add<const N: usize>(&mut self, cells: [&str; N]) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(cells.map(str::to_owned).to_vec());
    }

    /// Writes `<kind>.csv` into a folder.
    pub(super) fn write_csv(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(format!("{}.csv", self.kind));
        let mut writer = csv::Writer::from_path(path).map_err(io::Error::other)?;
        writer.write_record(self.columns).map_err(io::Error::other)?;
        for row in &self.rows {
            writer.write_record(row).map_err(io::Error::other)?;
        }
        writer.flush()
    }

    /// Writes `<kind>.jsonl` into a folder.
    pub(super) fn write_json_lines(&self, folder: &Path) -> io::Result<()> {
        let objects = self.rows.iter().map(|row| {
            let cells = self.columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            cells.map(|(column, cell)| ((*column).to_owned(), Value::from(cell.as_str()))).collect()
        });
        write_json_lines(folder, self.kind, objects)
    }
}

/// Writes objects as `<kind>.jsonl` into a folder.
pub(super) fn write_json_lines(
    folder: &Path,
    kind: Kind,
    objects: impl Iterator<Item = Value>,
) -> io::Result<()> {
    let lines: String = objects.map(|object| format!("{object}\n")).collect();
    fs::write(folder.join(format!("{kind}.jsonl")), lines)
}
