//! What software is told. Each answer says of itself what it binds: the nonce of its request, the license, the device, the
//! moment, how long it may be relied on, by which version of what was sold, and how large the log was; then it is signed.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use ledger::calendar::text;
use ledger::entitlements::Entitlement;
use ledger::evaluate::{Check, Warning};
use ledger::proof::licensing::content_digest;
use ledger::status::grace_end;
use projections::{Answer, Question};
use schemars::JsonSchema;
use schemas::Quantity;
use schemas::catalog::{FeatureValue, SourceRef};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::problem::Problem;
use super::caller::{Caller, Seen, ours};

/// How long an answer may be relied on without asking again, in seconds; never past the end of use.
pub(super) const RELIED_ON_SECONDS: i64 = 24 * 60 * 60;

/// What of a request its answer repeats.
pub(super) struct Request<'a> {
    pub(super) operation: &'static str,
    pub(super) body: &'a [u8],
    pub(super) nonce: Option<&'a str>,
}

/// What software is told.
pub(super) enum Told {
    /// With what it was decided from.
    Decided(Box<Decided>, Seen),
    Freed(Freed),
    Counted(Counted),
}

/// Whether the license may be used, and why.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Decided {
    /// Whether every check passed.
    pub(super) allowed: bool,
    /// The first check that failed, such as `TOO_MANY_DEVICES`; null when allowed. New codes may be added: keep a default
    /// branch.
    pub(super) code: Option<String>,
    /// What is so, in plain words.
    pub(super) reason: String,
    /// The status of the license, such as `active`.
    pub(super) status: String,
    /// The first instant after the term; null: it has no end.
    pub(super) valid_until: Option<String>,
    /// The first instant after the grace that follows the term; null: there is none.
    pub(super) grace_until: Option<String>,
    /// The device that was asked about, as it said itself; null: none was.
    pub(super) fingerprint: Option<String>,
    /// The id of that device's binding; null: it is not bound.
    pub(super) device_id: Option<String>,
    /// The ids of the devices that gave way to it.
    pub(super) gave_way: Vec<String>,
    /// The feature that was asked about; null: none was.
    pub(super) feature: Option<String>,
    /// Units left of that feature, as text; null: it has no bound, or is not metered.
    pub(super) remaining: Option<String>,
    /// When its allowance counts anew; null: never.
    pub(super) resets_at: Option<String>,
    /// Everything that the license gives, by feature.
    pub(super) entitlements: Vec<Given>,
    /// What to know although it is allowed.
    pub(super) warnings: Vec<Noted>,
    /// Every check that failed, in order of precedence.
    pub(super) failing: Vec<Failing>,
}

/// What the license gives to one feature.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Given {
    /// The key of the feature.
    pub(super) feature: String,
    /// Its value: true or false, or a text; null for what is metered.
    pub(super) value: Option<Value>,
    /// Units that may be used in the period, as text; null: without bound, or not metered.
    pub(super) limit: Option<String>,
    /// Units left, as text; null: without bound, or not metered.
    pub(super) remaining: Option<String>,
    /// When its allowance counts anew; null: never.
    pub(super) resets_at: Option<String>,
}

/// What to know although it is allowed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Noted {
    /// The stable code, such as `EXPIRING`.
    pub(super) code: String,
    /// What is so, in plain words.
    pub(super) message: String,
}

/// A check that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Failing {
    /// What it denies, such as `EXPIRED`.
    pub(super) code: String,
    /// What is so, in plain words.
    pub(super) message: String,
    /// The rule behind it.
    pub(super) rule: String,
    /// What makes it pass; null: nothing does.
    pub(super) fix: Option<Noted>,
}

/// The slot of a device is free.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Freed {
    /// The id of the binding that ended.
    pub(super) freed: String,
    /// The device, as it said itself.
    pub(super) fingerprint: String,
}

/// What became of usage that was sent, in its order.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Counted {
    /// One for each that was sent.
    pub(super) results: Vec<CountedEvent>,
}

/// What became of one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountedEvent {
    /// Its own name.
    pub(super) id: String,
    /// Who counted it; null: it was not said.
    pub(super) source: Option<String>,
    /// Whether it counts: now, or since it was sent before; null: it is not known, send it again.
    pub(super) counted: Option<bool>,
    /// Whether it was sent before.
    pub(super) again: bool,
    /// Why it does not count, such as `QUOTA_EXCEEDED`; null: it does.
    pub(super) code: Option<String>,
    /// What is so, in plain words; null: it counts.
    pub(super) message: Option<String>,
    /// Whether sending it again later may succeed.
    pub(super) retryable: bool,
}

/// What every answer says of itself.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bound {
    /// What was asked for, such as `validate`.
    operation: String,
    /// The digest of the body of the request, as `Content-Digest` would have it: that nobody altered it on its way.
    request_digest: String,
    /// The nonce of the request; null: it had none.
    nonce: Option<String>,
    /// The license.
    license_id: String,
    /// The code of its product.
    product: String,
    /// The offering or bundle that the license is on, with its version.
    sold_as: SoldAs,
    /// The instant of the answer, by the clock of the service.
    at: String,
    /// The first instant at which it is not to be relied on any more without asking again.
    not_after: String,
    /// The place in the ledger that it comes from; null: the ledger is empty.
    position: Option<String>,
    /// A token for that place: send it as `atLeast`.
    token: String,
    /// How many facts the newest signed checkpoint of the log covers, as text; null: nothing signs the log.
    log_size: Option<String>,
}

/// What the license is on.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SoldAs {
    /// The id of the offering or bundle.
    id: String,
    /// Its version.
    version: u32,
}

impl Decided {
    pub(super) fn of(seen: &Seen, question: &Question<'_>, answer: &Answer) -> Self {
        let (license, evaluation) = (&seen.facts.license.state, &answer.evaluation);
        let owned = |text: &str| text.to_owned();
        Self {
            allowed: evaluation.allowed,
            code: evaluation.code.map(|code| code.name().to_owned()),
            reason: evaluation.reason().to_owned(),
            status: evaluation.status.displayed.name().to_owned(),
            valid_until: license.term.and_then(|term| term.until).map(text),
            grace_until: grace_end(license).map(text),
            fingerprint: question.fingerprint.map(owned),
            device_id: evaluation.activation.map(|id| id.to_string()),
            gave_way: Vec::new(),
            feature: question.feature.map(owned),
            remaining: answer.left.remaining.map(|units| units.to_string()),
            resets_at: answer.left.resets_at.map(text),
            entitlements: seen.facts.entitlements(seen.at).into_iter().map(Given::of).collect(),
            warnings: evaluation.warnings.iter().map(Noted::of).collect(),
            failing: evaluation.failing().map(Failing::of).collect(),
        }
    }
}

impl Given {
    fn of(row: Entitlement) -> Self {
        let value = match row.value {
            FeatureValue::Enabled(on) => Some(Value::Bool(on)),
            FeatureValue::Config(text) | FeatureValue::Choice(text) => Some(Value::String(text)),
            FeatureValue::Allowance(_) => None,
        };
        let limit = row.limit.and_then(Quantity::limit);
        Self {
            feature: row.feature.to_string(),
            value,
            limit: limit.map(|units| units.to_string()),
            remaining: row.remaining.map(|units| units.to_string()),
            resets_at: row.resets_at.map(text),
        }
    }
}

impl Noted {
    fn of(warning: &Warning) -> Self {
        Self { code: warning.code.name().to_owned(), message: warning.message.clone() }
    }
}

impl Failing {
    fn of(check: &Check) -> Self {
        let fix = check
            .fix
            .map(|fix| Noted { code: fix.name().to_owned(), message: fix.text().to_owned() });
        Self {
            code: check.code.name().to_owned(),
            message: check.message.clone(),
            rule: check.rule.to_owned(),
            fix,
        }
    }
}

impl Bound {
    fn of(caller: &Caller, seen: &Seen, request: &Request<'_>) -> Self {
        let (license, published) = (&seen.facts.license, &seen.facts.product.state.published);
        let published = published.as_ref();
        let issued = license.state.issued.as_ref().map(|issued| issued.source);
        let (id, version) = match license.state.source.or(issued) {
            Some(SourceRef::Offering(one)) => (one.offering.to_string(), one.version),
            Some(SourceRef::Bundle(one)) => (one.bundle.to_string(), one.version),
            None => (String::new(), 0),
        };
        let relied_on = seen.at.plus_seconds(RELIED_ON_SECONDS);
        let ends = ledger::status::access_end(&license.state).filter(|end| *end > seen.at);
        let sealed = caller.engine().sealing().and_then(|sealing| sealing.health().newest);
        let views = caller.engine().projections();
        Self {
            operation: request.operation.to_owned(),
            request_digest: content_digest(request.body),
            nonce: request.nonce.map(str::to_owned),
            license_id: license.license.to_string(),
            product: published.map(|one| one.code.to_string()).unwrap_or_default(),
            sold_as: SoldAs { id, version },
            at: text(seen.at),
            not_after: text(ends.map_or(relied_on, |end| end.min(relied_on))),
            position: seen.position.map(|position| position.to_string()),
            token: views.token(seen.position).to_string(),
            log_size: sealed.map(|held| held.checkpoint.size.to_string()),
        }
    }
}

/// The answer as it is sent: what is told, what it binds, and the signature over both.
pub(super) fn signed(
    caller: &Caller,
    request: &Request<'_>,
    answered: Result<Told, Problem>,
) -> Response {
    let (told, decided_from) = match answered {
        Ok(Told::Decided(decided, seen)) => (members(&decided), Some(seen)),
        Ok(Told::Freed(freed)) => (members(&freed), None),
        Ok(Told::Counted(counted)) => (members(&counted), None),
        Err(problem) => (Err(problem), None),
    };
    let (status, mut headers, mut members) = match told {
        Ok(members) => (StatusCode::OK, plain_json(), members),
        Err(problem) => problem.parts(),
    };
    if let Some(seen) = decided_from.or_else(|| caller.seen().ok())
        && let Ok(Value::Object(bound)) = serde_json::to_value(Bound::of(caller, &seen, request))
    {
        members.extend(bound);
    }
    let body = Value::Object(members).to_string();
    let created = caller.now().micros().div_euclid(1_000_000);
    let key = caller.engine().licensing().own();
    let signed = key.sign(status.as_u16(), body.as_bytes(), created);
    for (name, value) in [
        ("content-digest", signed.content_digest),
        ("signature-input", signed.input),
        ("signature", signed.signature),
    ] {
        // Base64, a key's name and numbers: always a header.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn plain_json() -> HeaderMap {
    let json = HeaderValue::from_static("application/json");
    HeaderMap::from_iter([(header::CONTENT_TYPE, json)])
}

fn members(told: &impl Serialize) -> Result<Map<String, Value>, Problem> {
    match serde_json::to_value(told).map_err(|error| ours(&error))? {
        Value::Object(members) => Ok(members),
        // Each of them is a struct.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Ok(Map::new())
        }
    }
}
