//! `deedbook replay`.

use ledger_log::ReadError;
use projections::replay::{ReplayError, Until, replay_before};
use projections::rights::{Differing, Rights};
use projections::views::Views;
use serde_json::json;

use super::arguments::Replay;
use super::{Exit, Failure, output};
use crate::moment::{Moment, rfc3339};
use crate::offline::Offline;

/// Folds the log up to a moment and prints the digests.
///
/// # Errors
/// When the ledger cannot be opened or read.
pub async fn run(asked: &Replay) -> Result<Exit, Failure> {
    let until = match &asked.as_of {
        None => Until::Tail,
        Some(text) => match text.parse::<Moment>() {
            Ok(Moment::Time(time)) => Until::Time(time),
            Ok(Moment::Position(position)) => Until::Position(position),
            Err(error) => return Err(Failure::usage("MOMENT_NOT_UNDERSTOOD", error)),
        },
    };
    let offline = Offline::open(&asked.data.path)?;
    let bar = output::progress(Some(offline.report.events), "replaying");
    let mut rights = Rights::default();
    let views = replay_before(
        &*offline.log,
        &offline.codec,
        until,
        |progress| bar.set_position(progress.events),
        |views, recorded| rights.judge(views, recorded),
    )
    .await;
    bar.finish_and_clear();
    print(&views.map_err(|error| failure(&error))?, &rights, asked.json)?;
    Ok(if rights.differing == 0 { Exit::Done } else { Exit::Refused })
}

fn print(views: &Views, rights: &Rights, as_json: bool) -> Result<(), Failure> {
    let digests = views.digests();
    let recorded_at = views.recorded_at().map(rfc3339);
    if as_json {
        let rows: Vec<_> = digests
            .views
            .iter()
            .map(|view| {
                json!({
                    "view": view.view.to_string(), "rows": view.rows,
                    "digest": view.digest.to_string(),
                })
            })
            .collect();
        return output::json(&json!({
            "position": digests.position.map(|position| position.0),
            "recordedAt": recorded_at, "views": rows,
            "rights": {
                "same": rights.same, "differing": rights.differing,
                "otherPolicy": rights.other_policy, "unsaid": rights.unsaid,
                "named": rights.named.iter().map(named).collect::<Vec<_>>(),
            },
        }));
    }
    let position =
        digests.position.map_or_else(|| "none".to_owned(), |position| position.to_string());
    let recorded_at = recorded_at.unwrap_or_else(|| "never".to_owned());
    output::line(&format!("last event {position}, recorded {recorded_at}"))?;
    digests.views.iter().try_for_each(|view| {
        let name = view.view.to_string();
        output::line(&format!("{name:<16} {:>9} rows  {}", view.rows, view.digest))
    })?;
    let Rights { same, differing, other_policy, unsaid, named } = rights;
    output::line(&format!(
        "rights: {same} facts were recorded by the right they say, {differing} were not; \
         {other_policy} under another policy, {unsaid} say none"
    ))?;
    named.iter().try_for_each(|one| {
        let found = one.found.as_deref().unwrap_or("no right");
        let (position, fact) = (one.position, &one.wire_name);
        output::line(&format!("  {position} {fact}: says {}, comes out as {found}", one.recorded))
    })
}

fn named(one: &Differing) -> serde_json::Value {
    json!({
        "position": one.position.0, "type": one.wire_name, "recorded": one.recorded, "found": one.found,
    })
}

fn failure(error: &ReplayError) -> Failure {
    match error {
        ReplayError::Read(cause @ ReadError::Damaged { .. }) => {
            Failure::damaged(error.code(), cause).advice(crate::log_check::DAMAGE_ADVICE)
        }
        ReplayError::Read(ReadError::Unavailable { .. })
        | ReplayError::Codec(_)
        | ReplayError::Apply(_) => Failure::caused(error.code(), error)
            .advice("run `deedbook verify`; if the log is whole, use the version that wrote it"),
    }
}
