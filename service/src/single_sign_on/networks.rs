//! Which addresses a provider may have. Whoever types one in must not reach what only this machine reaches.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where identity providers may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Networks {
    /// On the public internet, with https on port 443 or 8443.
    #[default]
    Public,
    /// Also in the networks around this machine, with https.
    Private,
    /// Also on this very machine, there without https: for trying things out.
    Loopback,
}

impl Networks {
    /// Whether one may connect there.
    #[must_use]
    pub fn allow(self, address: IpAddr, port: u16, over_tls: bool) -> bool {
        let address = address.to_canonical();
        if !over_tls {
            return self == Self::Loopback && address.is_loopback();
        }
        match self {
            Self::Public => is_public(address) && matches!(port, 443 | 8443),
            Self::Private => is_public(address) || is_private(address),
            Self::Loopback => is_public(address) || is_private(address) || address.is_loopback(),
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Whether everybody on the internet means the same machine by it.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// The networks of the registry of special addresses (RFC 6890) that are not global.
const SPECIAL_V4: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, and what is kept for later.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |(network, bits): &(Ipv4Addr, u32)| {
        (address.to_bits() ^ network.to_bits()).checked_shr(32 - bits).unwrap_or_default() == 0
    };
    !SPECIAL_V4.iter().any(within)
}

/// Parts of the global network that carry other addresses in them, or that nobody has.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |(network, bits): &(Ipv6Addr, u32)| {
        (address.to_bits() ^ network.to_bits()).checked_shr(128 - bits).unwrap_or_default() == 0
    };
    within(&GLOBAL_V6) && !SPECIAL_V6.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &[&str] = &["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"];
    const AROUND: &[&str] = &["10.1.2.3", "172.31.0.9", "192.168.1.1", "fd00::1"];
    const NOWHERE: &[&str] = &[
        "0.0.0.0",
        "100.64.0.1",
        "100.127.255.254",
        "169.254.169.254",
        "192.0.0.1",
        "192.0.2.7",
        "192.88.99.1",
        "198.18.0.1",
        "198.19.255.1",
        "198.51.100.2",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1",
        "ff02::1",
        "64:ff9b::a00:1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "::ffff:169.254.169.254",
        "::7f00:1",
    ];
    const OUTSIDE: &[&str] =
        &["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"];

    #[test]
    fn only_what_is_allowed_is_connected_to() {
        let all = [Networks::Public, Networks::Private, Networks::Loopback];
        for (addresses, allowed) in [
            (HERE, [false, false, true]),
            (AROUND, [false, true, true]),
            (NOWHERE, [false, false, false]),
            (OUTSIDE, [true, true, true]),
        ] {
            for address in addresses {
                let ip: IpAddr = address.parse().unwrap();
                let found = all.map(|networks| networks.allow(ip, 443, true));
                assert_eq!(found, allowed, "{address}");
            }
        }
    }

    #[test]
    fn in_the_clear_only_to_this_machine_and_in_public_only_to_usual_ports() {
        let one: IpAddr = "1.1.1.1".parse().unwrap();
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        for networks in [Networks::Public, Networks::Private, Networks::Loopback] {
            assert!(!networks.allow(one, 80, false));
            assert_eq!(networks.allow(here, 80, false), networks == Networks::Loopback);
            assert!(networks.allow(one, 8443, true));
            assert_eq!(networks.allow(one, 22, true), networks != Networks::Public);
        }
    }
}
