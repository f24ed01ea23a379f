//! Who was sent to an identity provider and is not back yet. Kept here and not with the browser, so that each is taken
//! once. After a restart one begins again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use projections::Principal;
use projections::scope::Session;
use schemas::{AccountId, Digest, MemberId, Timestamp};

use super::Sent;

/// How long somebody may take at the provider.
pub const SECONDS_MAX: i64 = 10 * 60;
/// How many are under way, of some 1 KiB each.
const COUNT_MAX: usize = 4_096;

/// Somebody who was sent to a provider.
pub struct Pending {
    /// Whose provider it is.
    pub account: AccountId,
    /// Since when the account has that provider.
    pub provider_since: Timestamp,
    /// What was sent along.
    pub sent: Sent,
    /// To where the provider sends back.
    pub redirect: String,
    /// Where to go then.
    pub next: String,
    /// Who shows again who it is.
    pub again: Option<MemberId>,
    /// The session that the new one takes the place of.
    pub former: Option<(Principal, Session)>,
    /// Until when.
    pub until: Timestamp,
}

/// All of them, by the hash of what their browsers hold. Clones share it.
#[derive(Clone, Default)]
pub struct AllPending {
    kept: Arc<Mutex<HashMap<Digest, Pending>>>,
}

impl AllPending {
    /// Keeps one; answers whether there is room.
    #[must_use]
    pub fn keep(&self, holder: Digest, pending: Pending, now: Timestamp) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= COUNT_MAX {
            kept.retain(|_, one| now < one.until);
        }
        let room = kept.len() < COUNT_MAX;
        if room {
            kept.insert(holder, pending);
        }
        room
    }

    /// Takes one, which nobody can take again.
    #[must_use]
    pub fn take(&self, holder: Digest, now: Timestamp) -> Option<Pending> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&holder).filter(|one| now < one.until)
    }
}
