//! The two listeners, customer portal and vendor console: what is at which address, and how they stop.
//! They share the code of their doors and no credential.

pub mod bundle;
pub mod check;
pub mod confirm;
pub mod doors;
pub mod health;
pub mod license;
pub mod observe;
pub mod pages;
pub mod passkeys;
pub mod password;
pub mod problem;
pub mod proxies;
pub mod refusal;
mod renewed;
pub mod scim;
pub mod second_factor;
pub mod session;
pub mod sign_in;
pub mod tlog;
pub mod unsubscribe;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Router, ServiceExt};
use graphql::api_token::Environment;
use projections::{Principal, VendorReader, VendorScope};
use schemas::access::Audience;
use tokio::net::TcpListener;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use self::observe::Observed;
use self::proxies::TrustedProxies;
use self::refusal::Refusal;
use crate::auth::Auth;
use crate::budgets::Rates;
use crate::engine::Engine;
use crate::notices::mail::Mailing;
use crate::notices::{self, Pace};
use crate::passwords::known::Breached;
use crate::shutdown::Shutdown;
use crate::single_sign_on::networks::Networks;

/// The longest that anything but a subscription may take: commits wait for the disk, queries are bounded by
/// the GraphQL limits.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// How long requests under way may take once the service is told to stop.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);

/// One side, as its handlers see it. Cheap to clone.
#[derive(Clone)]
pub struct Side {
    /// Which side.
    pub audience: Audience,
    /// Its door.
    pub auth: Auth,
    /// The ledger behind it.
    pub engine: Engine,
    /// Whether the side's schema may be asked for.
    pub introspection: bool,
    /// What the ledger is for.
    pub environment: Environment,
}

/// Two sockets that are bound and not yet served.
pub struct Listeners {
    portal: TcpListener,
    console: TcpListener,
    portal_introspection: bool,
    identity_providers: Networks,
    environment: Environment,
    rates: Rates,
    proxies: TrustedProxies,
    plain_http: bool,
    console_second_factor: bool,
    breached: Option<Breached>,
    telling: Option<Option<Mailing>>,
}

/// Where the two sides are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The customer portal.
    pub portal: SocketAddr,
    /// The vendor console.
    pub console: SocketAddr,
}

/// Why a listener cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{side} cannot listen on `{address}`")]
pub struct ListenError {
    side: &'static str,
    address: SocketAddr,
    #[source]
    source: io::Error,
}

impl Listeners {
    /// Takes both addresses; port 0 takes a free one.
    ///
    /// # Errors
    /// When one of them cannot be had.
    pub async fn bind(wanted: Addresses) -> Result<Self, ListenError> {
        Ok(Self {
            portal: bind("the portal", wanted.portal).await?,
            console: bind("the console", wanted.console).await?,
            portal_introspection: false,
            identity_providers: Networks::default(),
            environment: Environment::default(),
            rates: Rates::default(),
            proxies: TrustedProxies::default(),
            plain_http: false,
            console_second_factor: false,
            breached: None,
            telling: None,
        })
    }

    /// Whether customers may ask the portal for its schema; unless told, they read the published one.
    #[must_use]
    pub const fn with_portal_introspection(mut self, allowed: bool) -> Self {
        self.portal_introspection = allowed;
        self
    }

    /// Where customers' identity providers may be; unless told, on the public internet.
    #[must_use]
    pub const fn with_identity_providers(mut self, networks: Networks) -> Self {
        self.identity_providers = networks;
        self
    }

    /// How much each may ask for.
    #[must_use]
    pub const fn with_rates(mut self, rates: Rates) -> Self {
        self.rates = rates;
        self
    }

    /// What the ledger is for.
    #[must_use]
    pub const fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Whose word about who is behind them counts; unless told, nobody's.
    #[must_use]
    pub fn with_trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Whether whoever asks from elsewhere in plain HTTP is answered.
    #[must_use]
    pub const fn with_plain_http(mut self, allowed: bool) -> Self {
        self.plain_http = allowed;
        self
    }

    /// Whether everybody of the vendor needs a second factor.
    #[must_use]
    pub const fn with_console_second_factor(mut self, demanded: bool) -> Self {
        self.console_second_factor = demanded;
        self
    }

    /// Which passwords leaked elsewhere, so that nobody chooses them.
    #[must_use]
    pub fn with_breached(mut self, breached: Option<Breached>) -> Self {
        self.breached = breached;
        self
    }

    /// That people are told of what concerns them while it serves: in the portal, and by mail where it is said how.
    #[must_use]
    pub fn with_telling(mut self, mailing: Option<Mailing>) -> Self {
        self.telling = Some(mailing);
        self
    }

    /// The addresses that were taken.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn addresses(&self) -> io::Result<Addresses> {
        Ok(Addresses { portal: self.portal.local_addr()?, console: self.console.local_addr()? })
    }

    /// Serves both sides until it is time to stop, then answers what is under way.
    ///
    /// # Errors
    /// When a listener breaks.
    pub async fn serve(self, engine: Engine, shutdown: Shutdown) -> io::Result<()> {
        health::start_metrics().map_err(io::Error::other)?;
        let auth = Auth::new(engine.clone())
            .with_identity_providers(self.identity_providers)
            .with_environment(self.environment)
            .with_rates(self.rates)
            .with_console_second_factor(self.console_second_factor)
            .with_breached(self.breached);
        let side = |audience| Side {
            audience,
            auth: auth.clone(),
            engine: engine.clone(),
            introspection: audience == Audience::Console || self.portal_introspection,
            environment: self.environment,
        };
        let telling = self.telling.map(|mailing| {
            notices::start(engine.clone(), mailing, Pace::default(), shutdown.clone())
        });
        let (environment, plain_http) = (self.environment, self.plain_http);
        tracing::info!(%environment, proxies = ?self.proxies, plain_http, "who is trusted");
        let router = |audience| router(side(audience)).behind(self.proxies.clone(), plain_http);
        let portal = serve_side(self.portal, router(Audience::Portal), shutdown.clone());
        let console = serve_side(self.console, router(Audience::Console), shutdown.clone());
        let both = async {
            let ended = tokio::try_join!(portal, console);
            ended.map(|((), ())| ())
        };
        let served = tokio::select! {
            ended = both => ended,
            () = drained(&shutdown) => {
                tracing::warn!("stopped with requests under way: they took too long");
                Ok(())
            }
        };
        // It ends with the shutdown, before the ledger is closed.
        if let Some(telling) = telling {
            telling.abort();
            let _ = telling.await;
        }
        served
    }
}

async fn bind(side: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| ListenError { side, address, source })
}

async fn serve_side(listener: TcpListener, router: Observed, shutdown: Shutdown) -> io::Result<()> {
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(router);
    let stop = shutdown.clone();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(async move { stop.started().await })
        .await;
    // One side that breaks takes the other along: half a service is not one.
    shutdown.start();
    served
}

async fn drained(shutdown: &Shutdown) {
    shutdown.started().await;
    tokio::time::sleep(DRAIN_TIME_MAX).await;
}

/// Everything at the addresses of one side.
pub fn router(side: Side) -> Observed {
    let (audience, auth, fallback) = (side.audience, side.auth.clone(), side.clone());
    let (organization, license) = match audience {
        Audience::Portal => {
            let organization = sign_in::organization::router().merge(unsubscribe::router());
            (organization, license::router(side.clone()))
        }
        Audience::Console => (Router::new(), Router::new()),
    };
    let sign_in = Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/session/used", post(sign_in::used))
        .route("/welcome", get(password::page).post(password::set_by_link))
        .route("/password", post(password::change))
        .route("/confirm", get(confirm::how).post(confirm::confirm))
        .route("/second-factor", post(second_factor::begin))
        .route("/second-factor/confirm", post(second_factor::confirm))
        .route("/second-factor/remove", post(second_factor::remove))
        .merge(organization)
        .layer(RequestBodyLimitLayer::new(sign_in::BODY_BYTES_MAX))
        .merge(passkeys::router())
        .with_state(side.clone());
    let pages = Router::new()
        .route("/assets/{file}", get(asset))
        .route("/queries", get(queries))
        .route("/queries.js", get(pages::queries_script))
        .route("/passkey.js", get(pages::passkey_script))
        .route("/page.css", get(pages::style))
        .with_state(side.clone());
    let mut health =
        Router::new().route("/healthz", get(health::healthz)).route("/readyz", get(health::readyz));
    if audience == Audience::Console {
        health = health.route("/metrics", get(health::metrics)).merge(tlog::router());
    }
    let timeout = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIME_MAX);
    let plain = sign_in.merge(pages).merge(health.with_state(side.engine.clone())).layer(timeout);
    let all = plain
        .merge(doors::router(&side))
        .merge(license.layer(timeout))
        .merge(check::router(side))
        .fallback_service(any(application).with_state(fallback))
        .method_not_allowed_fallback(async || Refusal::METHOD_NOT_ALLOWED);
    Observed::new(audience, auth, all)
}

/// A file of the application; its first page for whoever wants a page, as every page has an address of its own.
async fn application(
    State(side): State<Side>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Refusal::NOT_FOUND.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = bundle::file(side.audience, path, &headers) {
        return file;
    }
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if path.is_empty() || accept.is_some_and(|accept| accept.contains("text/html")) {
        return bundle::index(side.audience, &headers)
            .unwrap_or_else(|| pages::not_built(side.audience));
    }
    Refusal::NOT_FOUND.into_response()
}

async fn asset(State(side): State<Side>, uri: Uri, headers: HeaderMap) -> Response {
    let file = bundle::file(side.audience, uri.path().trim_start_matches('/'), &headers);
    file.unwrap_or_else(|| Refusal::NOT_FOUND.into_response())
}

async fn queries(State(side): State<Side>) -> Response {
    pages::queries(side.audience)
}

/// The person of the vendor behind a scope; the operator at the command line has no session.
pub(crate) fn staff_of(scope: &VendorScope) -> Option<Principal> {
    match scope.reader() {
        VendorReader::Staff(staff, _) => Some(Principal::Staff(staff)),
        VendorReader::Operator => None,
    }
}
