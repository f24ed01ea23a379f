//! Events as JSON Lines, in the order of the log. Within one tenant the ordinals run from 0 without a gap, and each
//! event names the content root of the one before it in its stream: whoever holds the file can tell what is missing.

use std::collections::BTreeMap;
use std::io::Write;

use ledger_log::RecordedEvent;
use schemas::{AccountId, Actor, LogPosition};
use serde_json::{Map, Value, json};

use super::body::{Body, body};
use super::{ExportError, Ledger, Person, Selection};
use crate::moment::rfc3339;

/// Events read from the log at a time.
const BATCH: usize = 1_000;

/// What was written.
pub(super) struct Written {
    /// Selected events.
    pub(super) rows: u64,
    /// The newest event of the moment, selected or not.
    pub(super) last: Option<LogPosition>,
}

/// Writes the selected events.
pub(super) async fn write(
    ledger: &Ledger<'_>,
    selection: &Selection,
    out: &mut (dyn Write + Send),
) -> Result<Written, ExportError> {
    let mut ordinals: BTreeMap<Option<AccountId>, u64> = BTreeMap::new();
    let mut after = None;
    let mut written = Written { rows: 0, last: None };
    loop {
        let batch = ledger.log.read_all(after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(written) };
        after = Some(last.position);
        for stored in &batch {
            if !ledger.upper.holds(stored) {
                return Ok(written);
            }
            written.last = Some(stored.position);
            // Counted from the first event of the log, so that the numbers are the same in every export.
            let next = ordinals.entry(stored.header.tenant).or_default();
            let ordinal = *next;
            *next += 1;
            if !selection.holds(stored) {
                continue;
            }
            let opened = selection.with_personal || selection.person.is_some();
            let event = ledger.decode(stored, opened)?;
            let mut body = body(&event.event).map_err(ExportError::Body)?;
            if let Some(person) = selection.person {
                if !concerns(&event, &body, person) {
                    continue;
                }
                body.personal = body.personal.filter(|personal| is_of(personal, person));
            }
            let line = line(&event, ordinal, body.public, body.personal.filter(|_| opened));
            writeln!(out, "{line}").map_err(ExportError::Write)?;
            written.rows += 1;
        }
    }
}

/// Whether a person did it, or it names the person.
fn concerns(event: &RecordedEvent, body: &Body, person: Person) -> bool {
    event.header.actor == person.actor()
        || event.header.stream.id == person.uuid()
        || body.personal.as_ref().is_some_and(|personal| is_of(personal, person))
        || names(&body.public, &person.to_string())
}

fn is_of(personal: &Value, person: Person) -> bool {
    personal.get("subject").and_then(Value::as_str) == Some(&person.subject().to_string())
}

/// Whether one of the values is this text.
fn names(value: &Value, text: &str) -> bool {
    match value {
        Value::String(one) => one == text,
        Value::Array(values) => values.iter().any(|value| names(value, text)),
        Value::Object(members) => members.values().any(|value| names(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn line(event: &RecordedEvent, ordinal: u64, body: Value, personal: Option<Value>) -> Value {
    let header = &event.header;
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("position", json!(event.position.0));
    put("tenant", json!(header.tenant));
    put("ordinal", json!(ordinal));
    put("stream", json!(header.stream.to_string()));
    put("revision", json!(header.revision));
    put("event_id", json!(header.event_id));
    put("type", json!(header.wire_name));
    put("recorded_at", json!(rfc3339(header.recorded_at)));
    put("effective_at", json!(rfc3339(header.effective_at)));
    put("actor", actor(header.actor));
    put("on_behalf_of", json!(header.on_behalf_of));
    put("command_id", json!(header.command_id));
    put("correlation_id", json!(header.correlation_id));
    put("causation_id", json!(header.causation_id));
    put("rule", json!(header.rule));
    put("policy_digest", json!(header.policy_digest));
    put("basis", json!(header.basis));
    put("previous_root", json!(header.previous_root));
    put("content_root", json!(event.content_root));
    put("body", body);
    if let Some(personal) = personal {
        put("personal", personal);
    }
    Value::Object(line)
}

fn actor(actor: Actor) -> Value {
    match actor {
        Actor::System => json!({ "kind": "system" }),
        Actor::Operator => json!({ "kind": "operator" }),
        Actor::Member(id) => json!({ "kind": "member", "id": id }),
        Actor::Staff(id) => json!({ "kind": "staff", "id": id }),
        Actor::Token(id) => json!({ "kind": "token", "id": id }),
        Actor::License(id) => json!({ "kind": "license", "id": id }),
    }
}
