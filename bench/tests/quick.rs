//! The bench still works: everything runs, tiny, and every figure is there. Says nothing about speed.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// The engines of a workload, and how many are in flight.
type Expected = (&'static str, &'static [&'static str], &'static [Option<u64>]);

const EXPECTED: [Expected; 7] = [
    ("commands", &["deedbook", "bare loop", "SQLite, batched"], &[Some(1), Some(64), Some(1_024)]),
    ("commands", &["deedbook, one license", "deedbook, one meter"], &[Some(64), Some(1_024)]),
    ("replay", &["decode only", "views", "verify"], &[None]),
    ("check", &["HTTP", "GraphQL", "bare handler"], &[Some(32)]),
    ("opening", &["time to open", "memory per license", "memory per further event"], &[None]),
    ("sealing", &["seal", "inclusion proof"], &[None]),
    ("neighbours", &["alone", "beside a flood"], &[Some(1)]),
];

#[test]
fn every_workload_runs_and_every_figure_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .arg("--quick")
        .arg("--data")
        .arg(folder.path().join("data"))
        .arg("--results")
        .arg(&results)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let rows = std::fs::read(results.join("results.json")).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&rows).unwrap();
    let found: BTreeSet<_> = rows.iter().map(key).collect();
    for (workload, engines, depths) in EXPECTED {
        for engine in engines {
            for depth in depths {
                let wanted = (workload.to_owned(), (*engine).to_owned(), *depth);
                assert!(found.contains(&wanted), "{wanted:?} is missing: {said}");
            }
        }
    }
    // PostgreSQL takes part where it is installed and may be started: then at every depth.
    let postgres = found.iter().filter(|(_, engine, _)| engine.starts_with("PostgreSQL")).count();
    assert!(postgres == 0 || postgres == 6, "{found:?}");
    for row in &rows {
        // What a few thousand events take is lost in what the system gives memory out by: pages.
        let memory = row["engine"].as_str().is_some_and(|engine| engine.starts_with("memory"));
        let least = if memory { 0.0 } else { f64::MIN_POSITIVE };
        assert!(row["median"].as_f64().is_some_and(|median| median >= least), "{row}");
        assert_eq!(row["ratio"].is_null(), row["ratio_to"].is_null(), "{row}");
    }
    let text = std::fs::read_to_string(results.join("RESULTS.md")).unwrap();
    assert!(text.contains("A run with `--quick`"), "a quick run is not taken for a measurement");
}

fn key(row: &Value) -> (String, String, Option<u64>) {
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
    (text("workload"), text("engine"), row["in_flight"].as_u64())
}
