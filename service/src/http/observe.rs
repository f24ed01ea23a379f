//! What every answer goes through: a request id, security headers, one log line, the request metrics.

use std::any::Any;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use graphql::request_id::RequestId;
use graphql::vain::Vain;
use metrics::{Counter, Histogram};
use schemas::access::Audience;
use tower::Service;

use super::proxies::TrustedProxies;
use super::refusal::Refusal;
use super::session;
use crate::auth::{Auth, vain};

/// The header that names one request in logs and in support tickets.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers of every answer. Pages load nothing from elsewhere, run nothing inline, and cannot be framed.
pub const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Headers of every answer that does not say otherwise itself.
const UNLESS_TOLD: [(HeaderName, &str); 2] =
    [(header::REFERRER_POLICY, "no-referrer"), (header::CACHE_CONTROL, "no-store")];

/// One side with what is around each of its requests. It stands outside the router, once, so that no route pays
/// for layers of its own.
#[derive(Clone)]
pub struct Observed {
    audience: Audience,
    auth: Arc<Auth>,
    router: Router,
    meters: Arc<Meters>,
    proxies: TrustedProxies,
    plain_http: bool,
}

impl Observed {
    /// Observes every request of this side.
    #[must_use]
    pub fn new(audience: Audience, auth: Auth, router: Router) -> Self {
        let (meters, proxies) = (Arc::new(Meters::new(name(audience))), TrustedProxies::default());
        let auth = Arc::new(auth);
        Self { audience, auth, router, meters, proxies, plain_http: false }
    }

    /// The same, behind these proxies; in plain HTTP from elsewhere only where that is allowed.
    #[must_use]
    pub fn behind(self, proxies: TrustedProxies, plain_http: bool) -> Self {
        Self { proxies, plain_http, ..self }
    }

    /// Whether nothing is answered but that others could read what they send. Whether the process is there may everybody ask.
    fn refuses(&self, request: &Request) -> bool {
        let open = ["/healthz", "/readyz"].contains(&request.uri().path());
        !self.plain_http && !open && self.proxies.in_the_clear(request)
    }
}

impl Service<Request> for Observed {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let started = Instant::now();
        let meters = Arc::clone(&self.meters);
        let route = route(request.uri().path());
        let method = request.method().clone();
        let refused = self.refuses(&request);
        self.proxies.look_behind(&mut request);
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        if !refused {
            session::show_cookie(&mut request, self.audience, &self.auth);
        }
        let auth = Arc::clone(&self.auth);
        let served = (!refused).then(|| self.router.call(request));
        Box::pin(async move {
            let mut response = match served {
                None => Refusal::TLS_REQUIRED.into_response(),
                Some(served) => match AssertUnwindSafe(served).catch_unwind().await {
                    Ok(Ok(response)) => response,
                    Err(panic) => broke_off(panic.as_ref()),
                },
            };
            let took = started.elapsed();
            meters.count(route, response.status(), took);
            name_and_secure(response.headers_mut());
            let listener = meters.listener;
            if response.status() == StatusCode::NOT_FOUND && route.names_something() {
                let what = route.name();
                let vain = Vain { not_found: 1, forbidden: 0 };
                auth.asked_in_vain(vain::Asked { listener, what, from, who: None }, vain);
            }
            tell(&response, &Asked { listener, route: route.name(), method, from, took });
            Ok(response)
        })
    }
}

/// A request, as the log tells it: nothing that whoever asked could choose freely.
struct Asked {
    listener: &'static str,
    route: &'static str,
    method: Method,
    from: Option<IpAddr>,
    took: Duration,
}

/// Logs an answer. What was turned away or went wrong shows unless told otherwise: somebody may be trying what is not for them.
/// A page that is not there is not: every robot asks for some.
fn tell(response: &Response, asked: &Asked) {
    let id = response.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let Asked { listener, route, method, from, took } = asked;
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let (from, code) = (from.map(tracing::field::display), response.status());
    let status = code.as_u16();
    if code.is_server_error() {
        tracing::warn!(listener, request_id = id, %method, route, status, micros, from, "failed");
    } else if code.is_client_error() && code != StatusCode::NOT_FOUND {
        tracing::info!(listener, request_id = id, %method, route, status, micros, from, "refused");
    } else {
        tracing::debug!(listener, request_id = id, %method, route, status, micros, from, "answered");
    }
}

fn name_and_secure(headers: &mut HeaderMap) {
    // All at once: growing it step by step copies it each time.
    headers.reserve(SECURITY_HEADERS.len() + UNLESS_TOLD.len() + 1);
    for (name, value) in &SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in &UNLESS_TOLD {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // A GraphQL answer names its request itself, also in its body.
    if !headers.contains_key(REQUEST_ID)
        && let Ok(id) = HeaderValue::from_str(RequestId::next().as_str())
    {
        headers.insert(REQUEST_ID, id);
    }
}

fn broke_off(panic: &(dyn Any + Send)) -> Response {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = said.unwrap_or_default(), "a request broke off");
    Refusal::INTERNAL.into_response()
}

/// The request metrics of one side. What most requests are counted by is looked up once and kept.
struct Meters {
    listener: &'static str,
    kept: [Kept; ROUTES.len() + 1],
}

#[derive(Default)]
struct Kept {
    well: OnceLock<Counter>,
    seconds: OnceLock<Histogram>,
}

impl Meters {
    fn new(listener: &'static str) -> Self {
        Self { listener, kept: std::array::from_fn(|_| Kept::default()) }
    }

    fn count(&self, route: Route, status: StatusCode, took: Duration) {
        let (listener, name) = (self.listener, route.name());
        let counter = |status: StatusCode| {
            metrics::counter!("deedbook_http_requests_total",
                "listener" => listener, "route" => name, "status" => status.as_u16().to_string())
        };
        let histogram = || {
            metrics::histogram!("deedbook_http_request_duration_seconds",
                "listener" => listener, "route" => name)
        };
        let Some(kept) = self.kept.get(route.0) else { return };
        if status == StatusCode::OK {
            kept.well.get_or_init(|| counter(status)).increment(1);
        } else {
            counter(status).increment(1);
        }
        kept.seconds.get_or_init(histogram).record(took.as_secs_f64());
    }
}

/// Every address there is, the busiest first.
const ROUTES: [&str; 22] = [
    super::check::PATH,
    "/graphql",
    "/sign-in",
    "/sign-out",
    "/session/used",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
    ASSETS,
    SCIM,
    "/v1/license/activate",
    "/v1/license/deactivate",
    "/v1/license/validate",
    "/v1/license/heartbeat",
    "/v1/license/usage",
    OFREP,
    super::license::KEYS_PATH,
    super::license::DOCUMENT_PATH,
    "/queries",
    "/queries.js",
    "/page.css",
];

/// The files of the built application.
const ASSETS: &str = "/assets/{file}";

/// What providers of OpenFeature ask.
const OFREP: &str = "/ofrep/v1/{rest}";

/// What identity providers ask.
const SCIM: &str = "/scim/v2/{rest}";

/// An address by its place among [`ROUTES`]; one behind them: unmatched. A path that somebody made up reaches
/// neither the log nor a label.
#[derive(Clone, Copy)]
struct Route(usize);

impl Route {
    /// Whether what is asked for there may be somebody's. Answers of GraphQL say themselves what is not there.
    fn names_something(self) -> bool {
        let name = self.name();
        [super::check::PATH, SCIM, OFREP].contains(&name) || name.starts_with(super::license::PATH)
    }

    fn name(self) -> &'static str {
        ROUTES.get(self.0).copied().unwrap_or("unmatched")
    }
}

fn route(path: &str) -> Route {
    let path = match path {
        path if path.starts_with("/assets/") => ASSETS,
        path if path.starts_with(super::scim::PATH) => SCIM,
        path if path.starts_with("/ofrep/v1/") => OFREP,
        path => path,
    };
    Route(ROUTES.iter().position(|route| *route == path).unwrap_or(ROUTES.len()))
}

/// What the side is called in logs and metrics.
#[must_use]
pub const fn name(audience: Audience) -> &'static str {
    match audience {
        Audience::Portal => "portal",
        Audience::Console => "console",
    }
}
