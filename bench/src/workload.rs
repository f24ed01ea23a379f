//! The workloads, one after the other. A new one is a module with a function that gives rows, and a line here.

use crate::options::Options;
use crate::row::Row;
use crate::{check, commands, neighbours, opening, replay, sealing};

/// One thing that is measured.
pub struct Workload {
    /// What `--only` calls it.
    pub letter: &'static str,
    /// What stands above its table.
    pub title: &'static str,
    /// What its table does not say by itself.
    pub note: &'static str,
    /// Measures it.
    pub measure: fn(&Options) -> Vec<Row>,
}

/// What is measured, in the order of the report.
pub const WORKLOADS: [Workload; 6] = [
    Workload {
        letter: "A",
        title: "Durable commands",
        note: commands::NOTE,
        measure: commands::measure,
    },
    Workload { letter: "B", title: "Replay", note: replay::NOTE, measure: replay::measure },
    Workload { letter: "C", title: "Checks", note: check::NOTE, measure: check::measure },
    Workload { letter: "D", title: "Opening", note: opening::NOTE, measure: opening::measure },
    Workload {
        letter: "E",
        title: "Sealing and proofs",
        note: sealing::NOTE,
        measure: sealing::measure,
    },
    Workload {
        letter: "F",
        title: "Neighbours",
        note: neighbours::NOTE,
        measure: neighbours::measure,
    },
];

/// What a workload found.
pub struct Found {
    /// The workload.
    pub workload: &'static Workload,
    /// Its figures.
    pub rows: Vec<Row>,
}

/// Runs what was asked for.
#[must_use]
pub fn run(options: &Options) -> Vec<Found> {
    std::fs::create_dir_all(&options.data).expect("the folder for the stores can be made");
    let wanted = WORKLOADS.iter().filter(|workload| options.wants(workload.letter));
    wanted
        .map(|workload| {
            eprintln!("{}: {}", workload.letter, workload.title);
            Found { workload, rows: (workload.measure)(options) }
        })
        .collect()
}
