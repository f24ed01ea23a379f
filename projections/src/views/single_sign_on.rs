//! Identity providers of accounts: for whom each of them speaks, and who is who there.

use std::collections::BTreeMap;

use schemas::account::AccountEvent;
use schemas::{AccountId, Digest, MemberId, SubjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::row_text::RowText;
use crate::scope::{Scope, Session};
use crate::views::Views;
use crate::views::access::Principal;
use crate::views::accounts::AccountRow;

/// The identity provider of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRow {
    /// Its address, exactly as it calls itself.
    pub issuer: String,
    /// What it calls this service.
    pub client: String,
    /// When it was connected first.
    pub since: Timestamp,
    /// Whether people come in through it only; since when.
    pub required_since: Option<Timestamp>,
    /// Who is who there, and since when that is known.
    pub identities: BTreeMap<Digest, (MemberId, Timestamp)>,
}

impl ProviderRow {
    /// Since when this person is known there.
    #[must_use]
    pub fn linked_since(&self, member: MemberId) -> Option<Timestamp> {
        let mut linked = self.identities.values();
        linked.find_map(|(holder, since)| (*holder == member).then_some(*since))
    }

    pub(super) fn write(&self, subject: SubjectId, text: &mut RowText) {
        text.field("provider", &self.issuer);
        text.field("  client", &self.client);
        text.field("  subject", subject);
        text.instant("  since", self.since);
        text.instant_option("  required_since", self.required_since);
        for (identity, (member, since)) in &self.identities {
            text.field("  identity", identity);
            text.field("    member", member);
            text.instant("    since", *since);
        }
    }
}

impl AccountRow {
    pub(super) fn evolve_provider(&mut self, event: &AccountEvent, at: Timestamp) {
        match event {
            AccountEvent::IdentityProviderConnected(fact) => {
                let row = self.provider.get_or_insert_with(|| ProviderRow {
                    issuer: String::new(),
                    client: String::new(),
                    since: at,
                    required_since: None,
                    identities: BTreeMap::new(),
                });
                row.issuer.clone_from(&fact.issuer);
                row.client.clone_from(&fact.client);
                self.provider_secret = fact.personal.clone();
            }
            AccountEvent::IdentityProviderDisconnected(_) => {
                self.provider = None;
                self.provider_secret = schemas::Personal::default();
            }
            AccountEvent::IdentityLinked(fact) => {
                if let Some(row) = &mut self.provider {
                    row.identities.insert(fact.identity, (fact.member, at));
                }
            }
            AccountEvent::IdentityUnlinked(fact) => {
                if let Some(row) = &mut self.provider {
                    row.identities.retain(|_, (holder, _)| *holder != fact.member);
                }
            }
            AccountEvent::SingleSignOnRequired(_) => self.require_provider(Some(at)),
            AccountEvent::SingleSignOnNoLongerRequired(_) => self.require_provider(None),
            AccountEvent::AccountOpened(_)
            | AccountEvent::MemberAdded(_)
            | AccountEvent::MemberRoleChanged(_)
            | AccountEvent::MemberSuspended(_)
            | AccountEvent::MemberRestored(_)
            | AccountEvent::AccountPromoted(_)
            | AccountEvent::ContractDefaultsSet(_)
            | AccountEvent::MemberErased(_)
            | AccountEvent::MemberProfileChanged(_)
            | AccountEvent::AccountErased(_)
            | AccountEvent::PartnerLinked(_)
            | AccountEvent::PartnerUnlinked(_)
            | AccountEvent::SecondFactorRuleSet(_)
            | AccountEvent::LegalHoldPlaced(_)
            | AccountEvent::LegalHoldLifted(_)
            | AccountEvent::RoleGranted(_)
            | AccountEvent::RoleGrantEnded(_) => {}
        }
    }

    fn require_provider(&mut self, since: Option<Timestamp>) {
        if let Some(row) = &mut self.provider {
            row.required_since = since;
        }
    }
}

/// What is needed to ask an identity provider who somebody is.
#[derive(Clone)]
pub struct Provider {
    /// Whose it is.
    pub account: AccountId,
    /// Its address.
    pub issuer: String,
    /// What it calls this service.
    pub client: String,
    /// The client secret. Not for log lines.
    pub secret: String,
    /// When it was connected first.
    pub since: Timestamp,
}

/// What authentication asks.
impl Views {
    /// The identity provider of an account; `None` where there is none, or its secret is erased.
    #[must_use]
    pub fn provider(&self, account: AccountId) -> Option<Provider> {
        let row = self.accounts.row(account)?;
        let known = row.provider.as_ref()?;
        Some(Provider {
            account,
            issuer: known.issuer.clone(),
            client: known.client.clone(),
            secret: row.provider_secret.value.as_ref()?.secret.clone(),
            since: known.since,
        })
    }

    /// The account whose provider speaks for the person: the one it belongs to. INVARIANT (no way in for a stronger
    /// one): for somebody who may do something outside that account and those below it, none does; its admins
    /// would else decide who comes in as that person.
    #[must_use]
    pub fn account_of_provider(&self, member: MemberId, at: Timestamp) -> Option<AccountId> {
        let home = self.accounts.member_row(member)?.account;
        self.accounts.row(home)?.provider.as_ref()?;
        let mut granted = self.accounts.grants_to(member).filter(|grant| grant.is_live(at));
        let stronger = granted.any(|grant| !self.accounts.is_within(grant.account, home));
        (!stronger).then_some(home)
    }

    /// The account whose provider lets in whoever has this e-mail.
    #[must_use]
    pub fn account_of_provider_by_email(&self, email: &Digest, at: Timestamp) -> Option<AccountId> {
        let found = self.access.principal_by_email(schemas::access::Audience::Portal, email);
        self.account_of_provider(member_of(found?)?, at)
    }

    /// Who of an account is known by this at its provider.
    #[must_use]
    pub fn member_by_identity(&self, account: AccountId, identity: &Digest) -> Option<MemberId> {
        let known = self.accounts.row(account)?.provider.as_ref()?;
        known.identities.get(identity).map(|(member, _)| *member)
    }

    /// Who of an account has this e-mail.
    #[must_use]
    pub fn member_by_email(&self, account: AccountId, email: &Digest) -> Option<MemberId> {
        let found = self.access.principal_by_email(schemas::access::Audience::Portal, email);
        let member = member_of(found?)?;
        let home = self.accounts.member_row(member)?.account;
        (home == account).then_some(member)
    }

    /// Whether a person comes in through the provider of its account only: no password lets it in.
    #[must_use]
    pub fn requires_single_sign_on(&self, member: MemberId, at: Timestamp) -> bool {
        let account = self.account_of_provider(member, at).and_then(|one| self.accounts.row(one));
        let provider = account.and_then(|row| row.provider.as_ref());
        provider.is_some_and(|one| one.required_since.is_some())
    }

    /// Whether a session may go on by how it was begun. One that came through a provider ends with it, and with the link
    /// to who the person is there; one that began with a password ends when the provider is required.
    pub(crate) fn counts_by_how_it_began(
        &self,
        member: MemberId,
        session: &Session,
        at: Timestamp,
    ) -> bool {
        if session.single_sign_on.is_none() {
            return !self.requires_single_sign_on(member, at);
        }
        let account = self.account_of_provider(member, at).and_then(|one| self.accounts.row(one));
        let provider = account.and_then(|row| row.provider.as_ref());
        // A link is there before the session that it lets in, and a later one is not what let this session in.
        provider
            .filter(|one| one.since <= session.issued_at)
            .and_then(|one| one.linked_since(member))
            .is_some_and(|linked| linked <= session.issued_at)
    }

    /// Since when a person is known at the provider of its account; `None` where it is not, or the reader may not see
    /// the person.
    #[must_use]
    pub fn linked_since(&self, scope: &impl Scope, member: MemberId) -> Option<Timestamp> {
        let account = self.member(scope, member)?.account;
        self.accounts.row(account)?.provider.as_ref()?.linked_since(member)
    }
}

const fn member_of(principal: Principal) -> Option<MemberId> {
    match principal {
        Principal::Member(member) => Some(member),
        Principal::Staff(_) => None,
    }
}
