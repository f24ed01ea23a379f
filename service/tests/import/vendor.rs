//! A ledger in memory with a clock that stands still, and files to import into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use deedbook_service::import::{self, Options, Report};
use ledger_log::{Codec, EventLog, Keystore, Ledger, ManualClock, MemoryLog};
use schemas::{LogPosition, StoredEvent, Timestamp};
use tempfile::TempDir;

/// 2026-11-22T00:00:00Z.
pub const TODAY: Timestamp = Timestamp::from_micros(1_795_305_600_000_000);

/// A vendor with a ledger and a folder of files.
pub struct Vendor {
    pub ledger: Ledger,
    pub folder: TempDir,
}

impl Vendor {
    pub fn new() -> Self {
        Self::with_keys(Arc::new(Keystore::in_memory().unwrap()))
    }

    /// With the same keys the same rows have the same ids.
    pub fn with_keys(keystore: Arc<Keystore>) -> Self {
        Self::on(Arc::new(MemoryLog::new()), keystore)
    }

    pub fn on(log: Arc<dyn EventLog>, keystore: Arc<Keystore>) -> Self {
        let codec = Arc::new(Codec::new(keystore));
        let clock = Arc::new(ManualClock::new(TODAY));
        let ledger = Ledger::new(log, codec, clock);
        Self { ledger, folder: tempfile::tempdir().unwrap() }
    }

    /// The same with the catalog that the tests' licenses are of.
    pub async fn with_catalog() -> Self {
        let vendor = Self::new();
        vendor.write("catalog.jsonl", CATALOG);
        let report = vendor.import(&["catalog.jsonl"]).await;
        assert!(report.is_clean(), "{report}");
        vendor
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub async fn import(&self, names: &[&str]) -> Report {
        self.run(names, &Options::default()).await
    }

    pub async fn dry_run(&self, names: &[&str]) -> Report {
        self.run(names, &Options { dry_run: true, kind: None }).await
    }

    async fn run(&self, names: &[&str], options: &Options) -> Report {
        let files: Vec<_> = names.iter().map(|name| self.folder.path().join(name)).collect();
        import::run(&self.ledger, &files, options, &|_| {}).await.unwrap()
    }

    pub fn position(&self) -> Option<LogPosition> {
        *self.ledger.log().durable().borrow()
    }

    pub async fn events(&self) -> Vec<StoredEvent> {
        all_events(self.ledger.log().as_ref()).await
    }

    /// The report as text, the folder's name taken out.
    pub fn text(&self, report: &Report) -> String {
        let folder = format!("{}/", self.folder.path().display());
        report.to_string().replace(&folder, "")
    }
}

pub async fn all_events(log: &dyn EventLog) -> Vec<StoredEvent> {
    let mut all: Vec<StoredEvent> = Vec::new();
    loop {
        let after = all.last().map(|event| event.position);
        let batch = log.read_all(after, 1_000).await.unwrap();
        if batch.is_empty() {
            return all;
        }
        all.extend(batch);
    }
}

/// What a file holds, lines without indentation.
pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// A small catalog: one product, a bundle and two offerings.
pub const CATALOG: &str = r#"{"type":"product","product":"orbit","name":"Orbit","at":"2024-01-01"}
{"type":"feature","product":"orbit","feature":"core","name":"Core","kind":"boolean","at":"2024-01-01"}
{"type":"feature","product":"orbit","feature":"api_calls","name":"API calls","kind":"metered","unit":"call","at":"2024-01-01"}
{"type":"edition","product":"orbit","edition":"core","name":"Core","values":{"core":true,"api_calls":{"amount":10000,"reset":"1 month"}},"at":"2024-01-01"}
{"type":"plan","product":"orbit","plan":"annual","name":"Annual","term":"1 year","grace":"14 days","at":"2024-01-01"}
{"type":"offering","product":"orbit","offering":"orbit-core","name":"Core","edition":"core","plan":"annual","seats":5,"devices":2,"at":"2024-01-01"}
{"type":"offering","product":"orbit","offering":"orbit-large","name":"Large","edition":"core","plan":"annual","seats":"unlimited","devices":"unlimited","at":"2024-01-01"}
{"type":"bundle","product":"orbit","bundle":"starter","name":"Starter","offerings":[{"offering":"orbit-core"}],"at":"2024-01-01"}
{"type":"release","product":"orbit","release":"2.3.0","released_at":"2024-01-01"}
"#;
