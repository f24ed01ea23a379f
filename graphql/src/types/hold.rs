//! Legal matters for which nobody is erased.

use async_graphql::{ID, SimpleObject};
use projections::views::accounts::AccountRow;

use crate::scalars::DateTime;

/// A legal matter for which nobody of an account, nor of those below it, is erased.
#[derive(Debug, Clone, SimpleObject)]
pub struct LegalHold {
    /// The account that it was placed on.
    pub account_id: ID,
    /// The name of that account; null once it was erased.
    pub account_name: Option<String>,
    /// The vendor's own reference of the matter.
    pub matter: String,
    /// Since when.
    pub placed_at: DateTime,
}

impl LegalHold {
    /// Those of an account, the oldest first.
    #[must_use]
    pub fn all_of(row: &AccountRow) -> Vec<Self> {
        let mut held: Vec<_> = row.legal_holds.iter().collect();
        held.sort_by_key(|(_, since)| **since);
        held.into_iter()
            .map(|(matter, since)| Self {
                account_id: row.account.to_string().into(),
                account_name: row.profile.value.as_ref().map(|profile| profile.name.clone()),
                matter: matter.clone(),
                placed_at: DateTime(*since),
            })
            .collect()
    }
}
