//! What kind of party an account is, what it is called by, and on which terms it contracts.

use schemas::account::{AccountEvent, AccountProfile, Party, PersonProfile};
use schemas::{Personal, Timestamp};

use super::AccountRow;

impl AccountRow {
    /// What kind of party it is now.
    #[must_use]
    pub const fn party_now(&self) -> Party {
        if self.promoted_at.is_some() { Party::Organization } else { self.party }
    }

    /// Takes in what changes these.
    pub(super) fn evolve_party(&mut self, event: &AccountEvent, at: Timestamp) {
        if let AccountEvent::AccountPromoted(promoted) = event {
            self.promoted_at = Some(at);
            self.profile = promoted.personal.clone();
        } else if let AccountEvent::ContractDefaultsSet(set) = event {
            self.contract.clone_from(&set.defaults);
        }
    }

    /// The account of a person is called as the person is.
    pub(super) fn call_as(&mut self, person: &Personal<PersonProfile>) {
        if self.profile.subject == person.subject {
            self.profile.value = person.value.as_ref().map(|one| AccountProfile {
                name: one.name.clone(),
                external_id: one.external_id.clone(),
            });
        }
    }
}
