//! The machine that the figures were measured on, as far as the system tells.

use std::fs;
use std::path::Path;
use std::process::Command;

use ledger_log::{Clock, SystemClock};

/// One line for each thing that figures depend on.
#[must_use]
pub fn describe(data: &Path) -> Vec<(&'static str, String)> {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    vec![
        ("CPU", format!("{}, {cores} cores", field("/proc/cpuinfo", "model name"))),
        ("Memory", field("/proc/meminfo", "MemTotal")),
        ("File system", file_system(data)),
        ("Kernel", read("/proc/sys/kernel/osrelease")),
        ("Date", now()),
    ]
}

fn now() -> String {
    let now = jiff::Timestamp::from_microsecond(SystemClock.now().micros()).unwrap();
    now.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// The first value of this name in a file of `name : value` lines.
fn field(path: &str, name: &str) -> String {
    let text = read(path);
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let found = pairs.find(|(key, _)| key.trim() == name);
    found.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

fn file_system(data: &Path) -> String {
    let output = Command::new("df").args(["--output=fstype,source"]).arg(data).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = text.ok().and_then(|text| text.lines().nth(1).map(str::to_owned));
    let words = line.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" on "));
    words.unwrap_or_else(|| "unknown".to_owned())
}
