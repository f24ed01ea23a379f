//! The people of an account, and who sits on a license.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use ledger::authority::Resource;
use projections::views::accounts::MemberRow;

use crate::gate::{Gate, Reader, parse_id, with_scope};
use crate::page::connection;
use crate::scalars::DateTime;
use crate::types::role::{Right, RoleGrant, rights};

/// What a person may do in its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::account::MemberRole")]
pub enum MemberRole {
    /// Manages everything of the account and its sub-accounts.
    OrgAdmin,
    /// Uses what was assigned to the person.
    Member,
    /// Reads everything of the account and its sub-accounts, changes nothing.
    Auditor,
}

/// Why personal data had to be erased (GDPR, article 17, paragraph 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::account::ErasureGround")]
pub enum ErasureGround {
    /// It is no longer needed for what it was collected for (a).
    NoLongerNeeded,
    /// The person withdrew the consent (b).
    ConsentWithdrawn,
    /// The person objects (c).
    Objection,
    /// It was processed unlawfully (d).
    Unlawful,
    /// The law demands it (e).
    LegalObligation,
}

/// A person of an account.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Member {
    /// The person.
    pub id: ID,
    /// The account the person belongs to.
    pub account_id: ID,
    /// The person's name; null once it was erased.
    pub name: Option<String>,
    /// The sign-in e-mail; null once it was erased.
    pub email: Option<String>,
    /// What the person may do.
    pub role: MemberRole,
    /// When the person was added.
    pub added_at: DateTime,
    /// Since when the person is suspended: cannot sign in, keeps seats and devices. Null: is not.
    pub suspended_at: Option<DateTime>,
    /// Since when the person's data is erased: name, e-mail and all that lets the person in. Null: is not.
    pub erased_at: Option<DateTime>,
}

impl From<&MemberRow> for Member {
    fn from(row: &MemberRow) -> Self {
        let profile = row.profile.value.as_ref();
        Self {
            id: row.member.to_string().into(),
            account_id: row.account.to_string().into(),
            name: profile.map(|profile| profile.name.clone()),
            email: profile.map(|profile| profile.email.clone()),
            role: row.role.into(),
            added_at: row.added_at.into(),
            suspended_at: row.suspended_at.map(Into::into),
            erased_at: row.erased_at.map(Into::into),
        }
    }
}

#[ComplexObject]
impl Member {
    /// The name of the account the person belongs to; null when the caller may not see it, or it was erased.
    async fn account_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let account = parse_id(&self.account_id, "accountId")?;
        Ok(gate.projections.read(|views| {
            with_scope!(reader, |scope| {
                let profile = views.account(scope, account)?.profile.value.as_ref();
                profile.map(|profile| profile.name.clone())
            })
        }))
    }

    /// What the caller may do with the person.
    async fn may(&self, ctx: &Context<'_>) -> Result<Vec<Right>> {
        rights(ctx, Resource::Person(parse_id(&self.id, "id")?))
    }

    /// What the person may do beside its own role, as far as the caller may know: what is not over, at most 100.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn grants(&self, ctx: &Context<'_>) -> Result<Vec<RoleGrant>> {
        let member = parse_id(&self.id, "id")?;
        Ok(crate::read::grants_of(Gate::of(ctx)?, Reader::of(ctx)?, member))
    }

    /// Since when the person has a code of an authenticator to sign in with as well, or a passkey. Null: has none.
    async fn second_factor_since(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let member = parse_id(&self.id, "id")?;
        let since = gate
            .projections
            .read(|views| with_scope!(reader, |scope| views.second_factor_since(scope, member)));
        Ok(since.map(Into::into))
    }

    /// Since when the person is known at the identity provider of its account. Null: is not.
    async fn linked_since(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let member = parse_id(&self.id, "id")?;
        let since = gate
            .projections
            .read(|views| with_scope!(reader, |scope| views.linked_since(scope, member)));
        Ok(since.map(Into::into))
    }
}

connection! {
    /// The people of an account, by pages.
    MemberConnection, MemberEdge, Member
}

/// A person with a seat.
#[derive(Debug, Clone, SimpleObject)]
pub struct SeatHolder {
    /// The person; null when the caller may not see who it is.
    pub member: Option<Member>,
    /// The person's id.
    pub member_id: ID,
    /// Since when the person has the seat.
    pub assigned_at: DateTime,
    /// Who assigned it, in words.
    pub assigned_by: Option<String>,
    /// When a device of the person was last used; null when none is known.
    pub last_used_at: Option<DateTime>,
}

connection! {
    /// Who sits on a license, by pages.
    SeatHolderConnection, SeatHolderEdge, SeatHolder
}
