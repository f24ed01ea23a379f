//! `deedbook export`: the ledger as files others can read. Events as JSON Lines for auditors, licenses as a table for
//! finance, each with a manifest that names the moment and the file's BLAKE3 hash.

mod body;
mod events;
mod licenses;
mod person;
mod table;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ledger_log::{Codec, CodecError, EventLog, ReadError, RecordedEvent};
use schemas::{AccountId, Digest, LogPosition, StoredEvent, Timestamp};
use serde::Serialize;

use crate::moment::{Moment, rfc3339};

pub use licenses::COLUMNS as LICENSE_COLUMNS;
pub use person::Person;

/// The file of events.
pub const EVENTS_FILE: &str = "events.jsonl";
/// The table of licenses.
pub const LICENSES_FILE: &str = "licenses.csv";
/// What a manifest's name adds to the name of its file.
pub const MANIFEST_SUFFIX: &str = ".manifest.json";

/// What to export.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection {
    /// Only events after this position. The table of licenses is always of a moment, not of a range.
    pub after: Option<LogPosition>,
    /// The ledger as it was; `None`: as it is.
    pub as_of: Option<Moment>,
    /// Only this customer's.
    pub tenant: Option<AccountId>,
    /// With names, e-mails, external ids and masked keys. Without them such fields are left out, or empty.
    pub with_personal: bool,
    /// Only what this person did or what was done about the person, with the personal fields of that person and of
    /// nobody else: what the person may ask for (GDPR, articles 15 and 20). There is no table of licenses then.
    pub person: Option<Person>,
}

impl Selection {
    fn holds(&self, stored: &StoredEvent) -> bool {
        self.after.is_none_or(|after| stored.position > after)
            && self.tenant.is_none_or(|tenant| stored.header.tenant == Some(tenant))
    }
}

/// What stands beside an exported file: what it is of, and how to tell that it is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The name of the file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its rows, without a header.
    pub rows: u64,
    /// Its BLAKE3 hash.
    pub blake3: Digest,
    /// The ledger's own id.
    pub ledger: String,
    /// The newest position that is in it, or would be if it were selected.
    pub as_of_position: Option<LogPosition>,
    /// The instant of the moment it is of. Whether a license runs is told for this instant.
    pub as_of_time: String,
    /// Only events after this position.
    pub after_position: Option<LogPosition>,
    /// Only this customer's.
    pub tenant: Option<AccountId>,
    /// Only about this person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Whether personal fields are in it.
    pub with_personal: bool,
}

/// Why an export could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The ledger could not be read.
    #[error("reading the ledger")]
    Read(#[from] ReadError),
    /// An event could not be decoded.
    #[error("decoding an event")]
    Decode(#[from] CodecError),
    /// A fact could not be written as JSON.
    #[error("writing a fact as JSON")]
    Body(#[source] serde_json::Error),
    /// The export could not be written.
    #[error("writing the export")]
    Write(#[source] io::Error),
    /// There is no room for the export: the folder has something in it.
    #[error("`{}` is not an empty folder", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
}

/// A ledger as it was at a moment.
pub(crate) struct Ledger<'a> {
    pub(crate) log: &'a dyn EventLog,
    codec: &'a Codec,
    pub(crate) upper: Upper,
}

/// The last event that belongs to the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upper {
    position: Option<LogPosition>,
    recorded_at: Option<Timestamp>,
}

impl Upper {
    /// Positions and recorded times both never run backwards, so that what belongs to a moment is a beginning of
    /// the log.
    pub(crate) fn holds(self, stored: &StoredEvent) -> bool {
        self.position.is_some_and(|position| stored.position <= position)
            && self.recorded_at.is_none_or(|at| stored.header.recorded_at <= at)
    }
}

impl Ledger<'_> {
    pub(crate) fn decode(
        &self,
        stored: &StoredEvent,
        with_personal: bool,
    ) -> Result<RecordedEvent, CodecError> {
        if with_personal { self.codec.decode(stored) } else { self.codec.decode_closed(stored) }
    }
}

/// Exports events and licenses into a folder that does not exist or is empty. `now` is the present: the instant of
/// an export that names no moment.
///
/// # Errors
/// When the folder has something in it, the ledger cannot be read or a file cannot be written.
pub async fn to_folder(
    log: &dyn EventLog,
    codec: &Codec,
    folder: &Path,
    selection: &Selection,
    now: Timestamp,
) -> Result<Vec<Manifest>, ExportError> {
    std::fs::create_dir_all(folder).map_err(ExportError::Write)?;
    if folder.read_dir().map_err(ExportError::Write)?.next().is_some() {
        return Err(ExportError::NotEmpty { folder: folder.to_owned() });
    }
    // One moment for both files, however long the first takes.
    let (upper, at) = moment(log, selection, now).await?;
    let mut manifests = Vec::new();
    let mut last = None;
    for file in [EVENTS_FILE, LICENSES_FILE] {
        if file == LICENSES_FILE && selection.person.is_some() {
            continue;
        }
        let mut out = Hashing::create(&folder.join(file))?;
        let ledger = Ledger { log, codec, upper };
        let rows = if file == EVENTS_FILE {
            let written = events::write(&ledger, selection, &mut out).await?;
            last = written.last;
            written.rows
        } else {
            licenses::write(&ledger, selection, at, &mut out).await?
        };
        let (bytes, blake3) = out.finish()?;
        let manifest = Manifest {
            file: file.to_owned(),
            bytes,
            rows,
            blake3,
            ledger: log.identity().ledger.to_string(),
            as_of_position: last,
            as_of_time: rfc3339(at),
            after_position: selection.after.filter(|_| file == EVENTS_FILE),
            tenant: selection.tenant,
            person: selection.person,
            with_personal: selection.with_personal,
        };
        let text = serde_json::to_string_pretty(&manifest).map_err(ExportError::Body)? + "\n";
        let path = folder.join(format!("{file}{MANIFEST_SUFFIX}"));
        std::fs::write(path, text).map_err(ExportError::Write)?;
        manifests.push(manifest);
    }
    Ok(manifests)
}

/// The last event of the moment, and the moment's instant.
async fn moment(
    log: &dyn EventLog,
    selection: &Selection,
    now: Timestamp,
) -> Result<(Upper, Timestamp), ExportError> {
    let durable = *log.durable().borrow();
    match selection.as_of {
        None => Ok((Upper { position: durable, recorded_at: None }, now)),
        Some(Moment::Time(at)) => Ok((Upper { position: durable, recorded_at: Some(at) }, at)),
        Some(Moment::Position(position)) => {
            let position = durable.map(|durable| durable.min(position));
            let upper = Upper { position, recorded_at: None };
            Ok((upper, recorded_at(log, upper).await?.unwrap_or(now)))
        }
    }
}

/// When the last event of the moment was recorded.
async fn recorded_at(log: &dyn EventLog, upper: Upper) -> Result<Option<Timestamp>, ReadError> {
    let Some(position) = upper.position else { return Ok(None) };
    let before = position.0.checked_sub(1).map(LogPosition);
    let found = log.read_all(before, 1).await?;
    Ok(found.first().map(|event| event.header.recorded_at))
}

/// A file that is hashed while it is written.
struct Hashing {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Hashing {
    fn create(path: &Path) -> Result<Self, ExportError> {
        let file = File::create(path).map_err(ExportError::Write)?;
        Ok(Self { file: BufWriter::new(file), hasher: blake3::Hasher::new(), bytes: 0 })
    }

    fn finish(mut self) -> Result<(u64, Digest), ExportError> {
        self.file.flush().map_err(ExportError::Write)?;
        self.file.get_ref().sync_all().map_err(ExportError::Write)?;
        Ok((self.bytes, Digest(*self.hasher.finalize().as_bytes())))
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
