//! What every adapter promises, on each adapter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger_log::conformance::LogFactory;
use ledger_log::{EmbeddedLog, EmbeddedOptions, EventLog, LogFuture, MemoryLog};
use tempfile::TempDir;

struct Memory;

impl LogFactory for Memory {
    fn fresh(&self) -> LogFuture<Arc<dyn EventLog>> {
        Box::pin(std::future::ready(Arc::new(MemoryLog::new()) as Arc<dyn EventLog>))
    }

    fn restarted(&self, _: Arc<dyn EventLog>) -> LogFuture<Option<Arc<dyn EventLog>>> {
        Box::pin(std::future::ready(None))
    }
}

/// Ledgers in folders of the machine's file system. Small segments: the suite rolls over many of them.
struct Embedded {
    folders: TempDir,
    made: AtomicU64,
}

impl Embedded {
    fn new() -> Self {
        Self { folders: tempfile::tempdir().unwrap(), made: AtomicU64::new(0) }
    }

    fn options() -> EmbeddedOptions {
        EmbeddedOptions {
            segment_bytes: 4 * 1024 * 1024,
            reserve_bytes: 4096,
            ..EmbeddedOptions::default()
        }
    }
}

impl LogFactory for Embedded {
    fn fresh(&self) -> LogFuture<Arc<dyn EventLog>> {
        let folder = self.folders.path().join(self.made.fetch_add(1, Ordering::SeqCst).to_string());
        EmbeddedLog::create(&folder, &Self::options()).unwrap();
        let (log, _) = EmbeddedLog::open(&folder, Self::options()).unwrap();
        Box::pin(std::future::ready(Arc::new(log) as Arc<dyn EventLog>))
    }

    fn restarted(&self, log: Arc<dyn EventLog>) -> LogFuture<Option<Arc<dyn EventLog>>> {
        drop(log);
        let folder = self.folders.path().join((self.made.load(Ordering::SeqCst) - 1).to_string());
        let (log, report) = EmbeddedLog::open(&folder, Self::options()).unwrap();
        assert_eq!((report.torn, report.healed), (None, Vec::new()));
        Box::pin(std::future::ready(Some(Arc::new(log) as Arc<dyn EventLog>)))
    }
}

mod memory {
    ledger_log::conformance_tests!(super::Memory);
}

mod embedded {
    ledger_log::conformance_tests!(super::Embedded::new());
}
