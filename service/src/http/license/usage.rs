//! Usage that software counted, by the piece or many at once; also as CloudEvents 1.0 in their structured and batched
//! forms. Each is counted once for ever, by its source and id.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use futures_util::{StreamExt, stream};
use graphql::identity;
use graphql::refusal::Refusal;
use ledger::authority::Action;
use ledger::calendar::{Window, text};
use ledger::entitlements::{Metering, metering};
use ledger::evaluate::Request;
use ledger::meter::{Command, MeterRules, Metered};
use schemas::{FeatureKey, Quantity, StreamName, Timestamp};
use serde::Deserialize;

use super::super::check::Units;
use super::super::problem::Problem;
use super::answer::{Counted, CountedEvent, Told};
use super::asks::{self, EVENTS_MAX, Usage, UsageEvent, bad};
use super::caller::{Allowed, Caller, Intent};

/// How far the clock of whoever counted may be ahead of ours, in seconds.
const AHEAD_SECONDS: i64 = 5 * 60;
/// How many features are counted at a time.
const UNDER_WAY_MAX: usize = 8;
/// What a CloudEvent says it is.
const EVENT_TYPE: &str = "deedbook.usage.v1";
/// The longest id or source, in bytes.
const NAME_BYTES_MAX: usize = 256;
const OPERATION: &str = "licenseUsage";

/// A CloudEvent in JSON. What else its sender adds is not looked at.
#[derive(Deserialize)]
struct CloudEvent {
    specversion: String,
    id: String,
    source: String,
    r#type: String,
    time: Option<String>,
    data: Used,
}

#[derive(Deserialize)]
struct Used {
    feature: String,
    quantity: Units,
}

/// Counts usage: each in its turn, each by itself.
///
/// # Errors
/// When nothing of it can be understood.
pub(super) async fn record(
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Told, Problem> {
    let events = sent(headers, body)?;
    if events.is_empty() || events.len() > EVENTS_MAX {
        return Err(bad("events", format!("send 1 to {EVENTS_MAX} at once")));
    }
    caller.charge(u64::try_from(events.len()).unwrap_or(u64::MAX))?;
    let allowed = caller.judged(Action::RecordUsage)?;
    let mut by_feature: BTreeMap<&str, Vec<(usize, &UsageEvent)>> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        by_feature.entry(&event.feature).or_default().push((place, event));
    }
    let mut counting = Vec::with_capacity(by_feature.len());
    for of_one in by_feature.into_values() {
        counting.push(in_turn(caller, &allowed, of_one));
    }
    let told = stream::iter(counting).buffered(UNDER_WAY_MAX);
    let mut told: Vec<_> = told.flat_map(stream::iter).collect().await;
    told.sort_by_key(|(place, _)| *place);
    let results = told.into_iter().map(|(_, event)| event).collect();
    Ok(Told::Counted(Counted { results }))
}

fn sent(headers: &HeaderMap, body: &[u8]) -> Result<Vec<UsageEvent>, Problem> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = declared.and_then(|value| value.split(';').next()).unwrap_or_default();
    match media.trim().to_ascii_lowercase().as_str() {
        "application/json" => asks::parse::<Usage>(body).map(|usage| usage.events),
        "application/cloudevents+json" => Ok(vec![from_cloud(asks::parse(body)?)?]),
        "application/cloudevents-batch+json" => {
            asks::parse_any::<Vec<CloudEvent>>(body)?.into_iter().map(from_cloud).collect()
        }
        _ => Err(Refusal::ContentType.into()),
    }
}

fn from_cloud(event: CloudEvent) -> Result<UsageEvent, Problem> {
    if event.specversion != "1.0" {
        return Err(bad("specversion", "expected CloudEvents 1.0"));
    }
    if event.r#type != EVENT_TYPE {
        return Err(bad("type", format!("expected `{EVENT_TYPE}`")));
    }
    let Used { feature, quantity } = event.data;
    let source = Some(event.source);
    Ok(UsageEvent { id: event.id, source, feature, quantity, time: event.time })
}

/// What was used of one feature, one after the other: which of them still fit does not depend on chance.
async fn in_turn(
    caller: &Caller,
    allowed: &Allowed<'_>,
    events: Vec<(usize, &UsageEvent)>,
) -> Vec<(usize, CountedEvent)> {
    let mut all = Vec::with_capacity(events.len());
    for (place, event) in events {
        all.push((place, told(caller, allowed, event).await));
    }
    all
}

async fn told(caller: &Caller, allowed: &Allowed<'_>, event: &UsageEvent) -> CountedEvent {
    let (id, source) = (event.id.clone(), event.source.clone());
    let counted = Some(true);
    match count(caller, allowed, event).await {
        Ok(again) => {
            let (code, message, retryable) = (None, None, false);
            CountedEvent { id, source, counted, again, code, message, retryable }
        }
        Err(problem) => CountedEvent {
            id,
            source,
            counted: (problem.code() != "OUTCOME_UNKNOWN").then_some(false),
            again: false,
            code: Some(problem.code().to_owned()),
            message: Some(words(&problem)),
            retryable: problem.is_retryable(),
        },
    }
}

/// What is so: usage is named by its source and id where other requests are by a header.
fn words(problem: &Problem) -> String {
    match problem.code() {
        "OUTCOME_UNKNOWN" => "whether it counts is not known: send it again as it is".to_owned(),
        "IDEMPOTENCY_MISMATCH" => {
            "another feature or quantity was counted under this source and id".to_owned()
        }
        _ => problem.detail().to_owned(),
    }
}

/// Whether it was counted before.
async fn count(
    caller: &Caller,
    allowed: &Allowed<'_>,
    event: &UsageEvent,
) -> Result<bool, Problem> {
    let source = event.source.as_deref().unwrap_or_default();
    if event.id.is_empty() || event.id.len() > NAME_BYTES_MAX || source.len() > NAME_BYTES_MAX {
        let words =
            format!("the id must have 1 to {NAME_BYTES_MAX} bytes, the source at most as many");
        return Err(bad("id", words));
    }
    let feature: FeatureKey = event.feature.parse().map_err(|error| bad("feature", error))?;
    let time = asks::instant(event.time.as_deref())?;
    let names = [OPERATION.as_bytes(), source.as_bytes(), event.id.as_bytes()];
    let command = caller.named(&names);
    let allowance = match allowance(caller, &feature, time) {
        Ok(allowance) => allowance,
        // A retry gets the outcome that it had, whatever became of the license since.
        Err(_) if caller.is_recorded(command).await? => nothing(caller.now()),
        Err(problem) => return Err(problem),
    };
    let meter = Metered {
        license: caller.license(),
        account: caller.scope().account(),
        feature: feature.clone(),
    };
    let stream = StreamName::from(identity::meter_id(caller.keystore(), meter.license, &feature));
    let quantity = event.quantity.0;
    let meaning = [feature.as_str().as_bytes(), &quantity.to_be_bytes()];
    let intent = Intent { operation: OPERATION, command, meaning: &meaning };
    let Metering { allowance, period } = allowance;
    let asked = Command::RecordUsage { meter, quantity, allowance, period };
    let receipt = allowed.send::<MeterRules>(stream, asked, &intent).await?;
    Ok(receipt.replayed)
}

/// What stands in the place of an allowance where nothing is decided any more.
fn nothing(at: Timestamp) -> Metering {
    Metering { allowance: Quantity::ZERO, period: Window { from: at, until: None } }
}

/// What the license allows of the feature now, where it may be used at all.
fn allowance(
    caller: &Caller,
    feature: &FeatureKey,
    time: Option<Timestamp>,
) -> Result<Metering, Problem> {
    let seen = caller.seen()?;
    let (facts, at) = (&seen.facts, seen.at);
    let found = metering(&facts.license.state, &facts.product.state, feature, at);
    let request = Request { feature: Some(feature.clone()), ..Request::new(at) };
    if let Some(check) = facts.evaluate(&request).failing().next() {
        let problem = Problem::conflict(check.code.name(), check.message.clone()).by(check.rule);
        return Err(match check.fix {
            Some(fix) => problem.advising(fix.text()),
            None => problem,
        });
    }
    let found = found.ok_or_else(|| {
        Problem::conflict("FEATURE_TYPE_MISMATCH", format!("`{feature}` is not metered"))
    })?;
    match time {
        Some(time) if time > at.plus_seconds(AHEAD_SECONDS) => {
            let words = format!("{} is in the future by the clock of the service", text(time));
            Err(Problem::conflict("USAGE_IN_FUTURE", words))
        }
        Some(time) if time < found.period.from => {
            let from = text(found.period.from);
            let words = format!("{} is before {from}, when the present period began", text(time));
            Err(Problem::conflict("USAGE_TOO_LATE", words))
        }
        Some(_) | None => Ok(found),
    }
}
