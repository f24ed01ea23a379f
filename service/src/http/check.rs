//! `POST /v1/check`: may it be used, and why, as plain JSON. It asks the very function that GraphQL's `check`
//! asks and says the same; only the form is another.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use graphql::http::{read, refuse_other_sites};
use graphql::negotiation::require_json;
use graphql::refusal::Refusal;
use ledger::calendar::text;
use ledger::evaluate::{Check, Code};
use projections::{Answer, AtLeastError, Projections, Question, QuestionError, Scope};
use schemas::access::Audience;
use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

use super::Side;
use super::problem::Problem;
use crate::budgets::Purpose;
use crate::tokens::bearer;

/// Where it is.
pub const PATH: &str = "/v1/check";

/// The most that is read of a question: it is a few names, each far shorter.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long a question may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// Room for an answer, so that it is not moved while it is written.
const ANSWER_BYTES_USUAL: usize = 512;
/// Room for the headers of an answer, those of every answer included.
const HEADERS_USUAL: usize = 12;

/// `/v1/check` of this side.
pub fn router(side: Side) -> Router {
    Router::new().route(PATH, post(check).fallback(only_post)).with_state(Arc::new(side))
}

async fn check(State(side): State<Arc<Side>>, request: Request) -> Response {
    answer(&side, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn only_post() -> Response {
    let words = "send the question by POST";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut response = Problem::new(status, "METHOD_NOT_ALLOWED", words).into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn answer(side: &Side, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    refuse_other_sites(&parts.method, &parts.headers)?;
    require_json(&parts.headers)?;
    // Whoever may not ask is told so before the body is read.
    let bearer = authorization(&parts.headers).ok_or(Refusal::Unauthenticated)?;
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.ip());
    match side.audience {
        Audience::Portal => {
            let scope = side.auth.portal_from(bearer, from).ok_or(Refusal::Unauthenticated)?;
            if scope.second_factor_missing() {
                return Err(Refusal::SecondFactorRequired.into());
            }
            let charged = side.auth.charge_portal(Purpose::Validation, &scope, from, 1);
            charged.map_err(Refusal::rate_limited)?;
            ask(side, &scope, &parts.headers, body).await
        }
        Audience::Console => {
            let scope = side.auth.console_from(bearer, from).ok_or(Refusal::Unauthenticated)?;
            if side.auth.lacks_second_factor(&scope) {
                return Err(Refusal::SecondFactorRequired.into());
            }
            let charged = side.auth.charge_console(Purpose::Validation, &scope, from, 1);
            charged.map_err(Refusal::rate_limited)?;
            ask(side, &scope, &parts.headers, body).await
        }
    }
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer)
}

async fn ask(
    side: &Side,
    scope: &(impl Scope + Sync),
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = read(body, headers, BODY_BYTES_MAX, BODY_TIME_MAX).await?;
    let asked = Asked::of(&body)?;
    let question = asked.question();
    let license = question.license()?;
    let views = side.engine.projections();
    if let Some(token) = &asked.at_least {
        wait(views, token).await?;
    }
    let now = side.engine.ledger().clock().now();
    let answer = views.ask(scope, license, &question, now)?.ok_or_else(Problem::not_found)?;
    written(&Told::of(&answer, views))
}

fn written(told: &Told<'_>) -> Result<Response, Problem> {
    let mut text = Vec::with_capacity(ANSWER_BYTES_USUAL);
    serde_json::to_writer(&mut text, told).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        let words = "something went wrong on our side; the request id finds it";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", words).retryable()
    })?;
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.reserve(HEADERS_USUAL);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Waits until the views know what the token names.
pub(super) async fn wait(views: &Projections, token: &str) -> Result<(), Problem> {
    let token = views.parse_token(token).map_err(|error| {
        let problem = Problem::new(StatusCode::BAD_REQUEST, error.code(), error.to_string());
        problem.about("atLeast")
    })?;
    views.at_least(&token).await.map_err(|error| {
        let words = error.to_string();
        match error {
            AtLeastError::Stale { .. } | AtLeastError::Stopped { .. } => {
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), words).retryable()
            }
            AtLeastError::RolledBack { .. } | AtLeastError::OtherLedger => {
                Problem::new(StatusCode::CONFLICT, error.code(), words).about("atLeast")
            }
        }
    })
}

/// The question as it is sent. Fields that are not known are refused, so that a misspelt one is not
/// taken for one that was left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked<'a> {
    #[serde(borrow)]
    license_id: Cow<'a, str>,
    #[serde(borrow)]
    feature: Option<Cow<'a, str>>,
    #[serde(borrow)]
    member_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    fingerprint: Option<Cow<'a, str>>,
    #[serde(borrow)]
    domain: Option<Cow<'a, str>>,
    #[serde(borrow)]
    version: Option<Cow<'a, str>>,
    quantity: Option<Units>,
    #[serde(borrow)]
    choice: Option<Cow<'a, str>>,
    #[serde(borrow)]
    at_least: Option<Cow<'a, str>>,
}

impl<'a> Asked<'a> {
    fn of(body: &'a [u8]) -> Result<Self, Problem> {
        let refuse = |code, words: String| Problem::new(StatusCode::BAD_REQUEST, code, words);
        // An array would do for the fields in their order; it is no question.
        if body.trim_ascii_start().first() == Some(&b'[') {
            let words = "send one question in a request, arrays are not taken";
            return Err(refuse("BATCH_NOT_SUPPORTED", words.to_owned()));
        }
        serde_json::from_slice(body).map_err(|error| match error.classify() {
            Category::Data => refuse("BAD_USER_INPUT", error.to_string()),
            Category::Syntax | Category::Eof | Category::Io => {
                let (line, column) = (error.line(), error.column());
                Refusal::Json { line, column }.into()
            }
        })
    }

    fn question(&self) -> Question<'_> {
        Question {
            license: &self.license_id,
            feature: self.feature.as_deref(),
            member: self.member_id.as_deref(),
            fingerprint: self.fingerprint.as_deref(),
            domain: self.domain.as_deref(),
            version: self.version.as_deref(),
            quantity: self.quantity.as_ref().map(|units| units.0),
            choice: self.choice.as_deref(),
        }
    }
}

/// A whole number, as text or as a number: it can be larger than what some programs write exactly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units(pub(super) u64);

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnitsVisitor)
    }
}

struct UnitsVisitor;

impl Visitor<'_> for UnitsVisitor {
    type Value = Units;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Units, E> {
        Ok(Units(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Units, E> {
        // `parse` takes a leading plus sign; we do not.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let units = digits.then(|| text.parse().ok()).flatten().map(Units);
        units.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl From<QuestionError> for Problem {
    fn from(error: QuestionError) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", error.to_string());
        problem.about(error.field())
    }
}

/// The answer as it is sent. Numbers that may be larger than what a JSON number holds exactly are
/// text, as in GraphQL.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    allowed: bool,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets_at: Option<String>,
    at: String,
    position: Option<String>,
    token: String,
    failing: Vec<Failing<'a>>,
}

#[derive(Serialize)]
struct Failing<'a> {
    code: &'static str,
    message: &'a str,
    rule: &'static str,
    fix: Option<Fix>,
}

#[derive(Serialize)]
struct Fix {
    code: &'static str,
    text: &'static str,
}

impl<'a> Told<'a> {
    fn of(answer: &'a Answer, views: &Projections) -> Self {
        let evaluation = &answer.evaluation;
        Self {
            allowed: evaluation.allowed,
            reason: evaluation.reason(),
            code: evaluation.code.map(Code::name),
            remaining: answer.left.remaining.map(|units| units.to_string()),
            resets_at: answer.left.resets_at.map(text),
            at: text(answer.at),
            position: answer.position.map(|position| position.to_string()),
            token: views.token(answer.position).to_string(),
            failing: evaluation.failing().map(Failing::of).collect(),
        }
    }
}

impl<'a> Failing<'a> {
    fn of(check: &'a Check) -> Self {
        Self {
            code: check.code.name(),
            message: &check.message,
            rule: check.rule,
            fix: check.fix.map(|fix| Fix { code: fix.name(), text: fix.text() }),
        }
    }
}
