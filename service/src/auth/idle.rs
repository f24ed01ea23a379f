//! Sessions of browsers that nobody uses any more.
//!
//! A page asks by itself again and again, so requests do not tell: what counts is that somebody touched it, which the page
//! says. After a restart of the service each session counts as used when it is first seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::access::Command;
use projections::Principal;
use schemas::access::Audience;
use schemas::{Digest, Timestamp};

use super::Auth;
use crate::http::staff_of;
use crate::tokens::{LIFETIME_SECONDS, TokenSecret};

/// For how long a customer's session may lie unused.
pub const PORTAL_SECONDS: i64 = 30 * 60;
/// For how long one of the vendor's people may.
pub const CONSOLE_SECONDS: i64 = 15 * 60;
/// How many sessions are known before those that ended long ago are forgotten.
const SWEEP_AT: usize = 1_024;

/// When each session was last used. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Idle {
    used: Arc<Mutex<HashMap<Digest, Timestamp>>>,
}

impl Idle {
    /// Somebody uses this session now.
    pub fn used(&self, token: Digest, now: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(token, now);
        if used.len() >= SWEEP_AT {
            // No token lives longer.
            used.retain(|_, last| now < last.plus_seconds(LIFETIME_SECONDS));
        }
    }

    /// Whether nobody has used this session for too long. One that is seen for the first time is used now.
    #[must_use]
    pub fn is_over(&self, audience: Audience, token: Digest, now: Timestamp) -> bool {
        let last = {
            let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.get(&token).copied()
        };
        let may_rest = match audience {
            Audience::Portal => PORTAL_SECONDS,
            Audience::Console => CONSOLE_SECONDS,
        };
        match last {
            None => {
                self.used(token, now);
                false
            }
            Some(last) => now >= last.plus_seconds(may_rest),
        }
    }
}

impl Auth {
    /// Somebody uses the session of this token, and not only a page by itself.
    pub fn used(&self, token: &str) {
        if let Some((_, secret)) = TokenSecret::parse(token) {
            self.idle.used(secret.digest(), self.engine.ledger().clock().now());
        }
    }

    /// Whether the session of a browser has lain unused for too long. Then it is ended, also in the ledger.
    #[must_use]
    pub fn lies_idle(&self, audience: Audience, token: &str) -> bool {
        let Some((_, secret)) = TokenSecret::parse(token) else { return false };
        let now = self.engine.ledger().clock().now();
        let over = self.idle.is_over(audience, secret.digest(), now);
        if over {
            let (auth, token) = (self.clone(), token.to_owned());
            tokio::spawn(async move { auth.end_idle(audience, &token).await });
        }
        over
    }

    async fn end_idle(&self, audience: Audience, token: &str) {
        let found = match audience {
            Audience::Portal => self
                .portal(token)
                .and_then(|scope| Some((Principal::Member(scope.member()), scope.session()?))),
            Audience::Console => {
                self.console(token).and_then(|scope| Some((staff_of(&scope)?, scope.session()?)))
            }
        };
        // It may have ended by itself, or by the request before.
        let Some((principal, session)) = found else { return };
        let token = session.token;
        let command = Command::RevokeToken { token };
        if let Err(error) = self.record(principal, "idle", command, &[&token.bytes()]).await {
            tracing::error!(%error, "a session that lay unused could not be ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_over_when_nobody_used_it_for_its_time_and_sooner_at_the_console() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        for (audience, may_rest) in
            [(Audience::Portal, PORTAL_SECONDS), (Audience::Console, CONSOLE_SECONDS)]
        {
            let idle = Idle::default();
            let token = Digest([7; 32]);
            assert!(!idle.is_over(audience, token, at(0)), "first seen");
            assert!(!idle.is_over(audience, token, at(may_rest - 1)), "asking does not use it");
            assert!(idle.is_over(audience, token, at(may_rest)));
            idle.used(token, at(may_rest - 1));
            assert!(!idle.is_over(audience, token, at(may_rest)));
            assert!(idle.is_over(audience, token, at(2 * may_rest)));
        }
    }

    #[test]
    fn what_ended_long_ago_is_forgotten() {
        let idle = Idle::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let number = |number: usize| Digest(*blake3::hash(&number.to_be_bytes()).as_bytes());
        for one in 0..SWEEP_AT - 1 {
            idle.used(number(one), at(0));
        }
        idle.used(number(SWEEP_AT), at(LIFETIME_SECONDS));
        assert_eq!(idle.used.lock().unwrap().len(), 1);
    }
}
