//! Roles that are granted, and what the caller may do with a thing.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use ledger::authority::{Action, Grant, Resource};
use schemas::{AccountId, LicenseId, MemberId};

use crate::gate::{Gate, Reader, with_scope};
use crate::page::connection;
use crate::read;
use crate::scalars::DateTime;
use crate::types::holder::Member;
use crate::types::license::License;

/// What a grant lets a person do. Each may also do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::account::GrantedRole")]
pub enum GrantedRole {
    /// Reads everything, changes nothing.
    Auditor,
    /// Gives and takes seats and devices.
    LicenseManager,
    /// Manages everything: also people and what they may do.
    Admin,
}

/// What somebody may do with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ledger::authority::Action")]
pub enum Right {
    /// Know that an account is there, and its name.
    SeeAccount,
    /// Read everything of an account: people, licenses, history.
    SeeWholeAccount,
    /// Know who a person is.
    SeePerson,
    /// Know a license and what it grants.
    SeeLicense,
    /// Read everything of a license: who sits on it, everybody's devices, its history.
    SeeWholeLicense,
    /// Activate and free one's own devices.
    UseDevices,
    /// Activate, free and retire anybody's devices, and domains.
    ManageDevices,
    /// Give and take seats.
    ManageSeats,
    /// Say how many seats are for one account below, or for a customer whom the license's owner sells to.
    AllocateSeats,
    /// Add and remove bundles that the vendor published for self-service.
    ManageBundles,
    /// Be shown a license key in the clear.
    RevealKey,
    /// Add people without a role, keep people out, erase their data.
    ManagePeople,
    /// Say which partners act for the account.
    ManagePartners,
    /// Say which role people have by themselves.
    SetRoles,
    /// Make links for passwords, remove second factors, demand them.
    ManageSignIn,
    /// Let somebody else read.
    GrantAuditor,
    /// Let somebody else manage licenses.
    GrantLicenseManager,
    /// Let somebody else manage everything.
    GrantAdmin,
    /// Sign in, end one's own sessions, change what one signs in with.
    BeOneself,
    /// Count what was used of a metered feature.
    RecordUsage,
    /// Everything that is the vendor's: the catalog, customers, issuing.
    Operate,
}

/// What the caller may do with a thing, in the order of the policy. Whoever may give some seats of a license may manage
/// seats.
///
/// # Errors
/// When nobody signed in.
pub fn rights(ctx: &Context<'_>, resource: Resource) -> Result<Vec<Right>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let fits = |action: Action| match (action, resource) {
        (Action::SeeAccount | Action::SeeWholeAccount, Resource::Account(_))
        | (Action::SeePerson, Resource::Person(_))
        | (
            Action::SeeLicense
            | Action::SeeWholeLicense
            | Action::UseDevices
            | Action::ManageDevices
            | Action::ManageSeats
            | Action::AllocateSeats
            | Action::ManageBundles
            | Action::RevealKey
            | Action::RecordUsage,
            Resource::License(_),
        )
        | (Action::ManageSeats | Action::AllocateSeats, Resource::Seats(..))
        | (Action::ManagePartners, Resource::Account(_))
        | (
            Action::ManagePeople | Action::SetRoles | Action::ManageSignIn,
            Resource::Account(_) | Resource::Person(_),
        )
        | (
            Action::GrantAuditor | Action::GrantLicenseManager | Action::GrantAdmin,
            Resource::Account(_) | Resource::License(_),
        )
        | (Action::BeOneself, Resource::Person(_))
        | (Action::Operate, Resource::Vendor) => true,
        (
            _,
            Resource::Account(_)
            | Resource::Person(_)
            | Resource::License(_)
            | Resource::Seats(..)
            | Resource::Vendor,
        ) => false,
    };
    Ok(gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            // A role is given for as long as one has it oneself.
            let until = |action: Action| {
                if action.is_grant() { Some(gate.now()) } else { None }
            };
            let may = |action: &Action| {
                let verdict = views.verdict_until(scope, *action, resource, until(*action));
                let seats = *action == Action::ManageSeats;
                verdict.allowed()
                    || matches!(resource, Resource::License(license)
                        if seats && views.may_give_some_seats(scope, license))
            };
            let all = Action::ALL.iter().copied().filter(|action| fits(*action));
            all.filter(may).map(Right::from).collect()
        })
    }))
}

/// A role that was granted to a person, in a part of a customer and for a time.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct RoleGrant {
    /// The grant.
    pub id: ID,
    /// Who has it.
    pub member_id: ID,
    /// What the person may do by it.
    pub role: GrantedRole,
    /// In which account and those below it; or whose license it is.
    pub account_id: ID,
    /// The only license on which; null: in the whole account and those below it.
    pub license_id: Option<ID>,
    /// Since when.
    pub given_at: DateTime,
    /// The first instant at which it no longer counts; null: it has no end of its own.
    pub ends_at: Option<DateTime>,
    /// When it was taken back or given up; null: it was not.
    pub ended_at: Option<DateTime>,
    /// The grant it stems from: it counts only as long as that one does. Null: from a role of the giver's own.
    pub under_id: Option<ID>,
    /// Whether it counts now: it and those it stems from are not over, and nobody along the way is kept out.
    pub counts: bool,
    /// Whether the caller may end it: as who has it, or as who may give it. By a role that was only granted one ends what
    /// stems from that.
    pub may_end: bool,
    #[graphql(skip)]
    member: MemberId,
    #[graphql(skip)]
    account: AccountId,
    #[graphql(skip)]
    license: Option<LicenseId>,
}

impl RoleGrant {
    /// What was granted, whether it counts now, and whether whoever is shown it may end it.
    #[must_use]
    pub fn new(grant: &Grant, counts: bool, may_end: bool) -> Self {
        Self {
            id: grant.grant.to_string().into(),
            member_id: grant.member.to_string().into(),
            role: grant.role.into(),
            account_id: grant.account.to_string().into(),
            license_id: grant.license.map(|license| license.to_string().into()),
            given_at: grant.given_at.into(),
            ends_at: grant.ends_at.map(Into::into),
            ended_at: grant.ended_at.map(Into::into),
            under_id: grant.under.map(|under| under.to_string().into()),
            counts,
            may_end,
            member: grant.member,
            account: grant.account,
            license: grant.license,
        }
    }
}

#[ComplexObject]
impl RoleGrant {
    /// Who has it; null when the caller may not see who it is.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        Ok(read::person(Gate::of(ctx)?, Reader::of(ctx)?, self.member))
    }

    /// The name of the account; null when the caller may not see it, or it was erased.
    async fn account_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        Ok(gate.projections.read(|views| {
            with_scope!(reader, |scope| {
                let profile = views.account(scope, self.account)?.profile.value.as_ref();
                profile.map(|profile| profile.name.clone())
            })
        }))
    }

    /// The license; null when it is about a whole account, or the caller may not see the license.
    async fn license(&self, ctx: &Context<'_>) -> Result<Option<License>> {
        match self.license {
            Some(license) => read::license(ctx, license, None, None).await,
            None => Ok(None),
        }
    }
}

connection! {
    /// What was granted in an account, by pages.
    RoleGrantConnection, RoleGrantEdge, RoleGrant
}
