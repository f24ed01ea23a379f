//! `deedbook inspect`.

mod body;

use ledger_log::{EventLog, Keystore, ReadError};
use schemas::{AccountId, LicenseId, MemberId, MeterId, ProductId, StaffId};
use schemas::{Actor, LogPosition, Part, Revision, StoredEvent, StreamName};
use serde_json::{Value, json};

use super::arguments::Inspect;
use super::{Exit, Failure, output};
use crate::moment::rfc3339;
use crate::offline::Offline;

/// How many events are read at once.
const PAGE_EVENTS: usize = 500;

/// Prints events of one stream or of all, also of a damaged ledger as far as they are healthy.
///
/// # Errors
/// When the ledger cannot be opened, or what is asked for is damaged.
pub async fn run(asked: &Inspect) -> Result<Exit, Failure> {
    let stream = asked.stream.as_deref().map(parse_stream).transpose()?;
    let offline = Offline::open(&asked.data.path)?;
    for finding in &offline.report.damage {
        tracing::warn!(%finding, "the ledger is damaged; what is healthy is shown");
    }
    let mut printed = 0;
    let mut after = asked.after;
    while printed < asked.limit {
        let limit = PAGE_EVENTS.min(asked.limit - printed);
        let events = read(&*offline.log, stream, after, limit).await.map_err(|e| failure(&e))?;
        for event in &events {
            print(event, offline.codec.keystore(), asked)?;
        }
        printed += events.len();
        after = events.last().map(|event| match stream {
            Some(_) => event.header.revision,
            None => event.position.0,
        });
        if events.len() < limit {
            break;
        }
    }
    Ok(Exit::Done)
}

async fn read(
    log: &dyn EventLog,
    stream: Option<StreamName>,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<StoredEvent>, ReadError> {
    match stream {
        Some(stream) => {
            let after: Option<Revision> = after;
            log.read_stream(stream, after, limit).await
        }
        None => log.read_all(after.map(LogPosition), limit).await,
    }
}

fn print(event: &StoredEvent, keystore: &Keystore, asked: &Inspect) -> Result<(), Failure> {
    let shown = shown(event, keystore, asked.personal);
    if asked.json {
        return output::json(&shown);
    }
    let header = &event.header;
    let (stream, revision) = (header.stream, header.revision);
    let at = rfc3339(header.recorded_at);
    let (what, who) = (&header.wire_name, actor(header.actor));
    output::line(&format!("@{} {at} {stream}#{revision} {what} by {who}", event.position.0))?;
    for field in ["body", "personal"] {
        if let Some(value) = shown.get(field).filter(|value| !value.is_null()) {
            output::line(&format!("    {value}"))?;
        }
    }
    Ok(())
}

fn shown(event: &StoredEvent, keystore: &Keystore, with_personal: bool) -> Value {
    let header = &event.header;
    let mut public = Value::Null;
    let mut personal = Value::Null;
    for part in &event.parts {
        match part {
            Part::Public(bytes) => public = body::shown(bytes),
            Part::Personal { subject, sealed } if with_personal => {
                personal = body::opened(keystore, *subject, sealed);
            }
            Part::Personal { subject, .. } => {
                personal = json!({ "subject": subject.to_string(), "sealed": true });
            }
            Part::Removed { commitment } => personal = json!({ "removed": commitment.to_string() }),
        }
    }
    json!({
        "position": event.position.0,
        "stream": header.stream.to_string(),
        "revision": header.revision,
        "event": header.event_id.to_string(),
        "type": header.wire_name,
        "recordedAt": rfc3339(header.recorded_at),
        "effectiveAt": rfc3339(header.effective_at),
        "actor": actor(header.actor),
        "tenant": header.tenant.map(|tenant| tenant.to_string()),
        "onBehalfOf": header.on_behalf_of.map(|account| account.to_string()),
        "command": header.command_id.to_string(),
        "correlation": header.correlation_id.to_string(),
        "causation": header.causation_id.map(|event| event.to_string()),
        "rule": header.rule,
        "policyDigest": header.policy_digest.map(|digest| digest.to_string()),
        "basis": header.basis,
        "previousRoot": header.previous_root.to_string(),
        "contentRoot": event.content_root.to_string(),
        "body": public,
        "personal": personal,
    })
}

fn actor(actor: Actor) -> String {
    match actor {
        Actor::System => "system".to_owned(),
        Actor::Operator => "operator".to_owned(),
        Actor::Member(member) => member.to_string(),
        Actor::Staff(staff) => staff.to_string(),
        Actor::Token(token) => token.to_string(),
        Actor::License(license) => license.to_string(),
    }
}

fn parse_stream(text: &str) -> Result<StreamName, Failure> {
    let by_id = [
        text.parse::<LicenseId>().map(StreamName::from).ok(),
        text.parse::<AccountId>().map(StreamName::from).ok(),
        text.parse::<ProductId>().map(StreamName::from).ok(),
        text.parse::<MeterId>().map(StreamName::from).ok(),
        text.parse::<StaffId>().map(StreamName::from).ok(),
        // A member has no stream of its own beside its credentials.
        text.parse::<MemberId>().map(|member| StreamName::access(member.uuid())).ok(),
        (text == "ledger").then(StreamName::ledger),
        text.parse::<StreamName>().ok(),
    ];
    by_id.into_iter().flatten().next().ok_or_else(|| {
        Failure::usage("STREAM_NOT_UNDERSTOOD", format!("`{text}` names no stream")).advice(
            "give the id of what it is about (lic_…, acc_…, prd_…, mtr_…, stf_…, mem_…), `ledger`, or a name \
             in full such as license-0198b0c4-0000-7000-8000-000000000000",
        )
    })
}

fn failure(error: &ReadError) -> Failure {
    match error {
        ReadError::Damaged { .. } => Failure::damaged("INTEGRITY_HOLD", error).advice(
            "run `deedbook verify` for all findings; other streams can be read with --stream",
        ),
        ReadError::Unavailable { .. } => Failure::caused("LEDGER_UNREADABLE", error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_stream_is_named_by_an_id_or_in_full() {
        let id = Uuid::from_u128(7);
        let license = StreamName::from(LicenseId::new(id));
        assert_eq!(parse_stream(&LicenseId::new(id).to_string()).unwrap(), license);
        assert_eq!(parse_stream(&license.to_string()).unwrap(), license);
        assert_eq!(parse_stream("ledger").unwrap(), StreamName::ledger());
        assert_eq!(parse_stream("nonsense").unwrap_err().exit, Exit::Usage);
    }
}
