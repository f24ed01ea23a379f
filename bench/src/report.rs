//! Writes what was found: RESULTS.md for people, results.json for programs.

use std::fmt::Write;
use std::fs;

use crate::machine;
use crate::options::Options;
use crate::row::{Row, Target};
use crate::workload::Found;

/// Writes both files, and shows the tables.
pub fn write(options: &Options, found: &[Found]) {
    fs::create_dir_all(&options.results).expect("the folder for the results can be made");
    let rows: Vec<_> = found.iter().flat_map(|one| &one.rows).collect();
    let json = serde_json::to_string_pretty(&rows).expect("rows are JSON") + "\n";
    fs::write(options.results.join("results.json"), json).expect("results.json can be written");
    let text = text(options, found);
    println!("{text}");
    fs::write(options.results.join("RESULTS.md"), text).expect("RESULTS.md can be written");
}

fn text(options: &Options, found: &[Found]) -> String {
    let mut text = String::from(HEAD);
    for (name, value) in machine::describe(&options.data) {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let (rounds, seconds) = (options.rounds(), options.measured().as_secs_f64());
    let _ =
        writeln!(text, "- Rounds: {rounds}, interleaved, {seconds} s for each engine and depth");
    if options.quick {
        text.push_str(
            "\n**A run with `--quick`: it shows that the bench works, and nothing else.**\n",
        );
    }
    for one in found {
        let _ = write!(text, "\n## {}\n\n{}\n", one.workload.title, one.workload.note);
        text.push_str(&table(&one.rows));
    }
    text
}

const HEAD: &str = "# Results

Written by `make bench`; the same figures are in `results.json`. Read the ratios: each is the median of the ratios within
one round, in which the engines ran one after the other, so a machine that is busy with other things shifts both sides.
Absolute figures hold for this machine at this hour only.

";

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "\n| workload | engine | in flight | ratio | to | target | median | p99 |\n|---|---|---:|---:|---|---|---:|---:|\n",
    );
    for row in rows {
        let in_flight = row.in_flight.map(|count| count.to_string()).unwrap_or_default();
        let ratio = row.ratio.map(|ratio| format!("**{ratio:.2}**")).unwrap_or_default();
        let p99 = row.p99_ms.map(|p99| format!("{p99:.1} ms")).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} | {in_flight} | {ratio} | {} | {} | {} {} | {p99} |",
            row.workload,
            row.engine,
            row.ratio_to.unwrap_or_default(),
            target(row),
            figure(row.median),
            row.unit,
        );
    }
    text
}

fn target(row: &Row) -> String {
    let Some(target) = row.target else { return String::new() };
    let reached = if row.is_reached() == Some(true) { "reached" } else { "MISSED" };
    match target {
        Target::RatioAtLeast(least) => format!("≥ {least}: {reached}"),
        Target::RatioAtMost(most) => format!("≤ {most}: {reached}"),
        Target::MedianAtMost(most) => format!("≤ {most} {}: {reached}", row.unit),
    }
}

/// A number as people read it: thousands apart, small ones with their digits.
fn figure(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(figure(1.234), "1.23");
        assert_eq!(figure(999.4), "999");
        assert_eq!(figure(61_234.0), "61,234");
        assert_eq!(figure(1_234_567.0), "1,234,567");
    }
}
