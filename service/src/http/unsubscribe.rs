//! `/unsubscribe`: the link at the foot of mails. Whoever follows it sees a page with one button, so that a scanner of mails that
//! follows links switches nothing off; the button, and mail programs by themselves (RFC 8058), post to the same address.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::Side;
use super::pages::{self, UnsubscribeForm};
use super::refusal::Refusal;
use crate::notices::unsubscribe::{Unsubscribe, mute};

/// What the link says.
#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    who: String,
    #[serde(default)]
    topics: String,
    #[serde(default)]
    sign: String,
}

/// What is at the address.
pub fn router() -> Router<Side> {
    Router::new().route("/unsubscribe", get(page).post(switch_off))
}

/// The page. It says nothing of the person: neither who it is, nor whether it is there.
async fn page(State(side): State<Side>, Query(asked): Query<Asked>) -> Response {
    match parsed(&side, &asked) {
        Some(link) => shown(&link, false),
        None => not_good(),
    }
}

/// It takes no signing in, and no page of this service: the link itself is the proof. The answer is the same whether the person
/// is there or not.
async fn switch_off(State(side): State<Side>, Query(asked): Query<Asked>) -> Response {
    let Some(link) = parsed(&side, &asked) else { return not_good() };
    match mute(&side.engine, &link).await {
        Ok(()) => shown(&link, true),
        Err(error) => {
            tracing::error!(%error, "that somebody wants no more mails could not be recorded");
            Refusal::INTERNAL.into_response()
        }
    }
}

fn parsed(side: &Side, asked: &Asked) -> Option<Unsubscribe> {
    Unsubscribe::parse(side.engine.keystore(), &asked.who, &asked.topics, &asked.sign)
}

fn shown(link: &Unsubscribe, done: bool) -> Response {
    let topics: Vec<&str> =
        link.topics.iter().map(|topic| graphql::notices::topic_title(*topic)).collect();
    pages::unsubscribe(UnsubscribeForm { topics: &topics, good: true, done })
}

fn not_good() -> Response {
    let page = pages::unsubscribe(UnsubscribeForm { topics: &[], good: false, done: false });
    (StatusCode::GONE, page).into_response()
}
