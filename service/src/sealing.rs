//! The sealing of one data folder: reads what was signed before the log is opened, and keeps the opened log sealed.

use std::sync::Arc;
use std::time::Duration;

use ledger_log::embedded::{EmbeddedLog, SystemDisk};
use ledger_log::sealing::{
    self, Held, LogKeyError, LogKeys, RotatedKey, SealError, Sealer, Sealing, create_log_key,
    expect_key_of, settle_log_keys,
};
use ledger_log::{Clock, EventLog, ReadError, SystemClock};
use schemas::ledger::LedgerFact;
use schemas::{FactSet, OpenedPart, Part, StreamName};

use crate::data_folder::DataFolder;

/// How long after it was acknowledged a change is in a signed checkpoint, at most, when the machine keeps up.
pub const SEAL_EVERY: Duration = Duration::from_secs(1);

/// What was found before the log is opened.
pub struct Signed {
    has_key: bool,
    /// How many events the newest checkpoint promises.
    pub promised_events: u64,
}

impl Signed {
    /// Reads the keys and the checkpoints of a data folder.
    ///
    /// # Errors
    /// When there are checkpoints and no key, or none of them can be believed.
    pub fn read(folder: &DataFolder) -> Result<Self, SealError> {
        let Some(keys) = LogKeys::open(&folder.keys())? else {
            if folder.checkpoint().exists() {
                let path = sealing::log_key_path(&folder.keys());
                return Err(LogKeyError::Missing { path }.into());
            }
            // Made by a version that did not seal, or new.
            return Ok(Self { has_key: false, promised_events: 0 });
        };
        let held = Held::read(&SystemDisk, &folder.proofs(), &folder.keys(), &keys.known())?;
        Ok(Self { has_key: true, promised_events: held.events() })
    }

    /// Takes the sealing up on the opened log, and goes on with it in a thread of its own. A ledger that has no key
    /// yet gets one. A change of the key that was interrupted is finished or taken back.
    ///
    /// # Errors
    /// When the log does not give the root that was signed, another key is to sign it, or a file cannot be used.
    pub async fn start(self, log: &EmbeddedLog, folder: &DataFolder) -> Result<Sealing, SealError> {
        let ledger = log.identity().ledger;
        if !self.has_key {
            let origin = sealing::origin(&vendor_of(log).await?, ledger);
            create_log_key(&folder.keys(), &origin)?;
        }
        let changes = key_changes(log).await?;
        let keys = settle_log_keys(&folder.keys(), &changes, SystemClock.now())?;
        let path = sealing::log_key_path(&folder.keys());
        let signing = keys.ok_or(LogKeyError::Missing { path })?;
        expect_key_of(signing.own(), &folder.keys(), ledger)?;
        let (log, folder) = (log.clone(), folder.clone());
        let opening = move || {
            let (proofs, keys) = (folder.proofs(), folder.keys());
            let sealer = Sealer::open(log, Arc::new(SystemDisk), &proofs, &keys, signing)?;
            Sealing::start(sealer, SEAL_EVERY).map_err(|source| SealError::Io {
                what: "start the sealing of",
                path: folder.path().to_owned(),
                source,
            })
        };
        // Tiles that are missing are made again from the whole log.
        let opened = tokio::task::spawn_blocking(opening).await;
        opened.unwrap_or_else(|error| {
            Err(ReadError::Unavailable { reason: error.to_string() }.into())
        })
    }
}

/// The changes of the key that the ledger's own stream holds, oldest first.
///
/// # Errors
/// When the stream cannot be read.
pub async fn key_changes(log: &EmbeddedLog) -> Result<Vec<RotatedKey>, ReadError> {
    let facts = log.read_stream(StreamName::ledger(), None, usize::MAX).await?;
    Ok(sealing::key_changes(&facts))
}

/// The vendor that the ledger's first fact names.
async fn vendor_of(log: &EmbeddedLog) -> Result<String, SealError> {
    let first = log.read_all(None, 1).await?;
    let vendor = first.first().and_then(|event| {
        let Some(Part::Public(body)) = event.parts.first() else { return None };
        match LedgerFact::decode(&event.header.wire_name, body, OpenedPart::None).ok()? {
            LedgerFact::LedgerOpened(opened) => Some(opened.vendor),
            LedgerFact::LogRecovered(_)
            | LedgerFact::LedgerForked(_)
            | LedgerFact::LogKeyRotated(_) => None,
        }
    });
    Ok(vendor.unwrap_or_default())
}
