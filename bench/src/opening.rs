//! Workload D: how long a cold process takes to open a large ledger with a snapshot, and how much memory that takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use deedbook_service::engine::{Engine, Sizes};
use serde::{Deserialize, Serialize};

use crate::commands::runtime;
use crate::options::Options;
use crate::rounds::{Measure, Rounds};
use crate::row::{Row, Target};
use crate::traffic::Traffic;
use crate::world::Size;

/// What the table does not say.
pub const NOTE: &str = "\
A process of its own opens the ledger as the service does at its start, with the snapshot that the last one left: log, keys and
views, ready to answer. The files may be in the system's page cache. Memory is what is resident once it is open: `memory per
license` from the ledger as it was when all customers, people and licenses had just been entered (about two events and one person for each
license, all included), `memory per further event` from what the events after that added.";

const OPENED: &str = "deedbook";

/// Measures the opening.
#[must_use]
pub fn measure(options: &Options) -> Vec<Row> {
    let wanted = Wanted::of(options);
    let folder = folder_of(options, wanted);
    let made = Made::of(&folder, wanted);
    let mut rounds = Rounds::default();
    let mut newest = Opened::default();
    for _ in 0..options.rounds().min(3) {
        newest = open_in_child(&ledger(&folder));
        assert_eq!(newest.events, made.after.events, "the whole ledger is open");
        rounds.add(OPENED, 0, Measure { figure: newest.seconds, p99: None });
    }
    let Some((seconds, _)) = rounds.median(OPENED, 0) else { return Vec::new() };
    let row = |engine, median, unit| Row {
        workload: "opening",
        engine,
        in_flight: None,
        median,
        unit,
        p99_ms: None,
        ratio: None,
        ratio_to: None,
        target: None,
    };
    let base = made.after_licenses.resident_before;
    let of_licenses = made.after_licenses.resident.saturating_sub(base);
    let further = made.after.events - made.after_licenses.events;
    let of_events = newest.resident.saturating_sub(made.after_licenses.resident);
    let target = (!options.quick).then_some(Target::MedianAtMost(2.0));
    vec![
        Row { target, ..row("time to open", seconds, "s") },
        row("events", count(newest.events), "events"),
        row("licenses", count(made.licenses), "licenses"),
        row("resident memory", count(newest.resident) / 1e6, "MB"),
        row("memory per license", count(of_licenses) / count(made.licenses), "bytes"),
        row("memory per further event", count(of_events) / count(further), "bytes"),
        row("memory per event, all in all", count(newest.resident) / count(newest.events), "bytes"),
    ]
}

/// The folder of the large ledger, made unless it is there from an earlier run.
#[must_use]
pub fn large_ledger(options: &Options) -> PathBuf {
    let wanted = Wanted::of(options);
    let folder = folder_of(options, wanted);
    Made::of(&folder, wanted);
    ledger(&folder)
}

/// How large a ledger is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Wanted {
    events: usize,
    customers: usize,
}

impl Wanted {
    fn of(options: &Options) -> Self {
        Self {
            events: options.size(options.events, 3_000),
            customers: options.size(options.events / 120, 64),
        }
    }

    fn size(self) -> Size {
        Size { first: 0, customers: self.customers, members: 4, licenses: 4 }
    }
}

/// A ledger that was made for this, and is kept for the next run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Made {
    wanted: Wanted,
    licenses: u64,
    /// As it was once customers, people and licenses were entered.
    after_licenses: Opened,
    after: Opened,
}

/// What a process found that opened it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    seconds: f64,
    events: u64,
    /// In bytes.
    resident_before: u64,
    /// In bytes.
    resident: u64,
}

fn folder_of(options: &Options, wanted: Wanted) -> PathBuf {
    options.data.join(format!("opening-{}", wanted.events))
}

fn ledger(folder: &Path) -> PathBuf {
    folder.join("ledger")
}

impl Made {
    fn of(folder: &Path, wanted: Wanted) -> Self {
        let note = folder.join("made.json");
        let kept =
            fs::read(&note).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        if let Some(kept) = kept.filter(|kept| kept.wanted == wanted) {
            return kept;
        }
        if folder.exists() {
            fs::remove_dir_all(folder).expect("a ledger of another size can be removed");
        }
        fs::create_dir_all(folder).unwrap();
        eprintln!("  making a ledger of {} events", wanted.events);
        let made = Self::make(folder, wanted);
        fs::write(note, serde_json::to_vec(&made).unwrap()).unwrap();
        made
    }

    fn make(folder: &Path, wanted: Wanted) -> Self {
        let (traffic, licenses) = runtime().block_on(async {
            let traffic = Traffic::make(&ledger(folder), wanted.size()).await;
            let licenses = u64::try_from(traffic.world.held.len()).unwrap();
            (traffic.close().await, licenses)
        });
        let after_licenses = open_in_child(&ledger(folder));
        runtime().block_on(async {
            let traffic = Arc::new(traffic.open(&ledger(folder)).await);
            traffic.send(wanted.events - usize::try_from(after_licenses.events).unwrap()).await;
            traffic.engine.clone().close().await;
        });
        let after = open_in_child(&ledger(folder));
        Self { wanted, licenses, after_licenses, after }
    }
}

fn open_in_child(folder: &Path) -> Opened {
    let own = std::env::current_exe().expect("the system tells which program runs");
    let output = Command::new(own).arg("open-once").arg(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the child failed: {said}");
    serde_json::from_slice(&output.stdout).expect("the child says what it found")
}

/// What the child does. It ends at once: a snapshot on the way out would change what the next one opens.
pub fn open_once(folder: &Path) {
    let runtime = runtime();
    let resident_before = resident();
    let begun = Instant::now();
    let engine = runtime.block_on(Engine::open(folder, Sizes::default())).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let events = engine.views_position().map_or(0, |position| position.0 + 1);
    let opened = Opened { seconds, events, resident_before, resident: resident() };
    println!("{}", serde_json::to_string(&opened).unwrap());
    std::process::exit(0);
}

/// The memory of this process that is resident, in bytes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number / 1_000).unwrap()) * 1e3
        + f64::from(u32::try_from(number % 1_000).unwrap())
}
