//! A ledger that nobody writes to, opened for reading, damaged or not: for `replay`, `inspect` and `export`.

use std::path::Path;
use std::sync::Arc;

use ledger_log::embedded::{EmbeddedLog, EmbeddedOptions, RecoveryReport};
use ledger_log::{Codec, EventLog, Keystore};

use crate::data_folder::DataFolder;
use crate::engine::EngineError;

/// A ledger opened for reading.
pub struct Offline {
    /// The log: streams that damage does not touch can be read, appends are refused.
    pub log: Arc<dyn EventLog>,
    /// Decodes its events.
    pub codec: Arc<Codec>,
    /// What opening found.
    pub report: RecoveryReport,
}

impl Offline {
    /// Opens a ledger for reading.
    ///
    /// # Errors
    /// When there is none, a process writes to it, a newer version wrote it, or its keys are missing.
    pub fn open(path: &Path) -> Result<Self, EngineError> {
        let folder = DataFolder::at(path);
        if !folder.holds_a_ledger() {
            return Err(EngineError::NoLedger { path: path.to_owned() });
        }
        let (log, report) = EmbeddedLog::open_read_only(path, EmbeddedOptions::default())?;
        let keystore = Arc::new(Keystore::open(&folder.keys())?);
        Ok(Self { log: Arc::new(log), codec: Arc::new(Codec::new(keystore)), report })
    }
}
