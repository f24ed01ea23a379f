//! What every answer goes through: a request id, security headers, one log line, the request metrics.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use graphql::request_id::RequestId;
use schemas::access::Audience;

/// The header that names one request in logs and in support tickets.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers of every answer. Pages load nothing from elsewhere, run nothing inline, and cannot be framed.
pub const SECURITY_HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Observes one request of this side.
pub async fn observe(State(audience): State<Audience>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = route(request.uri().path());
    let listener = name(audience);
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let took = started.elapsed();
    // A GraphQL answer names its request itself, also in its body.
    let named = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = named.map_or_else(|| RequestId::next().to_string(), str::to_owned);
    metrics::counter!("deedbook_http_requests_total",
        "listener" => listener, "route" => route, "status" => status.to_string())
    .increment(1);
    metrics::histogram!("deedbook_http_request_duration_seconds",
        "listener" => listener, "route" => route)
    .record(took.as_secs_f64());
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(listener, request_id = %id, %method, route, status, micros, "answered");
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Every address there is.
const ROUTES: [&str; 10] = [
    "/graphql",
    super::check::PATH,
    "/sign-in",
    "/sign-out",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
    "/page.css",
    "/page.js",
];

/// The address by its name. A path that somebody made up reaches neither the log nor a label.
fn route(path: &str) -> &'static str {
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("unmatched")
}

/// What the side is called in logs and metrics.
#[must_use]
pub const fn name(audience: Audience) -> &'static str {
    match audience {
        Audience::Portal => "portal",
        Audience::Console => "console",
    }
}
