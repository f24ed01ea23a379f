//! The vendor's own people: kept out, let in again, erased. Each asks again who the caller is: whoever found an open
//! console must not lock everybody else out of it. A name is one's own to change.

use async_graphql::{Context, ID, InputObject};
use ledger::authority::Action;
use ledger::staff::{Command, StaffRules};
use projections::Principal;
use projections::scope::VendorScope;
use schemas::account::PersonProfile;
use schemas::{Actor, StaffId};

use super::account::{NAME_CHARACTERS_MAX, release_email, text};
use super::{Acted, Allowed, Asked, payloads};
use crate::console::staff::StaffMember;
use crate::error::{Failure, UserError};
use crate::gate::Reader;
use crate::types::holder::ErasureGround;

/// Change one's own name.
#[derive(Debug, Clone, InputObject)]
pub struct StaffRenameInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The name from now on.
    pub name: String,
}

/// Keep a person of the vendor out until restored.
#[derive(Debug, Clone, InputObject)]
pub struct StaffSuspendInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub staff_id: ID,
}

/// Let a suspended person of the vendor in again.
#[derive(Debug, Clone, InputObject)]
pub struct StaffRestoreInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub staff_id: ID,
}

/// Erase the personal data of a person of the vendor.
#[derive(Debug, Clone, InputObject)]
pub struct StaffEraseInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person, who is suspended.
    pub staff_id: ID,
    /// Why it has to be.
    pub ground: ErasureGround,
}

payloads! {
    /// What became of `staffRename`.
    StaffRenamePayload {
        /// The person after it.
        staff: StaffMember
    }
    /// What became of `staffSuspend`.
    StaffSuspendPayload {
        /// The person after it.
        staff: StaffMember
    }
    /// What became of `staffRestore`.
    StaffRestorePayload {
        /// The person after it.
        staff: StaffMember
    }
    /// What became of `staffErase`. Its `position` is where the ledger says so: a proof of that fact is the
    /// certificate.
    StaffErasePayload {
        /// What is left of the person: the id.
        staff: StaffMember
    }
}

/// Changes the caller's own name.
///
/// # Errors
/// When it is refused, or fails.
pub async fn rename(ctx: &Context<'_>, input: StaffRenameInput) -> Acted<StaffMember> {
    let operation = "staffRename";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    let asked = asked.oneself().await?;
    let (Reader::Vendor(scope), Actor::Staff(staff)) = (asked.reader, asked.reader.actor()) else {
        return Err(UserError::forbidden().into());
    };
    let name = text("name", &input.name, NAME_CHARACTERS_MAX)?;
    let own = Managed { asked, scope, staff };
    let known = own.read(|views, scope| views.staff(scope, staff)?.profile.value.clone());
    let known = known.ok_or_else(UserError::forbidden)?;
    own.run(Command::Rename { profile: PersonProfile { name, ..known } }).await
}

/// Keeps a person out: whoever is signed in as the person is out before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn suspend(ctx: &Context<'_>, input: StaffSuspendInput) -> Acted<StaffMember> {
    let operation = "staffSuspend";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let managed = Managed::of(asked, &input.staff_id).await?;
    // INVARIANT (an operator remains): each is a stream of its own, so two who suspend each other at the same instant
    // take turns, and the second is out by then.
    let _turn = managed.asked.gate.turn.write().await;
    managed.is_still_in()?;
    let others_operate = managed.read(|views, scope| views.others_operate(scope, managed.staff));
    managed.run(Command::Suspend { others_operate }).await
}

/// Lets a person in again.
///
/// # Errors
/// When it is refused, or fails.
pub async fn restore(ctx: &Context<'_>, input: StaffRestoreInput) -> Acted<StaffMember> {
    let operation = "staffRestore";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    Managed::of(asked, &input.staff_id).await?.run(Command::Restore).await
}

/// Erases it. When it fails on the way, the person is out and a retry completes it; the next start of the service
/// destroys the key at least.
///
/// # Errors
/// When it is refused, or fails.
pub async fn erase(ctx: &Context<'_>, input: StaffEraseInput) -> Acted<StaffMember> {
    let operation = "staffErase";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let managed = Managed::of(asked, &input.staff_id).await?;
    let held = managed.read(|views, scope| views.has_legal_matters(scope));
    let (_, done) = managed.run(Command::Erase { ground: input.ground.into(), held }).await?;
    let (asked, staff) = (&managed.asked, managed.staff);
    asked.destroy_keys(&[staff.into()])?;
    let email = managed.read(|views, scope| Some(views.staff(scope, staff)?.email_digest));
    if let Some(email) = email {
        release_email(asked, "release", &email, staff.into()).await?;
    }
    Ok((managed.after(), done))
}

/// A person of the vendor whom the caller may manage, or is.
struct Managed<'a> {
    asked: Allowed<'a>,
    scope: VendorScope,
    staff: StaffId,
}

impl<'a> Managed<'a> {
    async fn of(asked: Asked<'a>, id: &ID) -> Result<Self, Failure> {
        let asked = asked.proven()?.vendor().await?;
        let Reader::Vendor(scope) = asked.reader else { return Err(UserError::forbidden().into()) };
        let found = id.parse().ok().filter(|staff: &StaffId| {
            asked.gate.projections.read(|views| views.staff(&scope, *staff).is_some())
        });
        let staff = found.ok_or_else(|| UserError::not_found("staffId"))?;
        Ok(Self { asked, scope, staff })
    }

    fn read<T>(&self, ask: impl FnOnce(&projections::Views, &VendorScope) -> T) -> T {
        self.asked.gate.projections.read(|views| ask(views, &self.scope))
    }

    /// The caller was let in before its turn came.
    fn is_still_in(&self) -> Result<(), UserError> {
        let caller = self.asked.reader.staff().map(Principal::Staff);
        let is_in = caller.is_none_or(|who| self.read(|views, _| views.may_sign_in(who)));
        if is_in { Ok(()) } else { Err(UserError::forbidden()) }
    }

    async fn run(&self, command: Command) -> Acted<StaffMember> {
        let (_, done) = self.asked.run::<StaffRules>(self.staff, None, command).await?;
        Ok((self.after(), done))
    }

    fn after(&self) -> Option<StaffMember> {
        self.read(|views, scope| {
            views.staff(scope, self.staff).map(|row| StaffMember::from(&**row))
        })
    }
}
