//! Passkeys: what each is checked with, what its owner calls it, when it was last shown.

use schemas::access::{PasskeyAdded, PasskeyCredential, PasskeyRemoved, PasskeyUsed};
use schemas::{Digest, PasskeyId, Personal, Timestamp, TokenId};
use serde::{Deserialize, Serialize};

use super::{CredentialsRow, Principal};
use crate::row_text::RowText;
use crate::scope::AuthenticationError;
use crate::views::Views;

/// One passkey that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyRow {
    /// The name of the host it is for.
    pub relying_party: String,
    /// The keyed hash of the id by which the authenticator knows it.
    pub credential: Digest,
    /// How often the authenticator had signed; always 0: it does not count.
    pub counter: u32,
    /// Whether it may be copied to other devices of its owner.
    pub backup_eligible: bool,
    /// Whether it was copied.
    pub backed_up: bool,
    /// When it was added.
    pub added_at: Timestamp,
    /// When it was last shown; `None`: not since it was added.
    pub used_at: Option<Timestamp>,
    /// What it is checked with, and what its owner calls it.
    #[serde(skip)]
    pub(crate) personal: Personal<PasskeyCredential>,
}

impl PasskeyRow {
    /// What its owner calls it; `None`: that was erased.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.personal.value.as_ref().map(|one| one.name.as_str())
    }

    pub(super) fn write(&self, passkey: PasskeyId, text: &mut RowText) {
        text.field("passkey", passkey);
        text.field("  subject", self.personal.subject);
        text.field("  relying_party", &self.relying_party);
        text.field("  credential", self.credential);
        text.field("  counter", self.counter);
        text.field("  backup_eligible", self.backup_eligible);
        text.field("  backed_up", self.backed_up);
        text.instant("  added_at", self.added_at);
        text.instant_option("  used_at", self.used_at);
    }
}

/// What somebody who shows a passkey is checked against.
#[derive(Debug, Clone)]
pub struct KnownPasskey {
    /// The passkey.
    pub passkey: PasskeyId,
    /// The name of the host it is for.
    pub relying_party: String,
    /// How often the authenticator had signed.
    pub counter: u32,
    /// Whether it may be copied to other devices of its owner.
    pub backup_eligible: bool,
    /// Whether it was copied.
    pub backed_up: bool,
    /// The key.
    pub credential: PasskeyCredential,
}

impl CredentialsRow {
    pub(super) fn add_passkey(&mut self, fact: &PasskeyAdded, added_at: Timestamp) {
        let row = PasskeyRow {
            relying_party: fact.relying_party.clone(),
            credential: fact.credential,
            counter: fact.counter,
            backup_eligible: fact.backup_eligible,
            backed_up: fact.backed_up,
            added_at,
            used_at: None,
            personal: fact.personal.clone(),
        };
        self.passkeys.insert(fact.passkey, row);
        self.show_passkey(fact.token, fact.passkey);
    }

    pub(super) fn use_passkey(&mut self, fact: PasskeyUsed, used_at: Timestamp) {
        if let Some(row) = self.passkeys.get_mut(&fact.passkey) {
            row.counter = row.counter.max(fact.counter);
            row.backed_up = fact.backed_up;
            row.used_at = Some(used_at);
        }
        self.show_passkey(fact.token, fact.passkey);
    }

    fn show_passkey(&mut self, token: TokenId, passkey: PasskeyId) {
        if let Some(token) = self.tokens.get_mut(&token) {
            token.passkeys.insert(passkey);
        }
    }

    pub(super) fn remove_passkey(&mut self, fact: PasskeyRemoved) {
        self.passkeys.remove(&fact.passkey);
        self.tokens.values_mut().for_each(|token| _ = token.passkeys.remove(&fact.passkey));
    }
}

impl Views {
    /// The passkeys with which somebody may sign in, in the order of their ids. One whose key was erased is none.
    ///
    /// # Errors
    /// When there is no such person, or the person is kept out.
    pub fn passkeys(&self, principal: Principal) -> Result<Vec<KnownPasskey>, AuthenticationError> {
        self.running()?;
        self.may_come_in(principal)?;
        let row = self.access.credentials_row(principal.uuid());
        let rows = row.into_iter().flat_map(|row| &row.passkeys);
        let known = rows.filter_map(|(passkey, row)| {
            Some(KnownPasskey {
                passkey: *passkey,
                relying_party: row.relying_party.clone(),
                counter: row.counter,
                backup_eligible: row.backup_eligible,
                backed_up: row.backed_up,
                credential: row.personal.value.clone()?,
            })
        });
        Ok(known.collect())
    }
}
