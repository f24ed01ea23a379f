//! Rows about people and organizations.

use schemas::Timestamp;
use schemas::account::{MemberRole, Party};
use schemas::staff::StaffRole;
use serde::Serialize;

use crate::import::cells::RowParser;
use crate::import::report::codes;

/// A person of the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Staff {
    pub(crate) external_id: Option<String>,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: StaffRole,
}

impl Staff {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let roles = [("operator", StaffRole::Operator), ("auditor", StaffRole::Auditor)];
        let (external_id, name) = (p.optional_external_id("external_id"), p.name("name"));
        // What a person of the vendor may do is never guessed from an empty cell.
        let role = p.required("role").and_then(|()| p.choice("role", &roles));
        let email = p.email("email");
        Some(Self { external_id, name: name?, email: email?, role: role? })
    }

    /// What names the person: the vendor's number, else the e-mail.
    pub(crate) fn name_within(&self) -> &str {
        self.external_id.as_deref().unwrap_or(&self.email)
    }
}

/// A customer or sub-account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Customer {
    pub(crate) external_id: String,
    pub(crate) parent_external_id: Option<String>,
    pub(crate) party: Party,
    pub(crate) name: String,
    /// Of the person whose account it is. What was imported before there was such a column is the same row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    pub(crate) since: Option<Timestamp>,
}

impl Customer {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let kinds = [("organization", Party::Organization), ("person", Party::Person)];
        let external_id = p.external_id("external_id");
        let parent_external_id = p.optional_external_id("parent_external_id");
        let (party, name) = (p.choice("kind", &kinds), p.name("name"));
        let email = p.optional_email("email");
        if party == Some(Party::Person) {
            p.required("email");
        } else if p.has("email") {
            let message = "only the account of a person has an e-mail of its own".to_owned();
            p.fault("email", codes::BAD_VALUE, message);
        }
        let since = p.optional_instant("since");
        if external_id.is_some() && external_id == parent_external_id {
            let message = "a customer cannot be its own parent".to_owned();
            p.fault("parent_external_id", codes::BAD_VALUE, message);
        }
        Some(Self {
            external_id: external_id?,
            parent_external_id,
            party: party?,
            name: name?,
            email,
            since,
        })
    }
}

/// A person of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Member {
    pub(crate) customer_external_id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: MemberRole,
    pub(crate) since: Option<Timestamp>,
}

impl Member {
    pub(crate) fn parse(p: &mut RowParser<'_>) -> Option<Self> {
        let roles = [
            ("member", MemberRole::Member),
            ("org_admin", MemberRole::OrgAdmin),
            ("auditor", MemberRole::Auditor),
        ];
        let customer_external_id = p.external_id("customer_external_id");
        let external_id = p.optional_external_id("external_id");
        let (name, email) = (p.name("name"), p.email("email"));
        let (role, since) = (p.choice("role", &roles), p.optional_instant("since"));
        Some(Self {
            customer_external_id: customer_external_id?,
            external_id,
            name: name?,
            email: email?,
            role: role?,
            since,
        })
    }

    /// What names the person within the customer: the vendor's number, else the e-mail.
    pub(crate) fn name_within(&self) -> &str {
        self.external_id.as_deref().unwrap_or(&self.email)
    }
}

/// How a row names a member: one of the two, or both, then they must agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MemberName {
    pub(crate) email: Option<String>,
    pub(crate) external_id: Option<String>,
}

impl MemberName {
    pub(crate) fn optional(p: &mut RowParser<'_>) -> Option<Self> {
        let email = p.optional_email("member_email");
        let external_id = p.optional_external_id("member_external_id");
        let named = email.is_some() || external_id.is_some();
        named.then_some(Self { email, external_id })
    }

    pub(crate) fn required(p: &mut RowParser<'_>) -> Option<Self> {
        if !p.has("member_email") && !p.has("member_external_id") {
            let message = "say who: `member_email` or `member_external_id`".to_owned();
            p.fault("member_email", codes::MISSING, message);
        }
        Self::optional(p)
    }

    pub(crate) fn identity(&self) -> [String; 2] {
        let text = |name: &Option<String>| name.clone().unwrap_or_default();
        [text(&self.email), text(&self.external_id)]
    }

    /// The column that says who.
    pub(crate) const fn column(&self) -> &'static str {
        if self.external_id.is_some() { "member_external_id" } else { "member_email" }
    }
}
