//! The OpenFeature Remote Evaluation Protocol (OFREP 0.3): what a license gives, as flags, so that any OpenFeature SDK
//! works with its license key. The evaluator that decides is the one of every other door.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphql::http::read;
use ledger::calendar::text;
use ledger::evaluate::Code;
use projections::{Answer, Question};
use schemas::FeatureKey;
use schemas::catalog::{FeatureKind, FeatureValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::problem::Problem;
use super::caller::{Caller, Seen};
use super::{BODY_TIME_MAX, Here, admit, only_post};

/// The most that is read of a request: a context.
const CONTEXT_BYTES_MAX: usize = 64 * 1024;
/// The longest text of a context that is looked at.
const TEXT_BYTES_MAX: usize = 1_024;
/// The largest number that JavaScript has exactly: what is without a bound is told as that.
const WITHOUT_BOUND: u64 = (1 << 53) - 1;

/// Who asks, as OpenFeature has it. What else an application puts there is not looked at.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    targeting_key: Option<String>,
    fingerprint: Option<String>,
    domain: Option<String>,
    version: Option<String>,
}

#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    context: Option<Context>,
}

/// A flag that was evaluated.
#[derive(Serialize)]
struct Flag {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    reason: &'static str,
    variant: &'static str,
    metadata: Map<String, Value>,
}

/// Why a flag, or a request, was not evaluated.
struct NotEvaluated {
    status: StatusCode,
    code: &'static str,
    words: String,
}

impl NotEvaluated {
    fn said(self, key: Option<&str>) -> Response {
        let mut body = Map::new();
        body.insert("errorCode".to_owned(), json!(self.code));
        body.insert("errorDetails".to_owned(), json!(self.words));
        body.extend(key.map(|key| ("key".to_owned(), json!(key))));
        (self.status, Json(body)).into_response()
    }
}

/// One flag.
pub(super) async fn one(
    State(here): State<Arc<Here>>,
    key: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let key = key.map(|Path(key)| key).unwrap_or_default();
    let (caller, body, _) = match entered(&here, request).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    let found = context(&body).and_then(|context| {
        let seen = seen(&caller)?;
        let feature: Option<FeatureKey> = key.parse().ok();
        let feature = feature.filter(|key| seen.facts.product.state.features.contains_key(key));
        let feature = feature.ok_or_else(|| NotEvaluated {
            status: StatusCode::NOT_FOUND,
            code: "FLAG_NOT_FOUND",
            words: "the product has no such feature".to_owned(),
        })?;
        evaluated(&caller, &seen, &feature, &context)
    });
    match found {
        Ok(flag) => Json(flag).into_response(),
        Err(error) => error.said(Some(&key)),
    }
}

/// Every feature of the product, as flags.
pub(super) async fn all(State(here): State<Arc<Here>>, request: Request) -> Response {
    let (caller, body, headers) = match entered(&here, request).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    let flags = context(&body).and_then(|context| {
        let seen = seen(&caller)?;
        let features = seen.facts.product.state.features.keys();
        let flags = features.map(|feature| evaluated(&caller, &seen, feature, &context));
        flags.collect::<Result<Vec<_>, _>>()
    });
    match flags {
        Ok(flags) => tagged(&json!({ "flags": flags }), &headers),
        Err(error) => error.said(None),
    }
}

/// The answer with its tag; nothing of it when the caller has it already.
fn tagged(body: &Value, headers: &HeaderMap) -> Response {
    let body = body.to_string();
    let tag = format!("\"{}\"", blake3::hash(body.as_bytes()).to_hex());
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| {
        known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
    });
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], body).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

async fn entered(here: &Here, request: Request) -> Result<(Caller, Bytes, HeaderMap), Response> {
    if request.method() != Method::POST {
        return Err(only_post());
    }
    let caller = admit(here, &request).map_err(IntoResponse::into_response)?;
    caller.charge_for(1).map_err(IntoResponse::into_response)?;
    let (parts, body) = request.into_parts();
    let read = read(body, &parts.headers, CONTEXT_BYTES_MAX, BODY_TIME_MAX).await;
    let read = read.map_err(|refusal| Problem::from(refusal).into_response())?;
    Ok((caller, read, parts.headers))
}

fn seen(caller: &Caller) -> Result<Seen, NotEvaluated> {
    caller.seen().map_err(|problem| NotEvaluated {
        status: StatusCode::NOT_FOUND,
        code: "GENERAL",
        words: problem.detail().to_owned(),
    })
}

fn context(body: &[u8]) -> Result<Context, NotEvaluated> {
    let refused = |code, error: &serde_json::Error| NotEvaluated {
        status: StatusCode::BAD_REQUEST,
        code,
        words: error.to_string(),
    };
    let parsed = serde_json::from_slice::<Body>(body).map_err(|error| {
        let code = if error.is_data() { "INVALID_CONTEXT" } else { "PARSE_ERROR" };
        refused(code, &error)
    })?;
    let context = parsed.context.unwrap_or_default();
    let told = [&context.fingerprint, &context.domain, &context.version, &context.targeting_key];
    if told.into_iter().flatten().any(|one| one.len() > TEXT_BYTES_MAX) {
        let words = format!("expected texts of at most {TEXT_BYTES_MAX} bytes");
        return Err(NotEvaluated {
            status: StatusCode::BAD_REQUEST,
            code: "INVALID_CONTEXT",
            words,
        });
    }
    Ok(context)
}

fn evaluated(
    caller: &Caller,
    seen: &Seen,
    feature: &FeatureKey,
    context: &Context,
) -> Result<Flag, NotEvaluated> {
    let license = caller.license().to_string();
    // A person is asked about where the application says which; any other key of its own means nothing here.
    let person = context.targeting_key.as_deref().filter(|key| key.starts_with("mem_"));
    let question = Question {
        license: &license,
        feature: Some(feature.as_str()),
        member: person,
        fingerprint: context.fingerprint.as_deref(),
        domain: context.domain.as_deref(),
        version: context.version.as_deref(),
        ..Question::default()
    };
    let request = question.request(caller.keystore(), seen.at).map_err(|error| NotEvaluated {
        status: StatusCode::BAD_REQUEST,
        code: "INVALID_CONTEXT",
        words: error.to_string(),
    })?;
    let answer = seen.facts.answer(&request, seen.position);
    let kind = seen.facts.product.state.features.get(feature).map(|one| &one.kind);
    let allowed = answer.evaluation.allowed;
    Ok(Flag {
        key: feature.to_string(),
        value: value(kind, &answer),
        reason: if allowed { "TARGETING_MATCH" } else { "DISABLED" },
        variant: if allowed { "granted" } else { "denied" },
        metadata: metadata(&license, &answer),
    })
}

/// The value of a flag; none where the application's own default is to count.
fn value(kind: Option<&FeatureKind>, answer: &Answer) -> Option<Value> {
    let (allowed, given) = (answer.evaluation.allowed, &answer.evaluation.value);
    match kind? {
        FeatureKind::Boolean => Some(Value::Bool(allowed)),
        FeatureKind::Config | FeatureKind::Enum { .. } => {
            match given.as_ref().filter(|_| allowed)? {
                FeatureValue::Config(text) | FeatureValue::Choice(text) => Some(json!(text)),
                FeatureValue::Enabled(_) | FeatureValue::Allowance(_) => None,
            }
        }
        FeatureKind::Metered { .. } => {
            let left = answer.left.remaining.unwrap_or(WITHOUT_BOUND).min(WITHOUT_BOUND);
            Some(json!(if allowed { left } else { 0 }))
        }
    }
}

/// What OpenFeature passes on beside the value: flat, and never a name of anybody.
fn metadata(license: &str, answer: &Answer) -> Map<String, Value> {
    let evaluation = &answer.evaluation;
    let mut said = Map::new();
    said.insert("licenseId".to_owned(), json!(license));
    said.insert("status".to_owned(), json!(evaluation.status.displayed.name()));
    let code = evaluation.code.map(Code::name);
    let told = [
        ("denyCode", code.map(str::to_owned)),
        ("denyReason", code.map(|_| evaluation.reason().to_owned())),
        ("remaining", answer.left.remaining.map(|left| left.to_string())),
        ("resetsAt", answer.left.resets_at.map(text)),
    ];
    said.extend(
        told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))),
    );
    said
}
