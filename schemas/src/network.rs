//! A range of addresses, as people write it: `203.0.113.0/24`, `2001:db8::/32`, or one address.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A range of addresses. Equal ranges have one spelling: what lies behind the prefix is zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpNet);

impl Network {
    /// Whether an address is in it. An IPv4 address that is written as an IPv6 one is that IPv4 address.
    #[must_use]
    pub fn contains(&self, address: impl Into<IpNet>) -> bool {
        self.0.contains(&address.into().addr().to_canonical())
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, ParseNetworkError> {
        // One address is the network of all its bits, of whichever kind it is.
        let one = || ["/128", "/32"].iter().find_map(|bits| format!("{text}{bits}").parse().ok());
        let whole = |one: IpNet| IpNet::from(one.addr().to_canonical());
        let parsed = text.parse().ok().or_else(|| one().map(whole));
        parsed.map(|network: IpNet| Self(network.trunc())).ok_or(ParseNetworkError)
    }
}

/// The text is no range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a range of addresses such as `203.0.113.0/24`")]
pub struct ParseNetworkError;

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Network {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Network".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f.:]+/[0-9]+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_one_spelling_and_knows_its_addresses() {
        for (text, spelled, inside, outside) in [
            ("203.0.113.7/24", "203.0.113.0/24", "203.0.113.255", "203.0.114.1"),
            ("203.0.113.7", "203.0.113.7/32", "::ffff:203.0.113.7", "203.0.113.8"),
            ("2001:db8::1/32", "2001:db8::/32", "2001:db8:ffff::", "2001:db9::"),
            ("::ffff:10.0.0.1", "10.0.0.1/32", "10.0.0.1", "::1"),
        ] {
            let network: Network = text.parse().unwrap();
            assert_eq!(network.to_string(), spelled);
            assert!(network.contains(address(inside)), "{text} {inside}");
            assert!(!network.contains(address(outside)), "{text} {outside}");
        }
        for wrong in ["", "host", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/8 "] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
