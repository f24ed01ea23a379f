//! What commands print: data on standard output, talk on standard error, a bar for long work when a person
//! looks on.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::Failure;

/// Prints one line of JSON.
///
/// # Errors
/// When standard output is closed.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::caused("OUTPUT_NOT_WRITTEN", &error))?;
    line(&text)
}

/// Prints one line.
///
/// # Errors
/// When standard output is closed.
pub fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| Failure::caused("OUTPUT_NOT_WRITTEN", &error))
}

/// A bar for work of this many steps (`None`: nobody knows), shown only to a person.
#[must_use]
pub fn progress(steps: Option<u64>, what: &'static str) -> ProgressBar {
    let bar = match steps {
        Some(steps) => ProgressBar::new(steps),
        None => ProgressBar::new_spinner(),
    };
    if !io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let template = match steps {
        Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} eta {eta}",
        None => "{msg} {spinner} {human_pos} {per_sec}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(what)
}
