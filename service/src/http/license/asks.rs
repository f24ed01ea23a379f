//! What software asks, as it is sent.

use std::fmt;

use axum::http::{HeaderMap, StatusCode};
use graphql::refusal::Refusal;
use schemars::JsonSchema;
use schemas::{ActivationId, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::super::check::Units;
use super::super::problem::Problem;

/// The longest text that something is called.
const TEXT_CHARACTERS_MAX: usize = 256;
/// Where a nonce stands when the body is a CloudEvent, or several.
const NONCE_HEADER: &str = "deedbook-nonce";
/// The longest nonce.
const NONCE_CHARACTERS_MAX: usize = 128;
/// The most usage that is sent at once.
pub(super) const EVENTS_MAX: usize = 1_000;

/// Bind the device that the software runs on. A device that is bound already keeps its place.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Activate {
    /// What identifies the device, as the software computes it.
    pub(super) fingerprint: String,
    /// What its owner calls it.
    pub(super) name: Option<String>,
    /// Its operating system or platform.
    pub(super) platform: Option<String>,
    /// The version of the software on it.
    pub(super) version: Option<String>,
    /// The seat holder whose device it is.
    pub(super) member_id: Option<String>,
    /// Which device gives way to it, in the same step: `oldest` the one that was silent for longest, where no slot is
    /// free; `all` every other one; the id of a device that one.
    pub(super) replace: Option<String>,
    /// Any text of your own; the answer repeats it, so that an old answer is not taken for this one.
    #[expect(dead_code, reason = "it is read by itself, and known here so that it is not refused")]
    nonce: Option<String>,
}

/// Free the slot of a device.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Deactivate {
    /// What identifies the device, as the software computes it.
    pub(super) fingerprint: String,
    /// Any text of your own; the answer repeats it, so that an old answer is not taken for this one.
    #[expect(dead_code, reason = "it is read by itself, and known here so that it is not refused")]
    nonce: Option<String>,
}

/// Say that the software runs on a device. One fact a day is recorded, and one whenever the version is another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Heartbeat {
    /// What identifies the device, as the software computes it.
    pub(super) fingerprint: String,
    /// The version of the software on it.
    pub(super) version: Option<String>,
    /// Any text of your own; the answer repeats it, so that an old answer is not taken for this one.
    #[expect(dead_code, reason = "it is read by itself, and known here so that it is not refused")]
    nonce: Option<String>,
}

/// Ask whether the license may be used, and why. What is left out is not checked. Asking uses nothing up.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Validate {
    /// On which device: what identifies it, as the software computes it.
    pub(super) fingerprint: Option<String>,
    /// On which domain.
    pub(super) domain: Option<String>,
    /// In which version of the software.
    pub(super) version: Option<String>,
    /// By whom.
    pub(super) member_id: Option<String>,
    /// Which feature.
    pub(super) feature: Option<String>,
    /// How many units of a metered feature; one when left out. A number, or text where it may be large.
    pub(super) quantity: Option<Units>,
    /// Which value of an enum feature, at least.
    pub(super) choice: Option<String>,
    /// A `token` of an earlier answer: this one then knows at least what that one knew.
    pub(super) at_least: Option<String>,
    /// Any text of your own; the answer repeats it, so that an old answer is not taken for this one.
    #[expect(dead_code, reason = "it is read by itself, and known here so that it is not refused")]
    nonce: Option<String>,
}

/// Count what was used.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Usage {
    /// What was used, one after the other; at most 1,000. Each is counted or refused by itself.
    pub(super) events: Vec<UsageEvent>,
    /// Any text of your own; the answer repeats it, so that an old answer is not taken for this one.
    #[expect(dead_code, reason = "it is read by itself, and known here so that it is not refused")]
    nonce: Option<String>,
}

/// So much of a metered feature was used.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UsageEvent {
    /// Its own name among those of its source: it is counted once, however often it is sent.
    pub(super) id: String,
    /// Who counted it, such as the name of a server.
    pub(super) source: Option<String>,
    /// The metered feature.
    pub(super) feature: String,
    /// How many units. A number, or text where it may be large.
    pub(super) quantity: Units,
    /// When it was used; now when left out. It is counted in the allowance's present period or not at all.
    pub(super) time: Option<String>,
}

/// What is asked in a body of JSON.
///
/// # Errors
/// When it is none, or does not have that shape.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // An array would do for the fields in their order; it is no request.
    if body.trim_ascii_start().first() == Some(&b'[') {
        let words = "expected one object, arrays are not taken";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "BATCH_NOT_SUPPORTED", words));
    }
    parse_any(body)
}

/// The same, where it may be an array.
///
/// # Errors
/// When it is none, or does not have that shape.
pub(super) fn parse_any<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => bad("", error.to_string()),
        Category::Syntax | Category::Eof | Category::Io => {
            Refusal::Json { line: error.line(), column: error.column() }.into()
        }
    })
}

/// A field that cannot be understood.
pub(super) fn bad(field: &'static str, words: impl fmt::Display) -> Problem {
    let problem = Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", words.to_string());
    if field.is_empty() { problem } else { problem.about(field) }
}

/// A text that something is called.
///
/// # Errors
/// When it is empty or too long.
pub(super) fn text(field: &'static str, given: &str) -> Result<String, Problem> {
    let given = given.trim();
    if given.is_empty() || given.chars().count() > TEXT_CHARACTERS_MAX {
        return Err(bad(field, format!("expected 1 to {TEXT_CHARACTERS_MAX} characters")));
    }
    Ok(given.to_owned())
}

/// The same, of a text that may be left out.
///
/// # Errors
/// When it is empty or too long.
pub(super) fn optional(
    field: &'static str,
    given: Option<&str>,
) -> Result<Option<String>, Problem> {
    given.map(|given| text(field, given)).transpose()
}

/// The nonce of a request, whatever else it asks; it is repeated in refusals too. It stands in the body, or in a header where
/// the body has no place for it.
///
/// # Errors
/// When it is too long.
pub(super) fn nonce(headers: &HeaderMap, body: &[u8]) -> Result<Option<String>, Problem> {
    #[derive(Deserialize)]
    struct Nonce {
        nonce: Option<String>,
    }
    // What cannot be read here is refused where it is read for what it asks.
    let in_body = serde_json::from_slice::<Nonce>(body).ok().and_then(|asked| asked.nonce);
    let in_header = || headers.get(NONCE_HEADER)?.to_str().ok().map(str::to_owned);
    let given = in_body.or_else(in_header);
    if given.as_ref().is_some_and(|given| given.chars().count() > NONCE_CHARACTERS_MAX) {
        return Err(bad("nonce", format!("expected at most {NONCE_CHARACTERS_MAX} characters")));
    }
    Ok(given)
}

/// Which device gives way.
///
/// # Errors
/// When it is none of the words, and no id.
pub(super) fn replace(given: Option<&str>) -> Result<ledger::license::Replace, Problem> {
    use ledger::license::Replace;
    match given {
        None => Ok(Replace::Nothing),
        Some("oldest") => Ok(Replace::Oldest),
        Some("all") => Ok(Replace::All),
        Some(id) => {
            let id: Option<ActivationId> = id.parse().ok();
            let words = "expected `oldest`, `all` or the id of a device";
            id.map(Replace::One).ok_or_else(|| bad("replace", words))
        }
    }
}

/// An instant.
///
/// # Errors
/// When it is none.
pub(super) fn instant(given: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let parsed = given.map(str::parse::<jiff::Timestamp>).transpose();
    let words = "expected an instant such as 2026-06-01T12:00:00Z";
    let parsed = parsed.map_err(|_| bad("time", words))?;
    Ok(parsed.map(|at| Timestamp::from_micros(at.as_microsecond())))
}

impl JsonSchema for Units {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Units".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A whole number from 0, as a number or as text.",
            "oneOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+$" },
            ],
        })
    }
}
