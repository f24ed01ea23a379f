//! The sealing of one data folder: reads what was signed before the log is opened, and keeps the opened log sealed.

use std::sync::Arc;
use std::time::Duration;

use ledger::proof::note::SignerKey;
use ledger_log::embedded::{EmbeddedLog, SystemDisk};
use ledger_log::sealing::{
    self, Held, LogKeyError, SealError, Sealer, Sealing, create_log_key, expect_key_of,
    open_log_key,
};
use ledger_log::{EventLog, ReadError};
use schemas::ledger::LedgerFact;
use schemas::{FactSet, OpenedPart, Part};

use crate::data_folder::DataFolder;

/// How long after it was acknowledged a change is in a signed checkpoint, at most, when the machine keeps up.
pub const SEAL_EVERY: Duration = Duration::from_secs(1);

/// What was found before the log is opened.
pub struct Signed {
    key: Option<SignerKey>,
    /// How many events the newest checkpoint promises.
    pub promised_events: u64,
}

impl Signed {
    /// Reads the key and the checkpoints of a data folder.
    ///
    /// # Errors
    /// When there are checkpoints and no key, or none of them can be believed.
    pub fn read(folder: &DataFolder) -> Result<Self, SealError> {
        let key = open_log_key(&folder.keys())?;
        let Some(signer) = &key else {
            if folder.checkpoint().exists() {
                let path = sealing::log_key_path(&folder.keys());
                return Err(LogKeyError::Missing { path }.into());
            }
            // Made by a version that did not seal, or new.
            return Ok(Self { key, promised_events: 0 });
        };
        let verifier = signer.verifier();
        let held = Held::read(&SystemDisk, &folder.proofs(), &folder.keys(), &verifier)?;
        Ok(Self { key, promised_events: held.events() })
    }

    /// Takes the sealing up on the opened log, and goes on with it in a thread of its own. A ledger that has no key
    /// yet gets one.
    ///
    /// # Errors
    /// When the log does not give the root that was signed, or a file cannot be used.
    pub async fn start(self, log: &EmbeddedLog, folder: &DataFolder) -> Result<Sealing, SealError> {
        let ledger = log.identity().ledger;
        let key = match self.key {
            Some(key) => key,
            None => {
                let vendor = vendor_of(log).await?;
                create_log_key(&folder.keys(), &sealing::origin(&vendor, ledger))?
            }
        };
        expect_key_of(&key, &folder.keys(), ledger)?;
        let (log, folder) = (log.clone(), folder.clone());
        let opening = move || {
            let (proofs, keys) = (folder.proofs(), folder.keys());
            let sealer = Sealer::open(log, Arc::new(SystemDisk), &proofs, &keys, key)?;
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

/// The vendor that the ledger's first fact names.
async fn vendor_of(log: &EmbeddedLog) -> Result<String, SealError> {
    let first = log.read_all(None, 1).await?;
    let vendor = first.first().and_then(|event| {
        let Some(Part::Public(body)) = event.parts.first() else { return None };
        match LedgerFact::decode(&event.header.wire_name, body, OpenedPart::None).ok()? {
            LedgerFact::LedgerOpened(opened) => Some(opened.vendor),
            LedgerFact::LogRecovered(_) | LedgerFact::LedgerForked(_) => None,
        }
    });
    Ok(vendor.unwrap_or_default())
}
