//! `deedbook import`.

use std::path::PathBuf;

use indicatif::ProgressBar;

use super::arguments::Import;
use super::{Exit, Failure, output};
use crate::engine::Engine;
use crate::import::{self, ImportError, Options, Progress, Report};

/// Problems that are printed for a person; all of them are in the JSON.
const PROBLEMS_SHOWN_MAX: usize = 50;

/// Imports files into a ledger.
///
/// # Errors
/// When the ledger cannot be opened, a file cannot be read, or rows were refused.
pub async fn run(asked: &Import) -> Result<Exit, Failure> {
    let files = import::files_of(&asked.files).map_err(|error| failure(&error))?;
    if files.is_empty() {
        return Err(Failure::usage("NO_FILES", "none of the folders holds a file to import")
            .advice("name files such as customers.csv, members.csv, licenses.csv"));
    }
    let engine = Engine::open(&asked.data.path, asked.data.sizes()).await?;
    let options = Options { dry_run: asked.dry_run, kind: asked.kind };
    let imported = with_progress(&engine, &files, &options).await;
    engine.close().await;
    let report = match imported {
        Ok(report) => report,
        Err(error) => {
            if let (ImportError::Stopped { report, .. }, true) = (&error, asked.json) {
                output::json(&**report)?;
            }
            return Err(failure(&error));
        }
    };
    print(&report, asked.json)?;
    Ok(if report.is_clean() { Exit::Done } else { Exit::Refused })
}

async fn with_progress(
    engine: &Engine,
    files: &[PathBuf],
    options: &Options,
) -> Result<Report, ImportError> {
    let bar = output::progress(Some(0), "reading");
    let progress = shown_on(bar.clone());
    let imported = import::run(engine.ledger(), files, options, &progress).await;
    bar.finish_and_clear();
    imported
}

/// Shows on a bar how far an import is.
pub fn shown_on(bar: ProgressBar) -> impl Fn(Progress) + Send + Sync {
    move |progress| match progress {
        Progress::Reading { bytes, bytes_total } => {
            bar.set_length(bytes_total);
            bar.set_position(bytes);
        }
        Progress::Importing { rows, rows_total } => {
            bar.set_message("importing");
            bar.set_length(rows_total);
            bar.set_position(rows);
        }
    }
}

fn print(report: &Report, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(report);
    }
    let verb = if report.dry_run { "would be added" } else { "added" };
    for (kind, count) in &report.kinds {
        let import::Count { rows, added, already, broken } = count;
        output::line(&format!(
            "{kind:<12} {rows:>8} rows: {added} {verb}, {already} there already, {broken} not taken"
        ))?;
    }
    for problem in report.problems.iter().take(PROBLEMS_SHOWN_MAX) {
        output::line(&problem.to_string())?;
    }
    let more = u64::try_from(report.problems.len().saturating_sub(PROBLEMS_SHOWN_MAX))
        .unwrap_or(u64::MAX)
        .saturating_add(report.problems_omitted);
    if more > 0 {
        output::line(&format!("and {more} more problems; --json has them"))?;
    }
    Ok(())
}

fn failure(error: &ImportError) -> Failure {
    match error {
        ImportError::Read { .. } => Failure::caused("FILE_NOT_READ", error)
            .advice("look at the file's name and permissions, and that nobody writes to it"),
        ImportError::Stopped { code, advice, .. } => {
            Failure::caused(code, error).advice(advice.clone())
        }
        ImportError::Random { .. } => Failure::caused("NO_RANDOM", error),
    }
}
