//! Partners: accounts whose people act for a customer.

use async_graphql::{Enum, ID, SimpleObject};
use ledger::authority;

use crate::scalars::DateTime;

/// What a partner may do for a customer. Each may also do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::account::PartnerRole")]
pub enum PartnerRole {
    /// Sees the licenses and what they grant; nobody's name, no history.
    LicenseViewer,
    /// Reads everything, changes nothing.
    Auditor,
    /// Gives and takes seats and devices.
    LicenseManager,
}

/// That the people of one account, the partner, act for another, the customer: each as far as its own role over the
/// partner reaches.
#[derive(Debug, Clone, SimpleObject)]
pub struct PartnerLink {
    /// The link.
    pub id: ID,
    /// For whom: this account and those below it.
    pub customer_id: ID,
    /// What the customer is called; null once its name was erased.
    pub customer_name: Option<String>,
    /// Who acts.
    pub partner_id: ID,
    /// What the partner is called; null once its name was erased.
    pub partner_name: Option<String>,
    /// The most that its people may do.
    pub role: PartnerRole,
    /// Since when.
    pub linked_at: DateTime,
    /// The first instant at which it no longer counts; null: it has no end of its own.
    pub ends_at: Option<DateTime>,
    /// When the customer or the vendor parted with it; null: nobody did.
    pub ended_at: Option<DateTime>,
    /// Whether it counts now.
    pub counts: bool,
    /// Whether the caller may part with it.
    pub may_end: bool,
}

impl PartnerLink {
    /// A link, with the names of customer and partner; whether it counts now, and whether whoever is shown it may end it.
    #[must_use]
    pub fn new(
        link: &authority::PartnerLink,
        (customer, partner): (Option<&str>, Option<&str>),
        counts: bool,
        may_end: bool,
    ) -> Self {
        Self {
            id: link.link.to_string().into(),
            customer_id: link.customer.to_string().into(),
            customer_name: customer.map(str::to_owned),
            partner_id: link.partner.to_string().into(),
            partner_name: partner.map(str::to_owned),
            role: link.role.into(),
            linked_at: link.linked_at.into(),
            ends_at: link.ends_at.map(Into::into),
            ended_at: link.ended_at.map(Into::into),
            counts,
            may_end,
        }
    }
}

/// That somebody of a partner acted for a customer.
#[derive(Debug, Clone, SimpleObject)]
pub struct OnBehalfOf {
    /// For whom.
    pub customer_id: ID,
    /// What the customer is called; null once its name was erased.
    pub customer_name: Option<String>,
    /// The partner.
    pub partner_id: ID,
    /// What the partner is called; null once its name was erased.
    pub partner_name: Option<String>,
}

impl OnBehalfOf {
    /// By which link, with the names of customer and partner.
    #[must_use]
    pub fn new(
        link: &authority::PartnerLink,
        (customer, partner): (Option<&str>, Option<&str>),
    ) -> Self {
        Self {
            customer_id: link.customer.to_string().into(),
            customer_name: customer.map(str::to_owned),
            partner_id: link.partner.to_string().into(),
            partner_name: partner.map(str::to_owned),
        }
    }
}
