//! Tokens of programs: whose they are, what they let a program do, when they were last used.

use std::net::IpAddr;

use ledger::authority::{Action, Resource, Scopes};
use schemas::access::{ApiTokenCreated, ApiTokenRevoked, ApiTokenUsed, Audience, TokenScope};
use schemas::{Actor, Digest, MemberId, Network, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Access, CredentialsRow, audience_name};
use crate::row_text::RowText;
use crate::scope::{AuthenticationError, Program, Scope};
use crate::views::Views;

/// One token of a program. It stays here once it is over: the history tells by its name what was done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiTokenRow {
    /// Which door it opens.
    pub audience: Audience,
    /// What the person calls it.
    pub name: String,
    /// What the program may do.
    pub scopes: Vec<TokenScope>,
    /// From where only it is accepted; none: from anywhere.
    pub networks: Vec<Network>,
    /// The keyed hash of its text.
    pub secret_digest: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The newest day on which it was used.
    pub used_on: Option<Timestamp>,
}

impl ApiTokenRow {
    pub(super) fn of(fact: &ApiTokenCreated, created_at: Timestamp) -> Self {
        Self {
            audience: fact.audience,
            name: fact.name.clone(),
            scopes: fact.scopes.clone(),
            networks: fact.networks.clone(),
            secret_digest: fact.secret_digest,
            created_at,
            expires_at: fact.expires_at,
            revoked_at: None,
            used_on: None,
        }
    }

    /// Whether it is accepted at this instant.
    #[must_use]
    pub fn accepted(&self, at: Timestamp) -> bool {
        self.revoked_at.is_none() && at < self.expires_at
    }

    fn accepted_from(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty()
            || address.is_some_and(|address| self.networks.iter().any(|one| one.contains(address)))
    }

    pub(super) fn write(&self, token: TokenId, text: &mut RowText) {
        text.field("api_token", token);
        text.field("  audience", audience_name(self.audience));
        text.field("  name", &self.name);
        self.scopes.iter().for_each(|scope| text.field("  scope", scope_name(*scope)));
        self.networks.iter().for_each(|network| text.field("  network", network));
        text.field("  secret_digest", self.secret_digest);
        text.instant("  created_at", self.created_at);
        text.instant("  expires_at", self.expires_at);
        text.instant_option("  revoked_at", self.revoked_at);
        text.instant_option("  used_on", self.used_on);
    }
}

const fn scope_name(scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Read => "read",
        TokenScope::Licenses => "licenses",
        TokenScope::People => "people",
        TokenScope::Operate => "operate",
    }
}

impl CredentialsRow {
    /// Answers the hash of what is no longer accepted.
    pub(super) fn revoke(&mut self, fact: ApiTokenRevoked, at: Timestamp) -> Option<Digest> {
        let token = self.api_tokens.get_mut(&fact.token)?;
        token.revoked_at = Some(at);
        Some(token.secret_digest)
    }

    pub(super) fn use_token(&mut self, fact: ApiTokenUsed) {
        if let Some(token) = self.api_tokens.get_mut(&fact.token) {
            token.used_on = Some(fact.day);
        }
    }
}

impl Access {
    /// Whose token of a program has this hash, if it opens this door now to who comes from there.
    pub(crate) fn program(
        &self,
        audience: Audience,
        secret: &Digest,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(Uuid, Program), AuthenticationError> {
        let (principal, token) = self.by_secret.get(secret).ok_or(AuthenticationError::Unknown)?;
        let kept = self.credentials.get(principal).and_then(|row| row.api_tokens.get(token));
        let kept = kept.filter(|kept| kept.audience == audience && kept.accepted_from(from));
        let kept = kept.ok_or(AuthenticationError::Unknown)?;
        if !kept.accepted(now) {
            return Err(AuthenticationError::Expired);
        }
        let (scopes, expires_at) = (Scopes::of(&kept.scopes), kept.expires_at);
        Ok((*principal, Program { token: *token, scopes, expires_at }))
    }

    fn api_token(&self, principal: Uuid, token: TokenId) -> Option<&ApiTokenRow> {
        self.credentials.get(&principal)?.api_tokens.get(&token)
    }

    /// Whether this session of somebody was not ended.
    pub(crate) fn has(&self, actor: Actor, session: TokenId) -> bool {
        let row = principal_of(actor).and_then(|principal| self.credentials.get(&principal));
        row.is_some_and(|row| row.tokens.contains_key(&session))
    }

    /// What somebody's token lets a program do at this instant; `None`: there is no such token, or it is not accepted.
    pub(crate) fn scopes_at(&self, actor: Actor, token: TokenId, at: Timestamp) -> Option<Scopes> {
        let kept = self.api_token(principal_of(actor)?, token)?;
        kept.accepted(at).then(|| Scopes::of(&kept.scopes))
    }
}

const fn principal_of(actor: Actor) -> Option<Uuid> {
    match actor {
        Actor::Member(member) => Some(member.uuid()),
        Actor::Staff(staff) => Some(staff.uuid()),
        Actor::System | Actor::Operator | Actor::Token(_) | Actor::License(_) => None,
    }
}

/// Reads of tokens of programs.
impl Views {
    /// The newest day on which somebody's token was used.
    #[must_use]
    pub fn api_token_used_on(&self, principal: Uuid, token: TokenId) -> Option<Timestamp> {
        self.access.api_token(principal, token)?.used_on
    }

    /// A token of somebody, also one that is over; `None` where the reader may not look after the person's sign-in.
    #[must_use]
    pub fn api_token(
        &self,
        scope: &impl Scope,
        principal: Uuid,
        token: TokenId,
    ) -> Option<&ApiTokenRow> {
        let person = Resource::Person(MemberId::new(principal));
        let may = |action| self.verdict(scope, action, person).allowed();
        let sees = may(Action::BeOneself) || may(Action::ManageSignIn);
        sees.then(|| self.access.api_token(principal, token)).flatten()
    }

    /// What somebody calls a token with which a program did something. Ask only about what the reader may read.
    #[must_use]
    pub fn api_token_name(&self, principal: Uuid, token: TokenId) -> Option<String> {
        Some(self.access.api_token(principal, token)?.name.clone())
    }

    /// The tokens of a person's programs that are accepted, the newest first: for whoever reads everything of the person's
    /// account, and the person itself.
    #[must_use]
    pub fn api_tokens_of(
        &self,
        scope: &impl Scope,
        member: MemberId,
        now: Timestamp,
    ) -> Vec<(TokenId, ApiTokenRow)> {
        let own = self.verdict(scope, Action::BeOneself, Resource::Person(member)).allowed();
        let account = self.member(scope, member).map(|row| row.account);
        let sees = own || account.is_some_and(|account| self.sees_whole_account(scope, account));
        let row = self.access.credentials_row(member.uuid()).filter(|_| sees);
        row.map(|row| row.api_tokens_at(now)).unwrap_or_default()
    }
}

impl CredentialsRow {
    /// The tokens of programs that are accepted at this instant, the newest first.
    #[must_use]
    pub fn api_tokens_at(&self, at: Timestamp) -> Vec<(TokenId, ApiTokenRow)> {
        let accepted = self.api_tokens.iter().filter(|(_, token)| token.accepted(at));
        let mut found: Vec<_> = accepted.map(|(id, token)| (*id, token.clone())).collect();
        found.sort_by_key(|(id, token)| std::cmp::Reverse((token.created_at, *id)));
        found
    }
}
