//! Who is behind a proxy. What a request says about that counts when a proxy says it that is trusted, and nobody else.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName};
use schemas::Network;

use super::session::is_over_tls;

/// Whether TLS ends in front of us, as a proxy says.
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Those in these networks.
    #[must_use]
    pub const fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether others could have read or changed what is asked: it came neither over TLS nor from this very machine. What a
    /// trusted proxy passes on came as the proxy says.
    #[must_use]
    pub fn in_the_clear(&self, request: &Request) -> bool {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let headers = request.headers();
        let passed_on =
            headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED_PROTO);
        peer.is_some_and(|ConnectInfo(peer)| {
            if passed_on && self.trusts(peer.ip()) {
                !is_over_tls(headers)
            } else {
                !peer.ip().to_canonical().is_loopback()
            }
        })
    }

    /// Puts the client's own address where that of the connection was, and takes away what nobody who is trusted said: behind
    /// this, every door believes what it reads.
    pub fn look_behind(&self, request: &mut Request) {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        match peer.filter(|peer| self.trusts(peer.ip())) {
            Some(peer) => {
                let client = self.client(peer.ip(), request.headers());
                if client != peer.ip() {
                    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
                }
            }
            None => {
                request.headers_mut().remove(FORWARDED_PROTO);
            }
        }
    }

    /// Each proxy appends from where it was asked. Read from the end, the first address that is no trusted proxy is the
    /// client; what stands before it, the client may have written.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let told = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let mut client = peer;
        for text in told {
            let Some(address) = address(text.trim()) else { break };
            client = address;
            if !self.trusts(address) {
                break;
            }
        }
        client
    }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let found = bare.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn seen(proxies: &[&str], peer: &str, headers: &[(&str, &str)]) -> (String, bool) {
        let proxies = proxies.iter().map(|one| one.parse().unwrap()).collect();
        let mut request = Request::new(Body::empty());
        let peer = SocketAddr::new(peer.parse().unwrap(), 4_711);
        request.extensions_mut().insert(ConnectInfo(peer));
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        TrustedProxies::new(proxies).look_behind(&mut request);
        let ConnectInfo(client) = request.extensions().get::<ConnectInfo<SocketAddr>>().unwrap();
        (client.ip().to_string(), request.headers().contains_key(FORWARDED_PROTO))
    }

    #[test]
    fn headers_count_from_trusted_proxies_only() {
        let proxies = ["10.0.0.0/8"];
        let said = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")];
        assert_eq!(seen(&proxies, "10.1.2.3", &said), ("203.0.113.7".to_owned(), true));
        assert_eq!(seen(&proxies, "192.0.2.9", &said), ("192.0.2.9".to_owned(), false));
        assert_eq!(seen(&[], "127.0.0.1", &said), ("127.0.0.1".to_owned(), false));
    }

    #[test]
    fn only_what_came_over_tls_or_from_this_machine_is_not_in_the_clear() {
        let clear = |peer: &str, headers: &[(&str, &str)]| {
            let mut request = Request::new(Body::empty());
            let peer = SocketAddr::new(peer.parse().unwrap(), 4_711);
            request.extensions_mut().insert(ConnectInfo(peer));
            for (name, value) in headers {
                let name: HeaderName = name.parse().unwrap();
                request.headers_mut().append(name, value.parse().unwrap());
            }
            let trusted = ["10.0.0.0/8", "127.0.0.1"].map(|one| one.parse().unwrap());
            TrustedProxies::new(trusted.to_vec()).in_the_clear(&request)
        };
        let (https, http) = ([("x-forwarded-proto", "https")], [("x-forwarded-proto", "http")]);
        let silent = [("x-forwarded-for", "203.0.113.7")];
        for proxy in ["10.1.2.3", "127.0.0.1"] {
            assert!(!clear(proxy, &https), "{proxy}");
            assert!(clear(proxy, &http), "{proxy}");
            assert!(clear(proxy, &silent), "{proxy} does not say how it was asked");
        }
        assert!(clear("10.1.2.3", &[]));
        for own in ["127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1"] {
            assert!(!clear(own, &[]), "{own}");
        }
        for stranger in ["192.0.2.9", "2001:db8::1", "::ffff:192.0.2.9"] {
            assert!(clear(stranger, &[]) && clear(stranger, &https), "{stranger} may say anything");
        }
    }

    #[test]
    fn what_a_client_wrote_itself_before_the_proxies_is_not_believed() {
        let proxies = ["10.0.0.0/8", "2001:db8::/32"];
        for (told, client) in [
            (&["198.51.100.1, 203.0.113.7"][..], "203.0.113.7"),
            (&["198.51.100.1", "203.0.113.7, 10.9.9.9"], "203.0.113.7"),
            (&["10.3.3.3, 2001:db8::1"], "10.3.3.3"),
            (&["203.0.113.7:51234"], "203.0.113.7"),
            (&["[2001:db8:ffff::1]:443, 10.9.9.9"], "2001:db8:ffff::1"),
            (&["203.0.113.7, unknown"], "10.1.2.3"),
            (&["203.0.113.7, "], "10.1.2.3"),
            (&[], "10.1.2.3"),
        ] {
            let headers: Vec<_> = told.iter().map(|line| ("x-forwarded-for", *line)).collect();
            assert_eq!(seen(&proxies, "10.1.2.3", &headers).0, client, "{told:?}");
        }
    }
}
