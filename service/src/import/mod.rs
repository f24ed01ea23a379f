//! `deedbook import`: customers, people, licenses and what happened to them, from CSV and JSON Lines.
//! Every row is decided by the ledger's own rules. `docs/import.md` documents the columns.
//!
//! Files are read twice: once to parse every row and to sort the rows by time, once to import them. Ids follow from
//! external ids, and command ids from what makes a row this row, so that a second run adds nothing, and a run that
//! was interrupted goes on.

mod apply;
mod catalog;
mod cells;
mod csv;
mod index;
mod jsonl;
mod kind;
mod lanes;
mod names;
mod report;
mod rows;
mod source;
mod target;
mod time;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_log::{Ledger, derive};
use schemas::CorrelationId;

use apply::Importer;
use index::{Entry, Index};
use lanes::{Job, Lanes, Outcome};
use source::Source;
use target::{Done, Refusal, Rehearsal, Stop, Target};

pub use kind::{Column, Kind, ParseKindError};
pub use names::Names;
pub use report::{Count, PROBLEMS_MAX, Place, Problem, Report, codes};

/// What to import, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Check every row and write nothing.
    pub dry_run: bool,
    /// What the rows of the files are; `None`: each file's name says.
    pub kind: Option<Kind>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The files are read for the first time.
    Reading {
        /// Bytes read.
        bytes: u64,
        /// Bytes of all files.
        bytes_total: u64,
    },
    /// The rows are imported.
    Importing {
        /// Rows done.
        rows: u64,
        /// Rows to be done.
        rows_total: u64,
    },
}

/// Why an import could not be done. What is wrong with rows is in the report.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or folder could not be read, or changed while it was read.
    #[error("reading `{file}`")]
    Read {
        /// The file.
        file: String,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The ledger could not go on. What was done is done; the same import goes on from there.
    #[error("the import stopped after {} of {} rows: {reason}", .report.total().added, .report.total().rows)]
    Stopped {
        /// The stable code.
        code: &'static str,
        /// What happened.
        reason: String,
        /// What to do.
        advice: String,
        /// What was done so far.
        report: Box<Report>,
    },
    /// The machine gives no random bytes.
    #[error("the machine's random source cannot be read: {reason}")]
    Random {
        /// What happened.
        reason: String,
    },
}

/// The files that these paths mean: a file is itself, a folder is the files in it whose names say a kind.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_of(paths: &[PathBuf]) -> Result<Vec<PathBuf>, ImportError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = path.read_dir().and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut inside: Vec<_> = entries
            .map_err(|source| read_error(path, source))?
            .into_iter()
            .map(|entry| entry.path())
            .filter(|path| Kind::of_file(path).is_some() && has_known_ending(path))
            .collect();
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

fn has_known_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ["csv", "tsv", "jsonl", "ndjson"].contains(&ending))
}

fn read_error(path: &Path, source: io::Error) -> ImportError {
    ImportError::Read { file: path.display().to_string(), source }
}

/// Imports the files. What is wrong with a row is told in the report; such a row is left out, the others are taken.
/// A file that cannot be read as what it is said to be stops the import before anything is written.
///
/// # Errors
/// When a file cannot be read to its end, or the ledger cannot go on.
pub async fn run(
    ledger: &Ledger,
    files: &[PathBuf],
    options: &Options,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ImportError> {
    let mut report = Report { dry_run: options.dry_run, ..Report::default() };
    let sources = open_all(files, options.kind, &mut report);
    if !report.is_clean() {
        return Ok(report);
    }
    let index = read_all(&sources, progress)?;
    count_read(&sources, &index, &mut report);
    let target = if options.dry_run {
        Target::Rehearsal(Rehearsal::new(ledger.clone()))
    } else {
        Target::Ledger(ledger.clone())
    };
    let correlation = derive::new_uuid(ledger.clock().now()).map(CorrelationId::new);
    let correlation =
        correlation.map_err(|error| ImportError::Random { reason: error.to_string() })?;
    let keystore = Arc::clone(ledger.codec().keystore());
    let importer = Arc::new(Importer::new(target, keystore, correlation));
    let rows_total = u64::try_from(index.entries.len()).unwrap_or(u64::MAX);
    let mut run = Run { sources: &sources, report, progress, rows: 0, rows_total };
    let ended = run.import(&importer, &index.entries).await;
    let mut report = run.report;
    let names: Vec<_> = sources.iter().map(|source| source.name.clone()).collect();
    report.settle(&names);
    match ended {
        Ok(()) => Ok(report),
        Err(Ended::Read(error)) => Err(error),
        Err(Ended::Stopped(Stop { code, reason, advice })) => {
            Err(ImportError::Stopped { code, reason, advice, report: Box::new(report) })
        }
    }
}

fn open_all(files: &[PathBuf], kind: Option<Kind>, report: &mut Report) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in files {
        match Source::open(path, kind) {
            Ok(source) => sources.push(source),
            Err(fault) => report.note(Problem {
                file: path.display().to_string(),
                place: None,
                column: fault.column,
                code: fault.code,
                message: fault.message,
            }),
        }
    }
    sources
}

fn read_all(
    sources: &[Source],
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Index, ImportError> {
    let bytes_total = sources.iter().map(|source| source.bytes).sum();
    let before: Vec<u64> = sources
        .iter()
        .scan(0, |sum: &mut u64, source| {
            let before = *sum;
            *sum += source.bytes;
            Some(before)
        })
        .collect();
    let tell = |number: usize, bytes: u64| {
        let bytes = before.get(number).copied().unwrap_or(0) + bytes;
        progress(Progress::Reading { bytes, bytes_total });
    };
    index::build(sources, &tell).map_err(|(file, source)| ImportError::Read { file, source })
}

fn count_read(sources: &[Source], index: &Index, report: &mut Report) {
    for (source, (rows, broken)) in sources.iter().zip(index.rows.iter().zip(&index.broken)) {
        let count = report.count(source.kind);
        count.rows += rows;
        count.broken += broken;
    }
    for (place, fault) in &index.faults {
        let file = usize::try_from(place.file).ok().and_then(|file| sources.get(file));
        report.note(Problem {
            file: file.map(|file| file.name.clone()).unwrap_or_default(),
            place: Some(*place),
            column: fault.column,
            code: fault.code,
            message: fault.message.clone(),
        });
    }
}

enum Ended {
    Read(ImportError),
    Stopped(Stop),
}

/// One run over all rows.
struct Run<'a> {
    sources: &'a [Source],
    report: Report,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    rows: u64,
    rows_total: u64,
}

impl Run<'_> {
    /// Imports the rows wave by wave: a wave begins when everything before it has ended.
    async fn import(&mut self, importer: &Arc<Importer>, entries: &[Entry]) -> Result<(), Ended> {
        let mut opened = self.reopen()?;
        let same_wave = |one: &Entry, two: &Entry| {
            (one.turn.phase, one.turn.wave) == (two.turn.phase, two.turn.wave)
        };
        for wave in entries.chunk_by(same_wave) {
            importer.forget();
            let mut lanes = Lanes::open(importer);
            let mut settled = Vec::new();
            for entry in wave {
                let row = self.read_again(&mut opened, entry)?;
                let job = Job { place: entry.turn.place, row };
                lanes.send(entry.lane, job, &mut settled).await;
                self.settle(&mut settled)?;
            }
            lanes.close();
            while let Some(outcome) = lanes.next().await {
                settled.push(outcome);
                self.settle(&mut settled)?;
            }
        }
        Ok(())
    }

    fn reopen(&self) -> Result<Vec<File>, Ended> {
        let open = |source: &Source| {
            source.reopen().map_err(|error| {
                Ended::Read(ImportError::Read { file: source.name.clone(), source: error })
            })
        };
        self.sources.iter().map(open).collect()
    }

    fn read_again(&self, opened: &mut [File], entry: &Entry) -> Result<rows::Row, Ended> {
        let number = usize::try_from(entry.turn.place.file).unwrap_or(usize::MAX);
        let row = match (self.sources.get(number), opened.get_mut(number)) {
            (Some(source), Some(file)) => source.read_again(file, entry.span),
            _ => Ok(None),
        };
        let name = self.sources.get(number).map(|source| source.name.clone()).unwrap_or_default();
        let failed = |source| Ended::Read(ImportError::Read { file: name, source });
        match row {
            Ok(Some(row)) => Ok(row),
            Ok(None) => Err(failed(io::Error::other("the file changed while it was imported"))),
            Err(error) => Err(failed(error)),
        }
    }

    fn settle(&mut self, settled: &mut Vec<Outcome>) -> Result<(), Ended> {
        for Outcome { place, result } in settled.drain(..) {
            let file = usize::try_from(place.file).ok().and_then(|file| self.sources.get(file));
            let Some(source) = file else { continue };
            let count = self.report.count(source.kind);
            match result {
                Ok(Done::Added) => count.added += 1,
                Ok(Done::Already) => count.already += 1,
                Err(Refusal::Row(fault)) => {
                    count.broken += 1;
                    self.report.note(Problem {
                        file: source.name.clone(),
                        place: Some(place),
                        column: fault.column,
                        code: fault.code,
                        message: fault.message,
                    });
                }
                Err(Refusal::Stop(stop)) => return Err(Ended::Stopped(stop)),
            }
            self.rows += 1;
            (self.progress)(Progress::Importing { rows: self.rows, rows_total: self.rows_total });
        }
        Ok(())
    }
}
