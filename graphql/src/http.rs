//! GraphQL over HTTP: POST with JSON, and GET for queries. Our own, because the ready-made handler
//! runs mutations by GET and reads bodies of any length.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, FromRequestParts, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use crate::answer::Answer;
use crate::door::{Came, Door, Operation};
use crate::negotiation::{Media, accepted, require_json};
use crate::refusal::Refusal;
use crate::request_id::RequestId;
use crate::ws;

/// Room for the headers of an answer.
const HEADERS_USUAL: usize = 12;

/// The routes of a door: `/graphql` for requests and for WebSocket subscriptions.
pub fn router<V: Clone + Send + Sync + 'static>(door: Arc<Door<V>>) -> Router {
    Router::new().route("/graphql", any(enter::<V>)).with_state(door)
}

async fn enter<V: Clone + Send + Sync + 'static>(
    State(door): State<Arc<Door<V>>>,
    request: Request<Body>,
) -> Response {
    let request_id = RequestId::next();
    if is_upgrade(&request) {
        return upgrade(door, request, &request_id).await;
    }
    let media = accepted(request.headers());
    let answered = match media {
        Ok(_) => serve(&door, request, &request_id).await,
        Err(ref refusal) => Err(refusal.clone()),
    };
    match answered {
        Ok(answer) => respond(answer, media.unwrap_or(Media::Json), &request_id),
        Err(refusal) => refuse(&refusal, media.unwrap_or(Media::Json), &request_id),
    }
}

async fn serve<V: Clone + Send + Sync + 'static>(
    door: &Arc<Door<V>>,
    request: Request<Body>,
    request_id: &RequestId,
) -> Result<Answer, Refusal> {
    let (parts, body) = request.into_parts();
    refuse_other_sites(&parts.method, &parts.headers)?;
    let came = came(&parts.method)?;
    if came == Came::Post {
        require_json(&parts.headers)?;
    }
    let pass = door.admit(authorization(&parts.headers), from(&parts)).await?;
    let operation = match came {
        Came::Get => from_uri(&parts, door.limits().body_bytes_max)?,
        Came::Post => {
            let limits = door.limits();
            let (bytes_max, time_max) = (limits.body_bytes_max, limits.body_time_max);
            from_json(&read(body, &parts.headers, bytes_max, time_max).await?)?
        }
    };
    door.execute(pass, operation, came, request_id).await
}

fn came(method: &Method) -> Result<Came, Refusal> {
    if method == Method::GET {
        Ok(Came::Get)
    } else if method == Method::POST {
        Ok(Came::Post)
    } else {
        Err(Refusal::Method)
    }
}

/// Browsers say where a request comes from. Pages of other sites have no business here; programs
/// say nothing.
///
/// # Errors
/// When it comes from elsewhere, and is not a GET.
pub fn refuse_other_sites(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    match site {
        Some(b"cross-site" | b"same-site") if method != Method::GET => Err(Refusal::CrossSite),
        _ => Ok(()),
    }
}

/// From where a request comes, as the listener tells.
fn from(parts: &Parts) -> Option<IpAddr> {
    let told = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    told.map(|ConnectInfo(address)| address.ip())
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}

/// Reads a body that is no longer than this and arrives within this time. A length that is
/// announced too long is refused unread.
///
/// # Errors
/// When it is too long, or does not arrive.
pub async fn read(
    body: Body,
    headers: &HeaderMap,
    bytes_max: usize,
    time_max: Duration,
) -> Result<Bytes, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced
        .and_then(|value| value.parse::<u64>().ok())
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > bytes_max))
    {
        return Err(Refusal::TooLarge { bytes_max });
    }
    let reading = Limited::new(body, bytes_max).collect();
    match tokio::time::timeout(time_max, reading).await {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::TooLarge { bytes_max }),
        Ok(Err(_)) | Err(_) => Err(Refusal::BodyLost),
    }
}

fn from_json(body: &[u8]) -> Result<Operation, Refusal> {
    let parsed = serde_json::from_slice(body)
        .map_err(|error| Refusal::Json { line: error.line(), column: error.column() })?;
    let Value::Object(mut members) = parsed else {
        let is_array = matches!(parsed, Value::Array(_));
        let not_object = Refusal::Parameter { parameter: "body", expected: "a JSON object" };
        return Err(if is_array { Refusal::Batch } else { not_object });
    };
    object_or_null(members.remove("extensions"), "extensions")?;
    let variables = object_or_null(members.remove("variables"), "variables")?;
    let name = text_or_null(members.remove("operationName"), "operationName")?;
    let query = text_or_null(members.remove("query"), "query")?;
    operation(query, name, variables)
}

fn from_uri(parts: &Parts, bytes_max: usize) -> Result<Operation, Refusal> {
    if parts.uri.query().map_or(0, str::len) > bytes_max {
        return Err(Refusal::TooLarge { bytes_max });
    }
    let malformed = Refusal::Parameter { parameter: "query string", expected: "form-urlencoded" };
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map_err(|_| malformed)?.0;
    let take = |name: &'static str| {
        let mut found = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Refusal::Parameter { parameter: name, expected: "given once" }),
            (value, None) => Ok(value.filter(|value| !value.is_empty()).cloned()),
        }
    };
    let json = |name: &'static str| match take(name)? {
        None => Ok(Value::Null),
        Some(text) => {
            let expected = "a JSON object";
            let value = serde_json::from_str(&text)
                .map_err(|_| Refusal::Parameter { parameter: name, expected })?;
            object_or_null(Some(value), name)
        }
    };
    json("extensions")?;
    operation(take("query")?, take("operationName")?, json("variables")?)
}

fn operation(
    query: Option<String>,
    name: Option<String>,
    variables: Value,
) -> Result<Operation, Refusal> {
    let missing = Refusal::Parameter { parameter: "query", expected: "a GraphQL document" };
    let query = query.filter(|query| !query.is_empty()).ok_or(missing)?;
    Ok(Operation { query, name: name.filter(|name| !name.is_empty()), variables })
}

fn object_or_null(value: Option<Value>, parameter: &'static str) -> Result<Value, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(object @ Value::Object(_)) => Ok(object),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            Err(Refusal::Parameter { parameter, expected: "an object or null" })
        }
    }
}

fn text_or_null(value: Option<Value>, parameter: &'static str) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Bool(_) | Value::Number(_) | Value::Object(_) | Value::Array(_)) => {
            Err(Refusal::Parameter { parameter, expected: "a text" })
        }
    }
}

fn respond(answer: Answer, media: Media, request_id: &RequestId) -> Response {
    let status = match media {
        Media::GraphqlResponse if !answer.executed => StatusCode::BAD_REQUEST,
        Media::GraphqlResponse | Media::Json => StatusCode::OK,
    };
    bytes(status, media, answer.body, request_id)
}

/// A syntax error is an answer of the GraphQL service, so plain `application/json` gets it with
/// 200, as clients of that media type expect. Everything else that is turned away has its own
/// status.
fn refuse(refusal: &Refusal, media: Media, request_id: &RequestId) -> Response {
    let syntax = matches!(refusal, Refusal::Syntax { .. });
    let status = if syntax && media == Media::Json { StatusCode::OK } else { refusal.status() };
    let media = if refusal.is_graphql() { media } else { Media::Json };
    let body = Answer::from_refusal(refusal, request_id).body;
    let mut response = bytes(status, media, body, request_id);
    let headers = response.headers_mut();
    match refusal.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            let allow = if *refusal == Refusal::Method { "GET, POST" } else { "POST" };
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        _ => {}
    }
    if let Some(seconds) = refusal.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn bytes(status: StatusCode, media: Media, body: Vec<u8>, request_id: &RequestId) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Room for those that the listener adds: growing a map step by step copies it each time.
    headers.reserve(HEADERS_USUAL);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert("x-request-id", value);
    }
    response
}

fn is_upgrade(request: &Request<Body>) -> bool {
    let upgrade = request.headers().get(header::UPGRADE).map(HeaderValue::as_bytes);
    request.method() == Method::GET && upgrade.is_some_and(|u| u.eq_ignore_ascii_case(b"websocket"))
}

async fn upgrade<V: Clone + Send + Sync + 'static>(
    door: Arc<Door<V>>,
    request: Request<Body>,
    request_id: &RequestId,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if !same_origin(&parts.headers) {
        return refuse(&Refusal::CrossSite, Media::Json, request_id);
    }
    let Ok(slot) = Arc::clone(&door.connections).try_acquire_owned() else {
        return refuse(&Refusal::TooManySubscriptions, Media::Json, request_id);
    };
    let bytes_max = door.limits().body_bytes_max;
    let shown = ws::Shown {
        authorization: authorization(&parts.headers).map(str::to_owned),
        from: from(&parts),
    };
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Err(rejection) => rejection.into_response(),
        Ok(upgrade) => upgrade
            .max_message_size(bytes_max)
            .max_frame_size(bytes_max)
            .protocols([ws::PROTOCOL])
            .on_upgrade(move |socket| async move {
                ws::serve(socket, door, shown).await;
                drop(slot);
            }),
    }
}

/// A page may only connect to the host that served it. Programs send no `Origin`.
fn same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}
