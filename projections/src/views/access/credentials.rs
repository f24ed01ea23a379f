//! What one principal can sign in with: its password, its second factor, its tokens.

use std::collections::{BTreeMap, BTreeSet};

use schemas::access::{
    Audience, PasswordHash, PasswordSet, Preferences, SecondFactorSecret, SecondFactorSet,
    TokenRenewed,
};
use schemas::notices::NotificationChoices;
use schemas::{Digest, PasskeyId, Personal, Revision, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ApiTokenRow, Notices, PasskeyRow};
use crate::personal::{HoldsPersonal, PersonalField};
use crate::scope::SaidByProvider;

/// The credentials of one principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialsRow {
    /// The id of the member or person of the vendor.
    pub principal: Uuid,
    /// The hash of the password.
    #[serde(skip)]
    pub(crate) password: Personal<PasswordHash>,
    /// When the password was set; `None`: there is none.
    pub password_set_at: Option<Timestamp>,
    /// The link by which the password may be set, once.
    pub link: Option<LinkRow>,
    /// The second factor, when one is set up.
    pub second_factor: Option<SecondFactorRow>,
    /// What its codes are computed from.
    #[serde(skip)]
    pub(crate) second_factor_secret: Personal<SecondFactorSecret>,
    /// How many times it was chosen how pages look.
    pub preferences_set: u64,
    /// How they look.
    #[serde(skip)]
    pub(crate) preferences: Personal<Preferences>,
    /// How many times it was chosen what to be told.
    pub notification_choices_set: u64,
    /// What to be told, how and when.
    #[serde(skip)]
    pub(crate) notification_choices: Personal<NotificationChoices>,
    /// What the principal was told without asking.
    pub notices: Notices,
    /// The passkeys that are accepted.
    pub passkeys: BTreeMap<PasskeyId, PasskeyRow>,
    /// The tokens that were not revoked. Those whose time was over when a later one was issued are
    /// dropped.
    pub tokens: BTreeMap<TokenId, TokenRow>,
    /// The tokens of programs, also those that are over.
    pub api_tokens: BTreeMap<TokenId, ApiTokenRow>,
    /// The revision of the stream.
    pub revision: Revision,
}

/// A second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorRow {
    /// When it was set up.
    pub set_at: Timestamp,
    /// The newest code that was used, by the number of its 30 seconds.
    pub step: u64,
    /// The keyed hashes of the recovery codes that are left.
    pub recovery: BTreeSet<Digest>,
}

/// A link by which a password may be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// The hash of its secret.
    pub secret_digest: Digest,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
}

/// One bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Which door it opens.
    pub audience: Audience,
    /// The hash of its secret.
    pub secret_digest: Digest,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The first instant at which it is no longer accepted.
    pub expires_at: Timestamp,
    /// When whoever holds it last showed again who it is.
    pub confirmed_at: Option<Timestamp>,
    /// What the identity provider said, when whoever holds it came in through that.
    pub single_sign_on: Option<SaidByProvider>,
    /// The passkeys that whoever holds it showed, and that are accepted still.
    pub passkeys: BTreeSet<PasskeyId>,
}

impl TokenRow {
    /// When whoever holds it last showed who it is: at the sign-in, or later. At an identity provider that may have been
    /// before it.
    #[must_use]
    pub fn proven_at(&self) -> Timestamp {
        let first = self.single_sign_on.map_or(self.issued_at, |said| said.authenticated_at);
        self.confirmed_at.unwrap_or(first)
    }
}

impl CredentialsRow {
    /// How the principal wants pages to look; `None`: it did not say, or that was erased.
    #[must_use]
    pub const fn preferences(&self) -> Option<&Preferences> {
        self.preferences.value.as_ref()
    }

    /// Another secret opens what the token opened; answers the one of before.
    pub(super) fn renew(&mut self, fact: TokenRenewed) -> Option<Digest> {
        let token = self.tokens.get_mut(&fact.token)?;
        Some(std::mem::replace(&mut token.secret_digest, fact.secret_digest))
    }

    /// Whoever holds the token showed again who it is.
    pub(super) fn confirm(&mut self, token: TokenId, at: Timestamp) {
        if let Some(token) = self.tokens.get_mut(&token) {
            token.confirmed_at = Some(at);
        }
    }

    pub(super) fn of(principal: Uuid) -> Self {
        Self {
            principal,
            password: Personal::default(),
            password_set_at: None,
            link: None,
            second_factor: None,
            second_factor_secret: Personal::default(),
            preferences_set: 0,
            preferences: Personal::default(),
            notification_choices_set: 0,
            notification_choices: Personal::default(),
            notices: Notices::default(),
            passkeys: BTreeMap::new(),
            tokens: BTreeMap::new(),
            api_tokens: BTreeMap::new(),
            revision: 0,
        }
    }

    pub(super) fn set_password(&mut self, fact: &PasswordSet, at: Timestamp) {
        self.password = fact.personal.clone();
        self.password_set_at = Some(at);
        self.link = None;
    }

    pub(super) fn set_second_factor(&mut self, fact: &SecondFactorSet, at: Timestamp) {
        self.second_factor_secret = fact.personal.clone();
        self.second_factor = Some(SecondFactorRow {
            set_at: at,
            step: fact.step,
            recovery: fact.recovery.iter().copied().collect(),
        });
    }

    pub(super) fn remove_second_factor(&mut self) {
        self.second_factor = None;
        self.second_factor_secret = Personal::default();
    }
}

impl HoldsPersonal for CredentialsRow {
    fn each_personal(&mut self, visit: &mut dyn FnMut(&mut dyn PersonalField)) {
        visit(&mut self.password);
        visit(&mut self.second_factor_secret);
        visit(&mut self.preferences);
        visit(&mut self.notification_choices);
        self.passkeys.values_mut().for_each(|row| visit(&mut row.personal));
    }
}
