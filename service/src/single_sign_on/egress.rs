//! The way out to identity providers: one request to an address that was looked at, with a bound on time and size. No
//! redirect is followed.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::networks::Networks;

/// Somebody waits in front of a page.
const TIME_MAX: Duration = Duration::from_secs(5);
/// The description of a large provider has 4 KiB, its keys have 8.
const BYTES_MAX: usize = 64 * 1024;
/// How many requests are under way: each is made for somebody who is not known yet.
const AT_ONCE_MAX: usize = 16;

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    networks: Networks,
    tls: Arc<OnceLock<Option<Arc<ClientConfig>>>>,
    room: Arc<Semaphore>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The address is not one.
    #[error("`{address}` is not an address that can be asked")]
    Address {
        /// What it says.
        address: String,
    },
    /// The address is where no provider may be.
    #[error("`{host}` is where this service does not go")]
    NotAllowed {
        /// The host.
        host: String,
    },
    /// The name is nobody's.
    #[error("`{host}` has no address")]
    NoAddress {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nobody answers there, or not as who it should be.
    #[error("`{host}` does not answer")]
    Connect {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// This machine has no certificates to know anybody by.
    #[error("this machine has no root certificates")]
    NoCertificates,
    /// It answers with another address.
    #[error("`{host}` sends elsewhere")]
    Redirected {
        /// The host.
        host: String,
    },
    /// The answer broke off, or is not one.
    #[error("`{host}` does not answer in HTTP")]
    Http {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: hyper::Error,
    },
    /// The answer is too large, or broke off.
    #[error("the answer of `{host}` is larger than {BYTES_MAX} bytes, or broke off")]
    Answer {
        /// The host.
        host: String,
    },
    /// It takes too long.
    #[error("it takes longer than {TIME_MAX:?}")]
    TooSlow,
    /// Too much is under way.
    #[error("too many ask at this moment")]
    Busy,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Where a request goes.
struct Target {
    host: String,
    port: u16,
    over_tls: bool,
}

impl Target {
    fn of(uri: &Uri) -> Option<Self> {
        let over_tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if over_tls { 443 } else { 80 });
        Some(Self { host, port, over_tls })
    }
}

impl Egress {
    /// The way out to these networks.
    #[must_use]
    pub fn new(networks: Networks) -> Self {
        Self { networks, tls: Arc::default(), room: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }

    /// Whether people may be sent to this address: over TLS, or on this machine where that is allowed.
    ///
    /// # Errors
    /// When they may not.
    pub fn check_address(&self, address: &str) -> Result<(), EgressError> {
        let target = address.parse::<Uri>().ok().and_then(|uri| Target::of(&uri));
        let target = target.ok_or_else(|| EgressError::Address { address: address.to_owned() })?;
        let in_the_clear = self.networks == Networks::Loopback;
        if target.over_tls || in_the_clear {
            return Ok(());
        }
        Err(EgressError::NotAllowed { host: target.host })
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, EgressError> {
        let room = self.room.try_acquire().map_err(|_| EgressError::Busy)?;
        let asked = tokio::time::timeout(TIME_MAX, self.exchange(request)).await;
        drop(room);
        asked.map_err(|_| EgressError::TooSlow)?
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, EgressError> {
        let (mut parts, body) = request.into_parts();
        let target = Target::of(&parts.uri)
            .ok_or_else(|| EgressError::Address { address: parts.uri.to_string() })?;
        let address = || EgressError::Address { address: target.host.clone() };
        let authority = parts.uri.authority().ok_or_else(address)?.as_str();
        let host = HeaderValue::from_str(authority).map_err(|_| address())?;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = path.parse().map_err(|_| address())?;
        parts.headers.insert(header::HOST, host);
        let stream = self.connect(&target).await?;
        let host = target.host.as_str();
        let http = |source| EgressError::Http { host: host.to_owned(), source };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(http)?;
        let asked = async {
            let request = http::Request::from_parts(parts, Full::<Bytes>::from(body));
            let (parts, body) = sender.send_request(request).await.map_err(http)?.into_parts();
            if parts.status.is_redirection() {
                return Err(EgressError::Redirected { host: host.to_owned() });
            }
            let body = Limited::new(body, BYTES_MAX).collect().await;
            let body = body.map_err(|_| EgressError::Answer { host: host.to_owned() })?;
            Ok(http::Response::from_parts(parts, body.to_bytes().to_vec()))
        };
        tokio::pin!(asked, connection);
        tokio::select! {
            answer = &mut asked => answer,
            // Once all was read the connection may end first.
            _ = &mut connection => asked.await,
        }
    }

    /// INVARIANT (the address that was looked at): a name is resolved once, and that very address is connected to; a
    /// name that means something forbidden as well is not gone to at all.
    async fn connect(&self, target: &Target) -> Result<Box<dyn Stream>, EgressError> {
        let Target { host, port, over_tls } = target;
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        let found = found
            .map_err(|source| EgressError::NoAddress { host: host.clone(), source })?
            .collect::<Vec<SocketAddr>>();
        let allowed = |one: &SocketAddr| self.networks.allow(one.ip(), *port, *over_tls);
        if found.is_empty() || !found.iter().all(allowed) {
            return Err(EgressError::NotAllowed { host: host.clone() });
        }
        let refused = |source| EgressError::Connect { host: host.clone(), source };
        let stream = TcpStream::connect(found.as_slice()).await.map_err(refused)?;
        if !over_tls {
            return Ok(Box::new(stream));
        }
        let tls = self.tls.get_or_init(certificates).clone().ok_or(EgressError::NoCertificates)?;
        let name = ServerName::try_from(host.clone())
            .map_err(|_| EgressError::Address { address: host.clone() })?;
        let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(refused)?;
        Ok(Box::new(stream))
    }
}

/// What this machine knows others by, so that a company's own certificates count where they are installed.
fn certificates() -> Option<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let (added, _) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return None;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().ok()?;
    Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

impl<'c> AsyncHttpClient<'c> for Egress {
    type Error = EgressError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, EgressError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(address: &str) -> HttpRequest {
        http::Request::get(address).body(Vec::new()).unwrap()
    }

    #[tokio::test]
    async fn nobody_is_led_to_what_only_this_machine_reaches() {
        for networks in [Networks::Public, Networks::Private] {
            let egress = Egress::new(networks);
            for address in [
                "http://127.0.0.1:1/",
                "https://127.0.0.1/",
                "https://localhost/",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://2130706433/",
                "https://0x7f.1/",
                "https://127.1/",
                "https://169.254.169.254/",
                "https://0.0.0.0/",
                "http://1.1.1.1/",
                "https://100.100.100.200/",
                "https://[fe80::1]/",
                "https://[64:ff9b::7f00:1]/",
            ] {
                let refused = egress.ask(get(address)).await.unwrap_err();
                let no = matches!(
                    refused,
                    EgressError::NotAllowed { .. } | EgressError::NoAddress { .. }
                );
                assert!(no, "{address}: {refused}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_address_is_not_asked() {
        let egress = Egress::new(Networks::Loopback);
        for address in ["ftp://127.0.0.1/", "https://name:secret@127.0.0.1/", "/path"] {
            let refused = egress.ask(get(address)).await.unwrap_err();
            assert!(matches!(refused, EgressError::Address { .. }), "{address}: {refused}");
        }
    }
}
