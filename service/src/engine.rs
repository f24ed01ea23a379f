//! One ledger, opened: its folder, keys, log, rules and views. What serves and what imports starts here.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ledger::ledger_stream::{Command, LedgerRules};
use ledger_log::embedded::{EmbeddedLog, EmbeddedOptions, OpenError, RecoveryReport};
use ledger_log::sealing::{SealError, Sealing, create_log_key, origin, stage_log_key};
use ledger_log::{
    Clock, Codec, CommandMeta, EventLog, Keystore, KeystoreError, Ledger, MemoryLog, SystemClock,
    derive,
};
use projections::{Options, Projections, StartError};
use schemas::ledger::{LedgerForked, LogKeyRotated};
use schemas::{Actor, CommandId, LogPosition, StreamName, SubjectId};

use crate::data_folder::DataFolder;
use crate::licensing_keys::{LicensingKeys, LicensingKeysError};
use crate::sealing::Signed;

/// An opened ledger. Clones share it.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    ledger: Ledger,
    projections: Projections,
    keystore: Arc<Keystore>,
    licensing: LicensingKeys,
    stored: Option<Stored>,
    recovery: RecoveryReport,
}

/// What a ledger in a data folder has beside one in memory.
struct Stored {
    log: EmbeddedLog,
    folder: DataFolder,
    sealing: Sealing,
}

/// How large the files of a ledger are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// A segment of a new ledger, and the room that is kept for recovery on a full disk.
    pub segment_bytes: u64,
}

impl Sizes {
    /// Segments of this many MiB. An existing ledger keeps the segments it has.
    #[must_use]
    pub const fn of_mib(mib: u32) -> Self {
        // Widening a u32 loses nothing.
        Self { segment_bytes: mib as u64 * 1024 * 1024 }
    }

    fn options(self) -> EmbeddedOptions {
        EmbeddedOptions {
            segment_bytes: self.segment_bytes,
            reserve_bytes: self.segment_bytes,
            ..EmbeddedOptions::default()
        }
    }
}

impl Default for Sizes {
    fn default() -> Self {
        Self::of_mib(64)
    }
}

/// How well the ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineHealth {
    /// All is well.
    Well,
    /// Damage was found: changes are refused, what is healthy is read.
    Halted {
        /// What was found and where.
        reason: String,
    },
    /// The views stopped: nobody is let in.
    ViewsStopped {
        /// Why.
        reason: String,
    },
}

/// Why a ledger cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no ledger.
    #[error("there is no ledger in `{}`", path.display())]
    NoLedger {
        /// The data folder.
        path: PathBuf,
    },
    /// The place for a new ledger is taken.
    #[error("`{}` is not empty", path.display())]
    NotVacant {
        /// The data folder.
        path: PathBuf,
    },
    /// The folder cannot be used.
    #[error("the folder `{}` cannot be used", path.display())]
    Folder {
        /// The data folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The keys cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] KeystoreError),
    /// The log cannot be used.
    #[error("the log cannot be used")]
    Log(#[from] OpenError),
    /// The log cannot be sealed.
    #[error("the log cannot be sealed")]
    Sealing(#[from] SealError),
    /// The keys that sign answers cannot be used.
    #[error("the keys that sign answers cannot be used")]
    Licensing(#[from] LicensingKeysError),
    /// The views cannot be folded.
    #[error("the views cannot be folded")]
    Views(#[source] Box<StartError>),
    /// A ledger did not take a fact about itself.
    #[error("the ledger did not take a fact about itself: {reason}")]
    NotRecorded {
        /// Why.
        reason: String,
    },
}

impl Engine {
    /// Makes a new ledger in a folder that does not exist or is empty, and opens it.
    ///
    /// # Errors
    /// When the folder is taken, or the system refuses.
    pub async fn create(path: &Path, vendor: &str, sizes: Sizes) -> Result<Self, EngineError> {
        let folder = DataFolder::at(path);
        let unusable = |source| EngineError::Folder { path: path.to_owned(), source };
        if !folder.is_vacant().map_err(unusable)? {
            return Err(EngineError::NotVacant { path: path.to_owned() });
        }
        make_private_folder(path).map_err(unusable)?;
        drop(Keystore::create(&folder.keys())?);
        let ledger = EmbeddedLog::create(path, &sizes.options())?;
        let key = create_log_key(&folder.keys(), &origin(vendor, ledger));
        key.map_err(SealError::from)?;
        let engine = Self::open(path, sizes).await?;
        engine.record_opening(vendor).await?;
        Ok(engine)
    }

    /// Opens a ledger. A torn tail is recovered and reported; damage is refused.
    ///
    /// # Errors
    /// When there is no ledger, somebody else has it, a newer version wrote it, or it is damaged.
    pub async fn open(path: &Path, sizes: Sizes) -> Result<Self, EngineError> {
        let folder = DataFolder::at(path);
        if !folder.holds_a_ledger() {
            return Err(EngineError::NoLedger { path: path.to_owned() });
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        // The log first: it holds the lock, and opening keys may heal their files. What recovery records
        // needs no keys.
        let keys: Arc<OnceLock<Arc<Keystore>>> = Arc::default();
        let late = Arc::clone(&keys);
        let signed = Signed::read(&folder)?;
        let options = EmbeddedOptions {
            promised_events: signed.promised_events,
            clock: Arc::clone(&clock),
            before_commit: Arc::new(move || match late.get() {
                Some(keystore) => keystore.flush().map_err(io::Error::from),
                None => Ok(()),
            }),
            ..sizes.options()
        };
        let (log, recovery) = EmbeddedLog::open(path, options)?;
        report_recovery(&recovery);
        let keystore = Arc::new(Keystore::open(&folder.keys())?);
        let _ = keys.set(Arc::clone(&keystore));
        let sealing = signed.start(&log, &folder).await?;
        let options = Options::in_folder(folder.snapshots());
        let parts = (Arc::new(log.clone()) as Arc<dyn EventLog>, keystore, clock);
        let licensing = LicensingKeys::open(&folder.keys())?;
        let stored = Stored { log, folder, sealing };
        Self::assemble(parts, options, licensing, (Some(stored), recovery)).await
    }

    /// A ledger in memory, for tests and sandboxes; nothing survives it.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub async fn in_memory(clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
        let parts = (log, Arc::new(Keystore::in_memory()?), clock);
        let rest = (None, RecoveryReport::default());
        let licensing = LicensingKeys::in_memory()?;
        let engine = Self::assemble(parts, Options::in_memory(), licensing, rest).await?;
        engine.record_opening("A vendor in memory").await?;
        Ok(engine)
    }

    async fn assemble(
        (log, keystore, clock): (Arc<dyn EventLog>, Arc<Keystore>, Arc<dyn Clock>),
        options: Options,
        licensing: LicensingKeys,
        (stored, recovery): (Option<Stored>, RecoveryReport),
    ) -> Result<Self, EngineError> {
        let codec = Arc::new(Codec::new(Arc::clone(&keystore)));
        let projections = Projections::start(Arc::clone(&log), Arc::clone(&codec), options)
            .await
            .map_err(|error| EngineError::Views(Box::new(error)))?;
        erase_again(&projections, &keystore)?;
        let ledger = Ledger::new(log, codec, clock).with_inline(Arc::new(projections.clone()));
        let shared = Shared { ledger, projections, keystore, licensing, stored, recovery };
        Ok(Self(Arc::new(shared)))
    }

    async fn record_opening(&self, vendor: &str) -> Result<(), EngineError> {
        let ledger = self.ledger().log().identity().ledger.to_string();
        let command = Command::Open { ledger: ledger.clone(), vendor: vendor.to_owned() };
        self.record("init", &[ledger.as_bytes(), vendor.as_bytes()], command).await
    }

    /// Writes down in the ledger's own stream that it goes on from a copy of another one.
    ///
    /// # Errors
    /// When the fact is not taken.
    pub async fn record_fork(&self, forked: &LedgerForked) -> Result<(), EngineError> {
        let LedgerForked { from, ledger, root, .. } = forked;
        let parts = [from.as_bytes(), ledger.as_bytes(), root.as_bytes()];
        self.record("fork", &parts, Command::Fork(forked.clone())).await
    }

    /// Has another key sign the log of a folder that nobody has open. The fact that vouches for it is durable before it
    /// signs, and the first checkpoint that covers the fact is signed by both keys before this returns.
    ///
    /// # Errors
    /// When the ledger cannot be opened, or a file cannot be written. Repeat the call: whatever was done, one key signs.
    pub async fn rotate_log_key(path: &Path, sizes: Sizes) -> Result<LogKeyRotated, EngineError> {
        let engine = Self::open(path, sizes).await?;
        // INVARIANT (the log says who signs): from here on nothing is signed until the ledger is opened again.
        engine.stop_sealing().await;
        let recorded = engine.record_next_key().await;
        engine.close().await;
        let rotated = recorded?;
        Self::open(path, sizes).await?.close().await;
        Ok(rotated)
    }

    async fn record_next_key(&self) -> Result<LogKeyRotated, EngineError> {
        let no_folder = || EngineError::NoLedger { path: PathBuf::new() };
        let keys = self.folder().ok_or_else(no_folder)?.keys();
        let rotated = stage_log_key(&keys).map_err(SealError::from)?;
        let parts = [rotated.old.as_bytes(), rotated.new.as_bytes()];
        self.record("log-key", &parts, Command::RotateKey(rotated.clone())).await?;
        Ok(rotated)
    }

    async fn stop_sealing(&self) {
        let Some(sealing) = self.sealing().cloned() else { return };
        let closed = tokio::task::spawn_blocking(move || sealing.close()).await;
        if let Err(error) = closed {
            tracing::error!(%error, "the sealing was not closed in order");
        }
    }

    /// A fact about the ledger itself, by whoever has its files.
    async fn record(
        &self,
        kind: &'static str,
        parts: &[&[u8]],
        command: Command,
    ) -> Result<(), EngineError> {
        let ledger = self.ledger();
        let id = derive::new_uuid(ledger.clock().now())?;
        let digest = derive::request_digest(self.keystore(), kind, parts);
        let meta = CommandMeta::new(CommandId::new(id), digest, Actor::Operator);
        let done = ledger.transact::<LedgerRules>(StreamName::ledger(), command, meta).await;
        done.map(|_| ()).map_err(|error| EngineError::NotRecorded { reason: error.to_string() })
    }

    /// Where commands go.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Where questions go.
    #[must_use]
    pub fn projections(&self) -> &Projections {
        &self.0.projections
    }

    /// The keys that seal what is personal.
    #[must_use]
    pub fn keystore(&self) -> &Arc<Keystore> {
        &self.0.keystore
    }

    /// The keys that sign what software is told.
    #[must_use]
    pub fn licensing(&self) -> &LicensingKeys {
        &self.0.licensing
    }

    /// The data folder; `None` in memory.
    #[must_use]
    pub fn folder(&self) -> Option<&DataFolder> {
        self.0.stored.as_ref().map(|stored| &stored.folder)
    }

    /// What signs the ledger; `None` in memory.
    #[must_use]
    pub fn sealing(&self) -> Option<&Sealing> {
        self.0.stored.as_ref().map(|stored| &stored.sealing)
    }

    /// What opening found and did.
    #[must_use]
    pub fn recovery(&self) -> &RecoveryReport {
        &self.0.recovery
    }

    /// The position of the newest durable event.
    #[must_use]
    pub fn durable(&self) -> Option<LogPosition> {
        *self.ledger().log().durable().borrow()
    }

    /// How far the views are.
    #[must_use]
    pub fn views_position(&self) -> Option<LogPosition> {
        self.projections().position()
    }

    /// How well the ledger is.
    #[must_use]
    pub fn health(&self) -> EngineHealth {
        if let Some(finding) = self.0.stored.as_ref().and_then(|stored| stored.log.halted()) {
            return EngineHealth::Halted { reason: finding.to_string() };
        }
        match self.projections().health().stopped {
            Some(stop) => EngineHealth::ViewsStopped { reason: stop.reason.clone() },
            None => EngineHealth::Well,
        }
    }

    /// Closes the ledger: the views leave a snapshot, the log commits what is in line and seals its tail.
    pub async fn close(self) {
        if let Err(error) = self.projections().close().await {
            // Without it the views are folded again at the next start; nothing is lost.
            tracing::warn!(%error, "the views left no snapshot");
        }
        if let Some(Stored { log, sealing, .. }) = &self.0.stored {
            let (log, sealing) = (log.clone(), sealing.clone());
            // The log first: the last checkpoint then covers all of it.
            let closing = move || {
                log.close();
                sealing.close();
            };
            let closed = tokio::task::spawn_blocking(closing).await;
            if let Err(error) = closed {
                tracing::error!(%error, "the log was not closed in order");
            }
        }
    }
}

/// Makes a folder that only its owner may enter.
fn make_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn report_recovery(recovery: &RecoveryReport) {
    if let Some(torn) = &recovery.torn {
        tracing::warn!(%torn, "a torn tail was cut off; nothing in it had been acknowledged");
    }
    for healed in &recovery.healed {
        tracing::warn!(%healed, "a batch was written again from its mirror");
    }
    for segment in &recovery.indexes_rebuilt {
        tracing::info!(segment, "the index of a segment was made again");
    }
}

/// Destroys the key of whoever's data is erased, where it is there: the last start ended between the fact and the key, or
/// an older copy of the keys was put beside this log. Nobody is served before.
fn erase_again(projections: &Projections, keystore: &Keystore) -> Result<(), EngineError> {
    let erased: Vec<SubjectId> = projections.read(|views| {
        let erased = views.erased_subjects();
        erased.filter(|subject| !keystore.is_erased(*subject)).collect()
    });
    if erased.is_empty() {
        return Ok(());
    }
    keystore.erase_all(&erased)?;
    erased.iter().for_each(|subject| projections.forget(*subject));
    tracing::warn!(subjects = erased.len(), "keys of erased people were there again: destroyed");
    Ok(())
}
