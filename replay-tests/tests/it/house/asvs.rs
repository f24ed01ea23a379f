//! What docs/asvs.csv and docs/security.md say of security is so: each requirement has one row, each row that says that it
//! is met names a test that is there and runs, and the page counts as the table does.

mod named;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use named::Tests;
use wanted::{OF_LEVELS_1_AND_2, chapter, wanted};

use super::root;

const TABLE: &str = "docs/asvs.csv";
const PAGE: &str = "docs/security.md";
const HEAD: [&str; 5] = ["id", "level", "applies", "test", "note"];
/// How many abuse cases the threat model has.
const ABUSE_CASES: usize = 20;

/// One requirement, and how it is met.
struct Row {
    id: String,
    level: String,
    applies: String,
    tests: Vec<String>,
    note: String,
}

fn paper(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The rows of the table; lines that begin with `#` are remarks.
fn rows() -> Vec<Row> {
    let text = paper(TABLE);
    assert!(
        text.lines().next().is_some_and(|line| line.contains("ASVS 5.0.0")),
        "{TABLE}: the first line names the standard and its version, as `# OWASP ASVS 5.0.0 …`"
    );
    let mut table = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), HEAD, "{TABLE}: the head");
    table
        .records()
        .map(|record| {
            let record = record.unwrap_or_else(|error| panic!("{TABLE}: {error}: mend the row"));
            let cell = |at: usize| record[at].to_owned();
            let tests = record[3].split_whitespace().map(str::to_owned).collect();
            Row { id: cell(0), level: cell(1), applies: cell(2), tests, note: cell(4) }
        })
        .collect()
}

/// What is wrong with the shape of a row, and what to do.
fn malformed(row: &Row) -> Option<&'static str> {
    let note = row.note.trim();
    match row.applies.as_str() {
        "yes" if row.tests.is_empty() => {
            Some("says `yes` and names no test: name one that fails without it, or say `open`")
        }
        "no" | "open" if !row.tests.is_empty() => {
            Some("names a test and does not say `yes`: take the name out, or say `yes`")
        }
        "no" if note.is_empty() => Some("has no note: say why it does not apply here"),
        "open" if note.is_empty() => Some("has no note: say what is missing"),
        "yes" if note.is_empty() => Some("has no note: say what is done"),
        "yes" | "no" | "open" if note != row.note || !note.ends_with('.') => {
            Some("has a note that is no sentence: end it with a full stop")
        }
        "yes" | "no" | "open" => None,
        _ => Some("says neither `yes`, `no` nor `open` in the column `applies`"),
    }
}

/// How many rows say yes, no and open.
fn counts<'a>(rows: impl Iterator<Item = &'a Row>) -> [usize; 3] {
    let mut counts = [0; 3];
    for row in rows {
        let place = ["yes", "no", "open"].iter().position(|one| *one == row.applies);
        counts[place.unwrap_or_else(|| panic!("{}: `{}`", row.id, row.applies))] += 1;
    }
    counts
}

/// Fails with all that is wrong at once.
fn assert_none(wrong: &[String], what: &str) {
    assert!(wrong.is_empty(), "{what}\n  {}", wrong.join("\n  "));
}

#[test]
fn every_requirement_of_the_standard_has_one_row() {
    let mut wrong = Vec::new();
    let wanted = wanted();
    for (at, count) in OF_LEVELS_1_AND_2.iter().enumerate() {
        let listed =
            wanted.iter().filter(|(id, level)| chapter(id) == at + 1 && *level != '3').count();
        assert_eq!(listed, *count, "house/asvs/wanted.rs lost a requirement of chapter {}", at + 1);
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let rows = rows();
    for row in &rows {
        *seen.entry(row.id.clone()).or_default() += 1;
        match wanted.iter().find(|(id, _)| *id == row.id) {
            None => wrong.push(format!("{} is not asked for: take its row out", row.id)),
            Some((_, level)) if row.level != level.to_string() => {
                wrong.push(format!("{} is of level {level}, not `{}`", row.id, row.level));
            }
            Some(_) => {}
        }
    }
    for (id, _) in &wanted {
        match seen.get(id).copied().unwrap_or_default() {
            1 => {}
            0 => {
                wrong.push(format!("{id} has no row: add `{id},<level>,open,,<what is missing>.`"))
            }
            times => wrong.push(format!("{id} has {times} rows: keep one")),
        }
    }
    let in_order: Vec<&str> = wanted.iter().map(|(id, _)| id.as_str()).collect();
    let found: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    if wrong.is_empty() && in_order != found {
        wrong.push("the rows stand in another order than those of the standard".to_owned());
    }
    assert_none(&wrong, TABLE);
}

#[test]
fn every_requirement_that_is_met_names_a_test_that_is_there_and_runs() {
    let tests = Tests::find();
    let mut wrong = Vec::new();
    let rows = rows();
    for row in &rows {
        wrong.extend(malformed(row).map(|why| format!("{} {why}", row.id)));
        let failing = row.tests.iter().filter_map(|meant| tests.look_up(meant).err());
        wrong.extend(failing.map(|why| format!("{}: {why}", row.id)));
        let distinct: BTreeSet<&String> = row.tests.iter().collect();
        if distinct.len() != row.tests.len() {
            wrong.push(format!("{} names a test twice", row.id));
        }
    }
    assert_none(&wrong, TABLE);
    let [yes, no, open] = counts(rows.iter());
    let named: BTreeSet<&String> = rows.iter().flat_map(|row| &row.tests).collect();
    println!(
        "ASVS 5.0.0: {} rows: {yes} yes, {no} no, {open} open; {} of {} tests are named",
        rows.len(),
        named.len(),
        tests.count()
    );
}

/// The cells of the lines of a page that are rows of a table and begin so.
fn table_rows(text: &str, begins: impl Fn(&str) -> bool) -> Vec<Vec<String>> {
    let lines = text.lines().filter(|line| line.starts_with('|'));
    let cells = lines.map(|line| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    });
    cells.filter(|cells| begins(&cells[0])).collect()
}

#[test]
fn the_page_for_reviewers_counts_as_the_table_does() {
    let (page, rows) = (paper(PAGE), rows());
    let number = |first: &str| first.strip_prefix('V')?.split(' ').next()?.parse::<usize>().ok();
    let told = table_rows(&page, |first| number(first).is_some());
    let mut wrong = Vec::new();
    for at in 1..=OF_LEVELS_1_AND_2.len() {
        let of_chapter: Vec<&Row> = rows.iter().filter(|row| chapter(&row.id) == at).collect();
        let open = of_chapter.iter().filter(|row| row.applies == "open");
        let open = open.map(|row| row.id.as_str()).collect::<Vec<_>>().join(", ");
        let counted = counts(of_chapter.into_iter()).map(|count| count.to_string());
        let is_told = |cells: &Vec<String>| cells[1..4] == counted && cells[4] == open;
        let cells = told.iter().find(|cells| number(&cells[0]) == Some(at));
        if !cells.is_some_and(|cells| cells.len() == 5 && is_told(cells)) {
            let counted = counted.join(" | ");
            wrong.push(format!("chapter {at}: write `| V{at} … | {counted} | {open} |`"));
        }
    }
    let all = counts(rows.iter()).map(|count| count.to_string());
    let sum = table_rows(&page, |first| first == "All");
    if sum.first().and_then(|cells| cells.get(1..4)) != Some(&all[..]) {
        wrong.push(format!("the sum: write `| All | {} |`", all.join(" | ")));
    }
    assert_none(&wrong, PAGE);
}

#[test]
fn every_abuse_case_names_a_test_that_is_there_or_says_not_yet() {
    let tests = Tests::find();
    let told = table_rows(&paper(PAGE), |first| first.parse::<usize>().is_ok());
    let numbers: Vec<usize> = told.iter().map(|cells| cells[0].parse().unwrap()).collect();
    let all: Vec<usize> = (1..=ABUSE_CASES).collect();
    assert_eq!(numbers, all, "{PAGE}: each of the {ABUSE_CASES} abuse cases has one row, in order");
    let mut wrong = Vec::new();
    let mut tried = 0;
    for cells in &told {
        let shown = cells.get(2).map(String::as_str).unwrap_or_default();
        if shown == "not yet" {
            continue;
        }
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            wrong.push(format!("{}: name a test in backticks, or write `not yet`", cells[0]));
        }
        tried += 1;
        let failing = names.into_iter().filter_map(|meant| tests.look_up(meant).err());
        wrong.extend(failing.map(|why| format!("{}: {why}", cells[0])));
    }
    assert_none(&wrong, PAGE);
    println!("{tried} of {ABUSE_CASES} abuse cases are tried");
}
