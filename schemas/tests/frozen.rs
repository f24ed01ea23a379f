//! What was published stays as it was: JSON Schemas equal their files, every event has a hand-written example that
//! is read, written and read again, and a released shape never changes. `BLESS=1` writes what is new.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, its own functions too; JSON is no enum of ours"
)]

#[path = "frozen/examples.rs"]
mod examples;
#[path = "frozen/shape.rs"]
mod shape;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use schemas::LedgerEvent;
use serde_json::Value;

const RELEASE: &str = env!("CARGO_PKG_VERSION");

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// The schema files that the types ask for, by file name.
fn generated() -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    for (_, wire_name, public, personal) in LedgerEvent::json_schemas() {
        files.insert(format!("{wire_name}.schema.json"), public.to_value());
        if let Some(personal) = personal {
            files.insert(format!("{wire_name}.personal.schema.json"), personal.to_value());
        }
    }
    files
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    text
}

fn json_file(path: &Path) -> Value {
    let text = fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", path.display()));
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{} is not JSON: {error}", path.display()))
}

#[test]
fn the_published_json_schemas_are_those_of_the_types() {
    let mut stale = Vec::new();
    for (name, schema) in generated() {
        let path = folder("json").join(&name);
        let wanted = pretty(&schema);
        if fs::read_to_string(&path).is_ok_and(|found| found == wanted) {
            continue;
        }
        if blessing() {
            fs::write(&path, wanted).unwrap();
        } else {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "these schema files are not those of the types: {stale:?}.\nIf the shape changed on purpose \
         and is not released, run `make bless`. A released shape needs a new version of the event."
    );
}

#[test]
fn every_schema_file_belongs_to_an_event_that_is_or_was_written() {
    let current = generated();
    let released = released_lines();
    for entry in fs::read_dir(folder("json")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let retired = released.keys().any(|line| format!("{line}.schema.json") == name);
        assert!(
            current.contains_key(&name) || retired,
            "json/{name} belongs to no event: delete it, or bring its event back"
        );
    }
}

/// The lines of all locks: what is locked (`seat_assigned.v1`, `member_added.v1.personal`) and its hash.
fn released_lines() -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    for entry in fs::read_dir(folder("releases")).unwrap() {
        let path = entry.unwrap().path();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let (name, hash) = line.split_once(' ').unwrap_or_else(|| {
                panic!("{}: expected `<wire name> <hash>`, got `{line}`", path.display())
            });
            let earlier = lines.insert(name.to_owned(), hash.to_owned());
            assert!(
                earlier.is_none(),
                "{name} is locked twice: a release locks only what no earlier release locked"
            );
        }
    }
    lines
}

#[test]
fn a_released_shape_never_changes() {
    for (name, locked) in released_lines() {
        let path = folder("json").join(format!("{name}.schema.json"));
        assert!(
            path.exists(),
            "{name} was released, and {} is gone: events of this shape lie in ledgers for ever, bring the \
             file and the reader of this version back",
            path.display()
        );
        let found = shape::hash(&json_file(&path));
        assert_eq!(
            locked, found,
            "the shape of {name} was released and has changed.\nLedgers hold events of the released shape, so \
             it stays: put it back, add the new shape as the next version of the event (`.v2`), and turn the \
             old one into the newest with one `From` in a private `mod v1` of its file in schemas/src."
        );
    }
}

#[test]
fn every_event_is_in_a_lock_and_locks_only_grow() {
    let mut locked = released_lines();
    let mut missing = Vec::new();
    for (kind_and_name, schema) in table_order() {
        if locked.remove(&kind_and_name).is_none() {
            missing.push(format!("{kind_and_name} {}\n", shape::hash(&schema)));
        }
    }
    let path = folder("releases").join(format!("{RELEASE}.lock"));
    if blessing() {
        let mut lock = fs::read_to_string(&path).unwrap_or_default();
        lock.extend(missing.drain(..));
        fs::write(&path, lock).unwrap();
    }
    assert!(
        missing.is_empty(),
        "these shapes are in no lock; `make bless` adds them to releases/{RELEASE}.lock:\n{}",
        missing.concat()
    );
}

/// What a lock has a line for, in the order of the event table.
fn table_order() -> Vec<(String, Value)> {
    let mut lines = Vec::new();
    for (_, wire_name, public, personal) in LedgerEvent::json_schemas() {
        lines.push((wire_name.to_owned(), public.to_value()));
        if let Some(personal) = personal {
            lines.push((format!("{wire_name}.personal"), personal.to_value()));
        }
    }
    lines
}

#[test]
fn a_better_comment_leaves_the_shape_alone_and_another_type_does_not() {
    let schema = |description: &str, kind: &str| {
        serde_json::json!({
            "title": description, "type": "object",
            "properties": { "title": { "$ref": "#/$defs/Name" } },
            "$defs": { "Name": { "description": description, "type": kind } },
        })
    };
    let one = shape::hash(&schema("its name", "string"));
    assert_eq!(one, shape::hash(&schema("the name that it has", "string")));
    assert_ne!(one, shape::hash(&schema("its name", "integer")));
}
