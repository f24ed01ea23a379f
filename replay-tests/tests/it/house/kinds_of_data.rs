//! docs/data.md says of every event, every sealed field and every view of which kind it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::root;

const PAGE: &str = "docs/data.md";
const LEVELS: [&str; 5] = ["secret", "personal", "confidential", "internal", "public"];

fn page() -> String {
    fs::read_to_string(root().join(PAGE)).unwrap_or_else(|error| panic!("{PAGE}: {error}"))
}

/// The part of the page under this heading.
fn part(heading: &str) -> String {
    let page = page();
    let rest = page.split(&format!("\n## {heading}\n")).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("{PAGE} has no part `{heading}`"));
    rest.split("\n## ").next().unwrap().to_owned()
}

/// Rows whose first cell is one name between backticks, by that name.
fn named_rows(text: &str) -> BTreeMap<String, Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).map(|cells| (cells[0].trim_matches('`').to_owned(), cells)).collect()
}

fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The published shapes: of each event the fields that are sealed.
fn published() -> BTreeMap<String, BTreeSet<String>> {
    let mut events: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(root().join("schemas/json")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(name) = file.strip_suffix(".schema.json") else { continue };
        let event = events.entry(name.trim_end_matches(".personal").to_owned()).or_default();
        if name.ends_with(".personal") {
            let schema: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            event.extend(schema["properties"].as_object().unwrap().keys().cloned());
        }
    }
    assert!(events.len() > 60, "only {} events: this test looks in the wrong place", events.len());
    events
}

#[test]
fn every_event_and_every_sealed_field_is_of_a_kind() {
    let rows = named_rows(&part("Every event"));
    let published = published();
    for (event, sealed) in &published {
        let row = rows.get(event).unwrap_or_else(|| panic!("{PAGE} lacks `{event}`"));
        let level = row[1].as_str();
        assert!(["confidential", "internal"].contains(&level), "{event}: `{level}` in the clear");
        let (personal, secret) = (quoted(&row[2]), quoted(&row[3]));
        let told: BTreeSet<String> = personal.iter().chain(&secret).cloned().collect();
        assert_eq!(told.len(), personal.len() + secret.len(), "{event}: a field is of two kinds");
        assert_eq!(told, *sealed, "{event}: what is sealed is {sealed:?}");
    }
    let gone: Vec<_> = rows.keys().filter(|event| !published.contains_key(*event)).collect();
    assert!(gone.is_empty(), "{PAGE} tells of events that there are not: {gone:?}");
}

#[test]
fn nothing_in_the_clear_has_the_name_of_something_personal() {
    // What is personal somewhere is so everywhere: in the clear there are ids, keyed hashes and the vendor's own texts.
    let sealed: BTreeSet<String> = published().into_values().flatten().collect();
    let known: [(&str, &[&str]); 4] = [
        // Keyed hashes of what is sealed.
        ("device_activated.v1", &["fingerprint"]),
        ("domain_activated.v1", &["domain"]),
        // The keyed hash of what the browser calls it.
        ("passkey_added.v1", &["credential"]),
        // What an admin calls a program, for others to see; not a person.
        ("api_token_created.v1", &["name"]),
    ];
    let rows = named_rows(&part("Every event"));
    for (event, row) in rows.iter().filter(|(_, row)| row[1] == "confidential") {
        let path = root().join(format!("schemas/json/{event}.schema.json"));
        let schema: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let clear = schema["properties"].as_object().map(|all| all.keys().cloned().collect());
        let clear: BTreeSet<String> = clear.unwrap_or_default();
        let allowed = known.iter().find(|(name, _)| name == event).map(|(_, fields)| *fields);
        for field in clear.intersection(&sealed) {
            let fine = allowed.is_some_and(|fields| fields.contains(&field.as_str()));
            assert!(fine, "{event} has `{field}` in the clear: {row:?}");
        }
    }
}

#[test]
fn every_view_is_of_a_kind_and_every_kind_says_what_it_demands() {
    let mut views = BTreeSet::new();
    for entry in fs::read_dir(root().join("projections/src/views")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            views.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    let rows = named_rows(&part("Every view"));
    assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), views, "{PAGE} and the views");
    for (view, row) in &rows {
        assert!(LEVELS.contains(&row[1].as_str()), "{view} is `{}`", row[1]);
    }
    let levels = part("Five levels");
    let demands = part("What each level demands");
    let head = demands.lines().find(|line| line.starts_with('|')).unwrap();
    for level in LEVELS {
        assert!(levels.contains(&format!("\n| {level} |")), "{PAGE} does not say what is {level}");
        assert!(head.contains(&format!("| {level} ")), "{PAGE} does not say what {level} demands");
    }
    let empty = demands.lines().filter(|line| line.starts_with("| ") && line.contains("|  |"));
    assert_eq!(empty.count(), 0, "{PAGE}: a level for which something is not said");
}
