//! `/scim/v2`: the people of an account and their seats, for the identity provider of its organization (RFC 7643 and
//! 7644). A program asks with its token; it reads in the scope of the token and does what the mutations do.

mod acts;
mod answer;
mod discovery;
mod filter;
mod groups;
mod listing;
mod patch;
mod users;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use graphql::http::{read, refuse_other_sites};
use graphql::refusal::Refusal;
use graphql::{Door, Gate, portal};
use projections::{Scope, TenantScope};
use serde_json::Value;

use self::acts::Caller;
use self::answer::Refused;
use self::listing::Listing;
use super::{Side, session};
use crate::budgets::Purpose;
use crate::tokens::bearer;

/// Where it is.
pub const PATH: &str = "/scim/v2";

/// The most that is read of a request: as many members as are changed at a time, with their names and addresses.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a request may take to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// What a request costs, beside a point for each row of a page and what the mutations cost that it leads to.
const REQUEST_COST: u64 = 20;
/// Where a list is asked for in a body.
const SEARCH: &str = ".search";

/// What the addresses stand on.
struct Here {
    side: Side,
    gate: Gate,
    door: Arc<Door<portal::Viewer>>,
}

/// `/scim/v2` of the portal: what is changed goes through its door.
pub fn router(side: Side, gate: Gate, door: Arc<Door<portal::Viewer>>) -> Router {
    let here = Arc::new(Here { side, gate, door });
    Router::new().route(PATH, any(nothing)).route("/scim/v2/{*rest}", any(enter)).with_state(here)
}

async fn nothing() -> Refused {
    Refused::not_found()
}

async fn enter(
    State(here): State<Arc<Here>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let path = path.map(|Path(path)| path).unwrap_or_default();
    let answered = serve(&here, &path, request).await;
    answered.unwrap_or_else(IntoResponse::into_response)
}

async fn serve(here: &Here, path: &str, request: Request) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    refuse_other_sites(&parts.method, &parts.headers)?;
    // Whoever may not ask is told so before anything else is looked at.
    let (scope, from) = admit(here, &parts)?;
    let listing = Listing::of(&parts.uri)?;
    let path: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let is_list = path.len() == 1 && parts.method == Method::GET || path.last() == Some(&SEARCH);
    let cost = REQUEST_COST + if is_list { listing.rows_max() } else { 0 };
    let charged = here.side.auth.charge_portal(Purpose::Management, &scope, from, cost);
    charged.map_err(Refusal::rate_limited)?;
    let base = session::origin(&parts.headers).unwrap_or_default() + PATH;
    let caller = Caller::new(here.gate.clone(), Arc::clone(&here.door), scope, from, base);
    match path.as_slice() {
        ["Users", rest @ ..] => users_at(&caller, rest, &parts, body, &listing).await,
        ["Groups", rest @ ..] => groups_at(&caller, rest, &parts, body, &listing).await,
        rest => {
            let found = discovered(&caller.base, rest)?;
            if parts.method == Method::GET { Ok(found) } else { Err(Refused::method("GET")) }
        }
    }
}

fn discovered(base: &str, path: &[&str]) -> Result<Response, Refused> {
    match path {
        ["ServiceProviderConfig"] => Ok(discovery::configuration(base)),
        ["ResourceTypes"] => discovery::resource_types(base, None),
        ["ResourceTypes", name] => discovery::resource_types(base, Some(name)),
        ["Schemas"] => discovery::schemas(base, None),
        ["Schemas", id] => discovery::schemas(base, Some(id)),
        _ => Err(Refused::not_found()),
    }
}

async fn users_at(
    caller: &Caller,
    path: &[&str],
    parts: &Parts,
    body: Body,
    listing: &Listing,
) -> Result<Response, Refused> {
    match (path, parts.method.as_str()) {
        ([], "GET") => users::list(caller, listing).await,
        ([], "POST") => users::add(caller, &sent(parts, body).await?).await,
        ([], _) => Err(Refused::method("GET, POST")),
        ([SEARCH], "POST") => {
            users::list(caller, &Listing::searched(&sent(parts, body).await?)?).await
        }
        ([SEARCH], _) => Err(Refused::method("POST")),
        ([id], "GET") => users::one(caller, id, listing).await,
        ([id], "PUT") => users::put(caller, id, &sent(parts, body).await?, listing).await,
        ([id], "PATCH") => users::patch(caller, id, &sent(parts, body).await?, listing).await,
        ([id], "DELETE") => users::suspend(caller, id).await,
        ([_], _) => Err(Refused::method("GET, PUT, PATCH, DELETE")),
        _ => Err(Refused::not_found()),
    }
}

async fn groups_at(
    caller: &Caller,
    path: &[&str],
    parts: &Parts,
    body: Body,
    listing: &Listing,
) -> Result<Response, Refused> {
    match (path, parts.method.as_str()) {
        ([], "GET") => groups::list(caller, listing).await,
        ([], "POST") => groups::add(caller, &sent(parts, body).await?, listing).await,
        ([], _) => Err(Refused::method("GET, POST")),
        ([SEARCH], "POST") => {
            groups::list(caller, &Listing::searched(&sent(parts, body).await?)?).await
        }
        ([SEARCH], _) => Err(Refused::method("POST")),
        ([id], "GET") => groups::one(caller, id, listing).await,
        ([id], "PUT") => groups::put(caller, id, &sent(parts, body).await?, listing).await,
        ([id], "PATCH") => groups::patch(caller, id, &sent(parts, body).await?, listing).await,
        ([id], "DELETE") => groups::clear(caller, id).await,
        ([_], _) => Err(Refused::method("GET, PUT, PATCH, DELETE")),
        _ => Err(Refused::not_found()),
    }
}

/// The program behind a request, and from where it asks. A person who signed in has pages, and no business here.
fn admit(here: &Here, parts: &Parts) -> Result<(TenantScope, Option<IpAddr>), Refused> {
    let shown = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|from| from.ip());
    let scope = shown.and_then(bearer).and_then(|token| here.side.auth.portal_from(token, from));
    let scope = scope.filter(|scope| scope.program().is_some());
    let scope = scope.ok_or_else(Refused::unauthenticated)?;
    if scope.second_factor_missing() {
        return Err(Refusal::SecondFactorRequired.into());
    }
    Ok((scope, from))
}

/// The JSON that was sent.
async fn sent(parts: &Parts, body: Body) -> Result<Value, Refused> {
    if !is_json(&parts.headers) {
        return Err(Refusal::ContentType.into());
    }
    let body = read(body, &parts.headers, BODY_BYTES_MAX, BODY_TIME_MAX).await?;
    let read = serde_json::from_slice(&body);
    let sent: Value = read.map_err(|error| {
        Refused::from(Refusal::Json { line: error.line(), column: error.column() })
    })?;
    if sent.is_object() { Ok(sent) } else { Err(Refused::syntax("the body must be an object")) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = declared.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    ["application/scim+json", "application/json"].iter().any(|one| media.eq_ignore_ascii_case(one))
}
