//! The vendor's own people.

use async_graphql::{Enum, ID, SimpleObject};
use projections::views::access::StaffRow;

use crate::scalars::DateTime;

/// What a person of the vendor may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::staff::StaffRole")]
pub enum StaffRole {
    /// Manages catalog, customers and licenses.
    Operator,
    /// Reads everything and its history, changes nothing.
    Auditor,
}

/// A person of the vendor.
#[derive(Debug, Clone, SimpleObject)]
pub struct StaffMember {
    /// The person.
    pub id: ID,
    /// The person's name; null once it was erased.
    pub name: Option<String>,
    /// The sign-in e-mail; null once it was erased.
    pub email: Option<String>,
    /// What the person may do.
    pub role: StaffRole,
    /// When the person was added.
    pub added_at: DateTime,
    /// Since when the person is suspended: cannot sign in. Null: is not.
    pub suspended_at: Option<DateTime>,
    /// Since when the person's data is erased: name, e-mail and all that lets the person in. Null: is not.
    pub erased_at: Option<DateTime>,
}

impl From<&StaffRow> for StaffMember {
    fn from(row: &StaffRow) -> Self {
        let profile = row.profile.value.as_ref();
        Self {
            id: row.staff.to_string().into(),
            name: profile.map(|profile| profile.name.clone()),
            email: profile.map(|profile| profile.email.clone()),
            role: row.role.into(),
            added_at: row.added_at.into(),
            suspended_at: row.suspended_at.map(Into::into),
            erased_at: row.erased_at.map(Into::into),
        }
    }
}
