//! Golden ledgers: what releases really wrote, byte for byte, recorded once and never again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_log::embedded::EmbeddedOptions;
use ledger_log::{Clock, Codec, EmbeddedLog, EventLog, Keystore, Ledger, ManualClock};
use schemas::StoredEvent;

use crate::chance::Chance;
use crate::orbit::{Orbit, T0};
use crate::story;

/// Room for a dozen events in a segment, so that a short story has several of them.
const SEGMENT_BYTES: u64 = 40 * 1024;
/// The largest batch of a golden ledger.
const FRAME_BYTES_MAX: u64 = 8 * 1024;
/// Files that a running ledger makes for itself and that say nothing.
const PASSING: [&str; 3] = ["LOCK", "reserve", "log/next.log"];

/// The folder of all golden ledgers.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The releases that have a golden ledger, in order.
#[must_use]
pub fn releases() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every file below a folder, as paths from it with `/`, sorted.
#[must_use]
pub fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
        }
    }
}

/// Copies a folder with everything below it.
pub fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, fs::read(from.join(&file)).unwrap()).unwrap();
    }
}

/// A copy of a release's golden ledger that may be changed.
#[must_use]
pub fn copy_of(release: &str) -> tempfile::TempDir {
    let copied = tempfile::tempdir().unwrap();
    copy(&folder().join(release).join("ledger"), copied.path());
    copied
}

/// How the golden ledgers are opened.
#[must_use]
pub fn options() -> EmbeddedOptions {
    EmbeddedOptions {
        segment_bytes: SEGMENT_BYTES,
        frame_bytes_max: FRAME_BYTES_MAX,
        reserve_bytes: 4096,
        ..EmbeddedOptions::default()
    }
}

/// A ledger in a folder, opened without writing to it.
pub struct Opened {
    /// Its log.
    pub log: Arc<dyn EventLog>,
    /// Its codec.
    pub codec: Arc<Codec>,
    /// All of its events.
    pub events: Vec<StoredEvent>,
}

/// Opens the ledger in this folder, reading only.
pub async fn open(ledger: &Path) -> Opened {
    let keystore = Keystore::open(&ledger.join("keys")).unwrap();
    let codec = Arc::new(Codec::new(Arc::new(keystore)));
    let (log, report) = EmbeddedLog::open_read_only(ledger, options()).unwrap();
    assert_eq!(report.damage, []);
    assert_eq!(report.torn, None);
    let log: Arc<dyn EventLog> = Arc::new(log);
    let mut events: Vec<StoredEvent> = Vec::new();
    loop {
        let after = events.last().map(|event| event.position);
        let page = log.read_all(after, 100).await.unwrap();
        if page.is_empty() {
            return Opened { log, codec, events };
        }
        events.extend(page);
    }
}

/// A ledger in a folder, opened for writing, at the time of the story's beginning.
#[must_use]
pub fn open_for_writing(ledger: &Path, chance: Chance) -> (Orbit, EmbeddedLog) {
    let keystore = Arc::new(Keystore::open(&ledger.join("keys")).unwrap());
    let clock = Arc::new(ManualClock::new(T0));
    let options = EmbeddedOptions {
        before_commit: keystore.before_commit(),
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..options()
    };
    let (log, _) = EmbeddedLog::open(ledger, options).unwrap();
    let codec = Arc::new(Codec::new(keystore));
    let on = Ledger::new(Arc::new(log.clone()), codec, Arc::clone(&clock) as Arc<dyn Clock>);
    (Orbit::on(on, clock, chance), log)
}

/// Makes a ledger in this empty folder and tells it the story.
pub async fn record(ledger: &Path, chance: Chance) -> story::Cast {
    EmbeddedLog::create(ledger, &options()).unwrap();
    drop(Keystore::create(&ledger.join("keys")).unwrap());
    let (mut orbit, log) = open_for_writing(ledger, chance);
    let cast = story::tell(&mut orbit).await;
    log.close();
    drop((orbit, log));
    for passing in PASSING {
        let path = ledger.join(passing);
        if path.exists() {
            fs::remove_file(path).unwrap();
        }
    }
    cast
}
