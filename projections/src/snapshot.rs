//! Snapshots of the views: a start that does not read the whole log. A snapshot affects cost, never
//! meaning: whatever does not fit exactly (ledger, history, version of a view, hash of the state)
//! is discarded with a reason, and the log is read instead. Personal values are sealed in it, as in
//! the log.

mod blocks;
mod file;
pub(crate) mod fixed;
mod rows;
mod sealed;
mod tables;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use ledger_log::{Codec, EventLog, Keystore, KeystoreError, ReadError};
use schemas::{Digest, FactSet, LogPosition};
use uuid::Uuid;

use crate::views::{LastEvent, Views};

pub(crate) use rows::{Frozen, freeze};
pub(crate) use sealed::StoredRow;

/// How many snapshots are kept: the newest, and one to fall back on.
const SNAPSHOTS_KEPT: usize = 2;

const EXTENSION: &str = "views";
const UNFINISHED: &str = "tmp";

/// A snapshot that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotReport {
    /// The file.
    pub file: PathBuf,
    /// The last event it knows.
    pub position: LogPosition,
    /// Its size.
    pub bytes: u64,
}

/// A snapshot that was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// The file; it is gone.
    pub file: PathBuf,
    /// Why it was not used.
    pub reason: String,
}

/// Why a snapshot could not be written, or the folder not be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// A file operation failed.
    #[error("`{}` cannot be {attempted}", path.display())]
    Io {
        /// What was attempted, as a participle.
        attempted: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A personal value could not be sealed.
    #[error("a personal value cannot be sealed for the snapshot")]
    Seal(#[from] KeystoreError),
    /// A row could not be written as bytes.
    #[error("a row cannot be written to the snapshot")]
    Encode(#[from] rmp_serde::encode::Error),
    /// A row or list is larger than the format can say.
    #[error("a row of {bytes} bytes does not fit a snapshot")]
    RowTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The service ended while it was written.
    #[error("the snapshot was abandoned")]
    Abandoned,
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is not a snapshot of views")]
    NotASnapshot,
    #[error("its format is {0}, this version reads {newest}", newest = file::FORMAT)]
    Format(u32),
    #[error("its bytes are damaged")]
    Damaged,
    #[error("it was not written with the keys of this ledger")]
    ForeignKeys,
    #[error("it is of ledger {0}")]
    OtherLedger(Uuid),
    #[error("it was written by another version of the views or of the events")]
    OtherSchema,
    #[error("it is ahead of the log, which was restored from an older state")]
    AheadOfLog,
    #[error("the log has another event at its position")]
    OtherHistory,
    #[error("a row does not have its shape: {0}")]
    Shape(#[from] rmp_serde::decode::Error),
    #[error("a row cannot be read: {0}")]
    Row(String),
    #[error("a row has other personal fields than its shape")]
    PersonalFields,
    #[error("a personal value cannot be opened: {0}")]
    Personal(#[from] KeystoreError),
    #[error("the state of view {0} is not the one it says")]
    State(String),
}

/// What a folder of snapshots gave.
pub(crate) struct Found {
    pub views: Option<Views>,
    pub discarded: Vec<Discarded>,
}

/// The views of the newest snapshot that fits the log. Those that do not fit are removed.
pub(crate) async fn load_newest(
    folder: &Path,
    log: &Arc<dyn EventLog>,
    codec: &Codec,
) -> Result<Found, LoadNewestError> {
    prepare(folder)?;
    let mut discarded = Vec::new();
    for file in snapshots(folder)? {
        match load(&file, log, codec.keystore()).await? {
            Ok(views) => return Ok(Found { views: Some(views), discarded }),
            Err(unfit) => discarded.push(discard(file, unfit.to_string())),
        }
    }
    Ok(Found { views: None, discarded })
}

/// Why the folder or the log cannot be read.
pub(crate) enum LoadNewestError {
    Snapshots(SnapshotError),
    Log(ReadError),
}

impl From<SnapshotError> for LoadNewestError {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshots(error)
    }
}

async fn load(
    file: &Path,
    log: &Arc<dyn EventLog>,
    keys: &Arc<Keystore>,
) -> Result<Result<Views, Unfit>, LoadNewestError> {
    let ledger = log.identity().ledger;
    let views = match file::read(file, keys, ledger, schema()) {
        Ok(views) => views,
        Err(unfit) => return Ok(Err(unfit)),
    };
    let fits = follows(log, views.last.as_ref()).await.map_err(LoadNewestError::Log)?;
    Ok(fits.map(|()| views))
}

/// Whether the last event of a snapshot is in the log, at its place and with its content.
async fn follows(
    log: &Arc<dyn EventLog>,
    last: Option<&LastEvent>,
) -> Result<Result<(), Unfit>, ReadError> {
    let Some(last) = last else { return Ok(Err(Unfit::NotASnapshot)) };
    if *log.durable().borrow() < Some(last.position) {
        return Ok(Err(Unfit::AheadOfLog));
    }
    let found = log.read_stream(last.stream, last.revision.checked_sub(1), 1).await?;
    let same = found.first().is_some_and(|event| {
        event.position == last.position && event.content_root == last.content_root
    });
    Ok(if same { Ok(()) } else { Err(Unfit::OtherHistory) })
}

/// Takes all snapshots away after a row of one could not be read: later ones have the row from it.
pub(crate) fn discard_all(folder: &Path, reason: &str) -> Vec<Discarded> {
    let mut discarded = Vec::new();
    for file in snapshots(folder).unwrap_or_default() {
        discarded.push(discard(file, reason.to_owned()));
    }
    discarded
}

fn discard(file: PathBuf, reason: String) -> Discarded {
    tracing::warn!(file = %file.display(), reason, "a snapshot is discarded");
    // One that cannot be removed is only found unfit again.
    let _ = fs::remove_file(&file);
    Discarded { file, reason }
}

/// What a thread made. Its panic goes on here.
fn done<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Writes a snapshot: to another name, synced, then renamed, so that a file with a snapshot's name
/// is whole.
pub(crate) fn write(
    folder: &Path,
    ledger: Uuid,
    keys: &Keystore,
    frozen: Frozen,
) -> Result<SnapshotReport, SnapshotError> {
    let position = frozen.last.position;
    let name = format!("{:020}", position.0);
    let unfinished = folder.join(&name).with_extension(UNFINISHED);
    let finished = folder.join(&name).with_extension(EXTENSION);
    let bytes = file::write(&unfinished, keys, ledger, schema(), frozen)?;
    let renamed = fs::rename(&unfinished, &finished);
    renamed.map_err(|source| failed("renamed", &unfinished, source))?;
    sync_folder(folder)?;
    for old in snapshots(folder)?.into_iter().skip(SNAPSHOTS_KEPT) {
        fs::remove_file(&old).map_err(|source| failed("removed", &old, source))?;
    }
    Ok(SnapshotReport { file: finished, position, bytes })
}

/// Makes the folder, and removes what an interrupted write left.
fn prepare(folder: &Path) -> Result<(), SnapshotError> {
    fs::create_dir_all(folder).map_err(|source| failed("made", folder, source))?;
    for file in files(folder, UNFINISHED)? {
        fs::remove_file(&file).map_err(|source| failed("removed", &file, source))?;
    }
    Ok(())
}

/// The snapshots of a folder, the newest first.
fn snapshots(folder: &Path) -> Result<Vec<PathBuf>, SnapshotError> {
    let mut found = files(folder, EXTENSION)?;
    found.sort_unstable_by(|one, other| other.cmp(one));
    Ok(found)
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, SnapshotError> {
    let entries = fs::read_dir(folder).map_err(|source| failed("read", folder, source))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| failed("read", folder, source))?.path();
        if path.extension().is_some_and(|one| one == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

fn sync_folder(folder: &Path) -> Result<(), SnapshotError> {
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| failed("synced", folder, source))
}

fn failed(attempted: &'static str, path: &Path, source: io::Error) -> SnapshotError {
    SnapshotError::Io { attempted, path: path.to_owned(), source }
}

/// What a snapshot must have been written with: the events that are known and the versions of the
/// views.
fn schema() -> Digest {
    let mut hasher = blake3::Hasher::new_derive_key("ent-ledger 2026 view schema v1");
    let names = [
        schemas::ledger::LedgerFact::WIRE_NAMES,
        schemas::product::ProductEvent::WIRE_NAMES,
        schemas::account::AccountEvent::WIRE_NAMES,
        schemas::license::LicenseEvent::WIRE_NAMES,
        schemas::meter::MeterEvent::WIRE_NAMES,
        schemas::staff::StaffEvent::WIRE_NAMES,
        schemas::access::AccessEvent::WIRE_NAMES,
        schemas::claim::ClaimEvent::WIRE_NAMES,
        schemas::policy::PolicyEvent::WIRE_NAMES,
    ];
    for name in names.into_iter().flatten() {
        hasher.update(name.as_bytes());
        hasher.update(b"\n");
    }
    for view in Views::versions() {
        hasher.update(view.to_string().as_bytes());
        hasher.update(b"\n");
    }
    Digest(*hasher.finalize().as_bytes())
}
