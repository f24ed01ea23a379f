//! The sessions of whoever asks, and what else lets the caller in.

use std::collections::BTreeMap;

use async_graphql::{Enum, ID, SimpleObject};
use projections::scope;
use projections::views::access::{CredentialsRow, TokenRow};
use schemas::{Timestamp, TokenId};

use crate::scalars::DateTime;

/// A sign-in that is not over: of a browser or a program.
#[derive(Debug, Clone, SimpleObject)]
pub struct Session {
    /// The session.
    pub id: ID,
    /// When the caller signed in.
    pub signed_in_at: DateTime,
    /// When its holder last showed who it is, at the sign-in or later: what matters most asks for that again after
    /// five minutes.
    pub proven_at: DateTime,
    /// When it ends by itself.
    pub expires_at: DateTime,
    /// Whether the caller came in through the identity provider of its account.
    pub single_sign_on: bool,
    /// Whether the caller showed a passkey in it.
    pub passkey: bool,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// How many sessions are told: a program that signs in for each request has very many.
const TOLD_MAX: usize = 100;

/// The sessions among these tokens that are not over, the newest first.
pub(crate) fn sessions(
    tokens: &BTreeMap<TokenId, TokenRow>,
    asking: Option<scope::Session>,
    now: Timestamp,
) -> Vec<Session> {
    let mut open: Vec<(&TokenId, &TokenRow)> =
        tokens.iter().filter(|(_, token)| now < token.expires_at).collect();
    open.sort_by_key(|(id, token)| std::cmp::Reverse((token.issued_at, **id)));
    let shown = open.into_iter().take(TOLD_MAX).map(|(id, token)| Session {
        id: id.to_string().into(),
        signed_in_at: token.issued_at.into(),
        proven_at: token.proven_at().into(),
        expires_at: token.expires_at.into(),
        single_sign_on: token.single_sign_on.is_some(),
        passkey: !token.passkeys.is_empty(),
        current: asking.is_some_and(|asking| asking.token == *id),
    });
    shown.collect()
}

/// Codes of an authenticator, asked for at each sign-in beside the password.
#[derive(Debug, Clone, SimpleObject)]
pub struct SecondFactor {
    /// Since when.
    pub set_at: DateTime,
    /// How many recovery codes are left.
    pub recovery_codes_left: i32,
}

impl SecondFactor {
    /// The second factor of these credentials.
    pub(crate) fn of(own: &CredentialsRow) -> Option<Self> {
        let factor = own.second_factor.as_ref()?;
        Some(Self {
            set_at: factor.set_at.into(),
            recovery_codes_left: i32::try_from(factor.recovery.len()).unwrap_or(i32::MAX),
        })
    }
}

/// How bright pages are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::access::Theme")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// How somebody wants pages to look.
#[derive(Debug, Clone, SimpleObject)]
pub struct Preferences {
    /// The time zone in which times are shown, as IANA names it; null: that of the browser.
    pub time_zone: Option<String>,
    /// Light or dark; null: as the browser has it.
    pub theme: Option<Theme>,
}

impl Preferences {
    pub(crate) fn of(chosen: &schemas::access::Preferences) -> Self {
        Self { time_zone: chosen.time_zone.clone(), theme: chosen.theme.map(Into::into) }
    }
}

/// By what somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum SignInBy {
    /// The password, and a code where one was asked for.
    Password,
    /// A passkey.
    Passkey,
    /// The identity provider of the account.
    Organization,
}

/// One time that the caller came in.
#[derive(Debug, Clone, SimpleObject)]
pub struct SignIn {
    /// When.
    pub at: DateTime,
    /// By what.
    pub by: SignInBy,
    /// When that session was ended; null: it goes on, or ended by its own time.
    pub ended_at: Option<DateTime>,
}

impl SignIn {
    /// With the password, as long as nothing else is known.
    pub(crate) fn came(at: Timestamp) -> Self {
        Self { at: at.into(), by: SignInBy::Password, ended_at: None }
    }
}

/// A passkey: a key of a device or a password manager of the caller, which signs in without a password and a code.
#[derive(Debug, Clone, SimpleObject)]
pub struct Passkey {
    /// The passkey.
    pub id: ID,
    /// What the caller calls it.
    pub name: String,
    /// When it was added.
    pub added_at: DateTime,
    /// When it was last shown; null: not since it was added.
    pub used_at: Option<DateTime>,
    /// The name of the host it is for.
    pub relying_party: String,
    /// Whether it is on other devices of the caller too: its maker copies it to them.
    pub synced: bool,
}

impl Passkey {
    /// The passkeys of these credentials.
    pub(crate) fn all_of(own: &CredentialsRow) -> Vec<Self> {
        let mut rows: Vec<_> = own.passkeys.iter().collect();
        rows.sort_by_key(|(passkey, row)| (row.added_at, **passkey));
        let told = rows.into_iter().map(|(passkey, row)| Self {
            id: passkey.to_string().into(),
            name: row.name().unwrap_or_default().to_owned(),
            added_at: row.added_at.into(),
            used_at: row.used_at.map(Into::into),
            relying_party: row.relying_party.clone(),
            synced: row.backed_up,
        });
        told.collect()
    }
}
