//! Programs that show a token of their own. On which days each was used is recorded, once a day, beside the requests.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use graphql::api_token::{self, Environment};
use ledger::access::api_token::day_of;
use ledger::access::{AccessRules, Command};
use ledger_log::{CommandMeta, derive};
use projections::scope::{Program, Scope, TenantScope, VendorScope};
use schemas::{AccountId, Actor, CommandId, Digest, StreamName, Timestamp, TokenId};
use uuid::Uuid;

use super::{Auth, IssueError};
use crate::http::staff_of;

/// How many tokens are known to have been used today before those of other days are forgotten.
const SWEEP_AT: usize = 1_024;

/// On which day each token's use was last told. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    told: Arc<Mutex<HashMap<TokenId, Timestamp>>>,
}

impl Uses {
    /// Whether nobody was told yet of this day.
    fn is_first(&self, token: TokenId, day: Timestamp) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= SWEEP_AT {
            told.retain(|_, known| *known >= day);
        }
        told.insert(token, day) != Some(day)
    }
}

impl Auth {
    /// The same door, of a ledger of this kind.
    #[must_use]
    pub const fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// The scope of whoever shows this bearer token at the portal from this address: a person who signed in, or a program.
    #[must_use]
    pub fn portal_from(&self, bearer: &str, from: Option<IpAddr>) -> Option<TenantScope> {
        if !api_token::claims_to_be(bearer) {
            return self.portal(bearer);
        }
        let (digest, now) = (self.program(bearer)?, self.engine.ledger().clock().now());
        let views = self.engine.projections();
        let scope = views.read(|views| views.authenticate_portal_program(&digest, from, now));
        let scope = scope.map_err(|error| refused(&error)).ok()?;
        self.used_by(scope.member().uuid(), Some(scope.account()), scope.program()?, now);
        Some(scope)
    }

    /// The scope of whoever shows this bearer token at the console from this address.
    #[must_use]
    pub fn console_from(&self, bearer: &str, from: Option<IpAddr>) -> Option<VendorScope> {
        if !api_token::claims_to_be(bearer) {
            return self.console(bearer);
        }
        let (digest, now) = (self.program(bearer)?, self.engine.ledger().clock().now());
        let views = self.engine.projections();
        let scope = views.read(|views| views.authenticate_console_program(&digest, from, now));
        let scope = scope.map_err(|error| refused(&error)).ok()?;
        self.used_by(staff_of(&scope)?.uuid(), None, scope.program()?, now);
        Some(scope)
    }

    /// What is stored of a token; one that was mistyped is looked up nowhere.
    fn program(&self, bearer: &str) -> Option<Digest> {
        api_token::digest(self.engine.keystore(), self.environment, bearer)
    }

    fn used_by(
        &self,
        principal: Uuid,
        tenant: Option<AccountId>,
        program: Program,
        now: Timestamp,
    ) {
        let (token, day) = (program.token, day_of(now));
        let views = self.engine.projections();
        let known = views.read(|views| views.api_token_used_on(principal, token));
        if known.is_some_and(|known| known >= day) || !self.uses.is_first(token, day) {
            return;
        }
        let auth = self.clone();
        tokio::spawn(async move {
            if let Err(error) = auth.record_use(principal, tenant, token).await {
                tracing::error!(%error, "the use of a token could not be recorded");
            }
        });
    }

    async fn record_use(
        &self,
        principal: Uuid,
        tenant: Option<AccountId>,
        token: TokenId,
    ) -> Result<(), IssueError> {
        let ledger = self.engine.ledger();
        let id = derive::new_uuid(ledger.clock().now()).map_err(|_| IssueError::Random)?;
        let parts: [&[u8]; 1] = [&token.bytes()];
        let digest = derive::request_digest(self.engine.keystore(), "api_token_use", &parts);
        let meta = CommandMeta::new(CommandId::new(id), digest, Actor::System).for_tenant(tenant);
        let (stream, command) =
            (StreamName::access(principal), Command::RecordApiTokenUse { token });
        let done = ledger.transact::<AccessRules>(stream, command, meta).await;
        done.map(|_| ()).map_err(|error| IssueError::Ledger(Box::new(error)))
    }
}

fn refused(error: &projections::AuthenticationError) {
    tracing::warn!(%error, "a token of a program was refused");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_once_a_day_and_days_that_are_over_are_forgotten() {
        let uses = Uses::default();
        let day = |number: i64| Timestamp::from_micros(number * 86_400_000_000);
        let token = |number: usize| TokenId::new(Uuid::from_u128(number as u128));
        assert!(uses.is_first(token(0), day(1)));
        assert!(!uses.is_first(token(0), day(1)));
        assert!(uses.is_first(token(0), day(2)));
        for number in 0..SWEEP_AT {
            uses.is_first(token(number), day(3));
        }
        uses.is_first(token(0), day(4));
        assert_eq!(uses.told.lock().unwrap().len(), 1);
    }
}
