//! Who may import whom. What is absent is forbidden.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::{files, places_of_words, root};

/// The crates of the workspace that each may import.
const MAY_IMPORT: [(&str, &[&str]); 9] = [
    ("schemas", &[]),
    ("ledger", &["schemas"]),
    ("ledger-log", &["schemas", "ledger"]),
    ("ledger-verify", &["schemas", "ledger"]),
    ("projections", &["schemas", "ledger", "ledger-log"]),
    ("graphql", &["schemas", "ledger", "ledger-log", "projections"]),
    ("deedbook-service", &["schemas", "ledger", "ledger-log", "projections", "graphql"]),
    ("replay-tests", EVERYTHING),
    ("bench", EVERYTHING),
];

const EVERYTHING: &[&str] =
    &["schemas", "ledger", "ledger-log", "projections", "graphql", "deedbook-service"];

/// What cargo says of the workspace's own crates: name, and the names of all that each depends on.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&output).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    let entry = |package: &Value| {
        let needs = package["dependencies"].as_array().unwrap();
        (text(&package["name"]), needs.iter().map(|need| text(&need["name"])).collect())
    };
    packages.iter().map(entry).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).current_dir(root()).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "cargo {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_crate_imports_only_what_the_architecture_allows() {
    let crates = dependencies();
    for (name, needs) in &crates {
        let rule = MAY_IMPORT.iter().find(|(known, _)| known == name);
        let (_, allowed) = rule.unwrap_or_else(|| {
            panic!("crate `{name}` is new: say in replay-tests/tests/it/house/imports.rs what it may import")
        });
        // A crate's own tests may turn its features on.
        let others = needs.iter().filter(|need| *need != name && crates.contains_key(*need));
        for need in others {
            assert!(
                allowed.contains(&need.as_str()),
                "`{name}` imports `{need}`: a new arrow between crates needs an ADR and a line in MAY_IMPORT"
            );
        }
    }
}

#[test]
fn only_graphql_names_async_graphql() {
    for (name, needs) in dependencies() {
        let named = needs.iter().any(|need| need.starts_with("async-graphql"));
        assert_eq!(named, name == "graphql", "`{name}` and async-graphql");
    }
    let outside = files(&[".rs"]).into_iter().filter(|file| {
        !file.path.starts_with("graphql/") && file.path != "replay-tests/tests/it/house/imports.rs"
    });
    for file in outside {
        assert_eq!(places_of_words(&file, &["async_graphql"]), [""; 0]);
    }
}

#[test]
fn only_its_adapter_names_the_eventstore_crate() {
    for (name, needs) in dependencies() {
        assert!(!needs.contains("eventstore") || name == "ledger-log", "`{name}` names eventstore");
    }
    for file in files(&[".rs"]) {
        let adapter = file.path == "ledger/log/src/eventstore.rs";
        let used = file.text.lines().any(|line| line.trim_start().starts_with("use eventstore"));
        assert!(adapter || !used, "{} uses the eventstore crate", file.path);
    }
}

/// Crates that bring a clock, randomness, a runtime or a file system with them.
const IMPURE: [&str; 11] = [
    "tokio",
    "async-std",
    "smol",
    "rand",
    "rand_core",
    "getrandom",
    "fastrand",
    "rustix",
    "tempfile",
    "chrono",
    "time",
];

#[test]
fn the_rules_depend_on_nothing_that_has_a_clock_randomness_or_a_runtime() {
    let tree = cargo(&["tree", "--offline", "-p", "ledger", "-e", "normal", "--prefix", "none"]);
    let names: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("schemas"), "cargo tree printed something else: {tree}");
    for impure in IMPURE {
        assert!(
            !names.contains(impure),
            "`ledger` depends on `{impure}`; see `cargo tree -p ledger -i {impure}`"
        );
    }
}
