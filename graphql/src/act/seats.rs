//! Seats: who sits on a license.

use async_graphql::{Context, ID, InputObject};
use ledger::authority::Action;
use ledger::license::{Command, LicenseRules};

use super::{Acted, Asked, payloads};
use crate::error::UserError;
use crate::read::person;
use crate::types::license::License;

/// Give a person a seat.
#[derive(Debug, Clone, InputObject)]
pub struct SeatAssignInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The person, who belongs to the same customer.
    pub member_id: ID,
}

/// Take a person's seat back. It is free at once.
#[derive(Debug, Clone, InputObject)]
pub struct SeatUnassignInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The person.
    pub member_id: ID,
}

payloads! {
    /// What became of `seatAssign`.
    SeatAssignPayload {
        /// The license after it.
        license: License
    }
    /// What became of `seatUnassign`.
    SeatUnassignPayload {
        /// The license after it.
        license: License
    }
}

/// Gives a person a seat.
///
/// # Errors
/// When it is refused, or fails.
pub async fn assign(ctx: &Context<'_>, input: SeatAssignInput) -> Acted<License> {
    let operation = "seatAssign";
    let asked = Asked::new(ctx, Action::ManageSeats, operation, &input, &input.command_id).await?;
    let (asked, seen) = asked.license(&input.license_id).await?;
    let row = &seen.facts.license;
    let member = asked.member(&input.member_id, row.account)?;
    if person(asked.gate, asked.reader, member).is_some_and(|one| one.erased_at.is_some()) {
        return Err(UserError::not_found("memberId").into());
    }
    let command = Command::AssignSeat { member };
    let (_, done) = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    Ok((asked.license_after(row.license), done))
}

/// Takes a person's seat back.
///
/// # Errors
/// When it is refused, or fails.
pub async fn unassign(ctx: &Context<'_>, input: SeatUnassignInput) -> Acted<License> {
    let operation = "seatUnassign";
    let asked = Asked::new(ctx, Action::ManageSeats, operation, &input, &input.command_id).await?;
    let (asked, seen) = asked.license(&input.license_id).await?;
    let row = &seen.facts.license;
    let member = asked.member(&input.member_id, row.account)?;
    let command = Command::UnassignSeat { member };
    let (_, done) = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    Ok((asked.license_after(row.license), done))
}
