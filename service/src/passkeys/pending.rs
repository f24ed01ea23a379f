//! What authenticators were asked and have not answered. Kept here and not with the browser, so that each is answered once.
//! After a restart one begins again. A flood drops its own first: one address has few at a time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use projections::Principal;
use schemas::access::Audience;
use schemas::{Digest, Timestamp, TokenId};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyAuthentication, PasskeyRegistration,
};

use crate::throttle::network;

/// How long somebody may take to find the authenticator.
pub const SECONDS_MAX: i64 = 5 * 60;
/// How many are under way, of some 1 KiB each.
const COUNT_MAX: usize = 8_192;
/// How many of them to sign in from one address.
const COUNT_OF_ADDRESS_MAX: usize = 64;
/// How many of one person who is signed in: strangers do not push those out.
const COUNT_OF_PERSON_MAX: usize = 8;

/// What was asked.
pub enum Asked {
    /// To make a passkey, for somebody in a session.
    ToMake(Principal, TokenId, Box<PasskeyRegistration>),
    /// To show any passkey, at this door.
    ToSignIn(Audience, Box<DiscoverableAuthentication>),
    /// To show one of the passkeys of somebody in a session.
    ToConfirm(Principal, TokenId, Box<PasskeyAuthentication>),
}

impl Asked {
    const fn principal(&self) -> Option<Principal> {
        match self {
            Self::ToMake(whose, ..) | Self::ToConfirm(whose, ..) => Some(*whose),
            Self::ToSignIn(..) => None,
        }
    }
}

/// Something that was asked.
pub struct Pending {
    /// What.
    pub asked: Asked,
    /// As what this service was called.
    pub origin: String,
    /// From where it was asked for.
    pub from: IpAddr,
    /// Until when it may be answered.
    pub until: Timestamp,
}

/// All of them, by the hash of what their browsers hold. Clones share it.
#[derive(Clone, Default)]
pub struct AllPending {
    kept: Arc<Mutex<HashMap<Digest, Pending>>>,
}

impl AllPending {
    /// Keeps one. Where there are too many, the oldest goes: of its person or address first, then of strangers.
    pub fn keep(&self, holder: Digest, pending: Pending, now: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, whose) = (network(pending.from), pending.asked.principal());
        let own = |one: &Pending| {
            one.asked.principal() == whose && (whose.is_some() || network(one.from) == from)
        };
        let most = if whose.is_some() { COUNT_OF_PERSON_MAX } else { COUNT_OF_ADDRESS_MAX };
        if kept.values().filter(|one| own(one)).count() >= most {
            drop_oldest(&mut kept, own);
        } else if kept.len() >= COUNT_MAX {
            kept.retain(|_, one| now < one.until);
            if kept.len() >= COUNT_MAX {
                drop_oldest(&mut kept, |one| one.asked.principal().is_none());
            }
        }
        kept.insert(holder, pending);
    }

    /// Takes one, which nobody can take again.
    #[must_use]
    pub fn take(&self, holder: Digest, now: Timestamp) -> Option<Pending> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&holder).filter(|one| now < one.until)
    }
}

fn drop_oldest(kept: &mut HashMap<Digest, Pending>, among: impl Fn(&Pending) -> bool) {
    let found = kept.iter().filter(|(_, one)| among(one));
    let oldest = found.min_by_key(|(holder, one)| (one.until, **holder)).map(|(holder, _)| *holder);
    if let Some(oldest) = oldest {
        kept.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn pending(last: u8, until: i64) -> Pending {
        let party = crate::passkeys::RelyingParty::called("http://localhost:1", "Test").unwrap();
        let (_, state) = party.ask_for_any().unwrap();
        Pending {
            asked: Asked::ToSignIn(Audience::Portal, Box::new(state)),
            origin: String::new(),
            from: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)),
            until: Timestamp::from_micros(until),
        }
    }

    fn holder(number: u64) -> Digest {
        Digest(*blake3::hash(&number.to_be_bytes()).as_bytes())
    }

    #[test]
    fn each_is_taken_once_and_in_time() {
        let all = AllPending::default();
        let now = Timestamp::from_micros(5);
        all.keep(holder(1), pending(1, 10), now);
        all.keep(holder(2), pending(1, 5), now);
        assert!(all.take(holder(1), now).is_some());
        assert!(all.take(holder(1), now).is_none(), "twice");
        assert!(all.take(holder(2), now).is_none(), "too late");
        assert!(all.take(holder(3), now).is_none(), "never asked");
    }

    #[test]
    fn a_flood_from_one_address_drops_its_own() {
        let all = AllPending::default();
        let now = Timestamp::from_micros(0);
        all.keep(holder(0), pending(1, 1), now);
        for number in 1..=200 {
            let until = i64::try_from(number).unwrap() + 1;
            all.keep(holder(number), pending(2, until), now);
        }
        assert!(all.take(holder(0), now).is_some(), "of another address");
        assert!(all.take(holder(1), now).is_none(), "the oldest of the flood");
        assert!(all.take(holder(200), now).is_some(), "the newest of it");
        assert_eq!(all.kept.lock().unwrap().len(), COUNT_OF_ADDRESS_MAX - 1);
    }
}
