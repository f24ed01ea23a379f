//! Seats: who sits on a license, and which seats are for the people of one account.

use async_graphql::{Context, ID, InputObject};
use ledger::authority::{Action, Resource};
use ledger::license::{AllocateSeats, Command, LicenseRules};
use schemas::{AccountId, LicenseId, MemberId};

use super::{Acted, Allowed, Asked, payloads};
use crate::error::{Failure, UserError};
use crate::gate::with_scope;
use crate::read::person;
use crate::scalars::BigInt;
use crate::types::license::License;

/// Give a person a seat.
#[derive(Debug, Clone, InputObject)]
pub struct SeatAssignInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The person, who belongs to the same customer, or to one that has seats of the license.
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

/// Say how many seats of a license are for the people of one account and of those below it.
#[derive(Debug, Clone, InputObject)]
pub struct SeatsAllocateInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The account: below the license's own, or a customer whose partner the license's owner is.
    pub account_id: ID,
    /// How many seats, in place of those it had; 0 takes them back.
    pub seats: BigInt,
    /// Whether they are all that these people may have; else they also take seats that are for nobody in particular. A
    /// customer of a partner never has others.
    #[graphql(default)]
    pub capped: bool,
}

payloads! {
    /// What became of `seatsAllocate`.
    SeatsAllocatePayload {
        /// The license after it.
        license: License
    }
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
    let (asked, seat) = seat_of(asked, &input.license_id, &input.member_id).await?;
    if person(asked.gate, asked.reader, seat.member).is_some_and(|one| one.erased_at.is_some()) {
        return Err(UserError::not_found("memberId").into());
    }
    let Seat { license, owner, member, accounts } = seat;
    let command = Command::AssignSeat { member, accounts };
    let (_, done) = asked.run::<LicenseRules>(license, Some(owner), command).await?;
    Ok((asked.license_after(license), done))
}

/// Takes a person's seat back.
///
/// # Errors
/// When it is refused, or fails.
pub async fn unassign(ctx: &Context<'_>, input: SeatUnassignInput) -> Acted<License> {
    let operation = "seatUnassign";
    let asked = Asked::new(ctx, Action::ManageSeats, operation, &input, &input.command_id).await?;
    let (asked, seat) = seat_of(asked, &input.license_id, &input.member_id).await?;
    let command = Command::UnassignSeat { member: seat.member };
    let (_, done) = asked.run::<LicenseRules>(seat.license, Some(seat.owner), command).await?;
    Ok((asked.license_after(seat.license), done))
}

/// A seat that somebody has or is to have.
struct Seat {
    license: LicenseId,
    owner: AccountId,
    member: MemberId,
    /// Where the person belongs, as the license remembers it.
    accounts: Vec<AccountId>,
}

/// Decides it about a seat of the license for the person, both named by the caller.
async fn seat_of<'a>(
    asked: Asked<'a>,
    license: &ID,
    member: &ID,
) -> Result<(Allowed<'a>, Seat), Failure> {
    let seen = asked.seen(license).await?;
    let (license, owner) = (seen.facts.license.license, seen.facts.license.account);
    let found = member.parse().ok().and_then(|member: MemberId| {
        let line = asked.gate.projections.read(|views| {
            with_scope!(asked.reader, |scope| views.seat_line(scope, license, member))
        });
        line.map(|(home, accounts)| (home, Seat { license, owner, member, accounts }))
    });
    match found {
        Some((home, seat)) => {
            Ok((asked.decided(Resource::Seats(license, home), "memberId").await?, seat))
        }
        // Whoever may not give seats at all hears that, not who is there.
        None => {
            asked.decided(Resource::License(license), "licenseId").await?;
            Err(UserError::not_found("memberId").into())
        }
    }
}

/// Says how many seats are for the people of one account.
///
/// # Errors
/// When it is refused, or fails.
pub async fn allocate(ctx: &Context<'_>, input: SeatsAllocateInput) -> Acted<License> {
    let operation = "seatsAllocate";
    let asked =
        Asked::new(ctx, Action::AllocateSeats, operation, &input, &input.command_id).await?;
    let seen = asked.seen(&input.license_id).await?;
    let (license, owner) = (seen.facts.license.license, seen.facts.license.account);
    let found = input.account_id.parse().ok().and_then(|account: AccountId| {
        let line = asked.gate.projections.read(|views| {
            with_scope!(asked.reader, |scope| views.allocation_line(scope, license, account))
        });
        line.map(|(above, below)| (account, above, below))
    });
    let Some((account, above, below)) = found else {
        asked.decided(Resource::License(license), "licenseId").await?;
        return Err(UserError::not_found("accountId").into());
    };
    let asked = asked.decided(Resource::Seats(license, account), "accountId").await?;
    asked.expect_kept(account, owner).await?;
    let (seats, capped) = (input.seats.0, input.capped || !(below || account == owner));
    let command = Command::AllocateSeats(AllocateSeats { account, above, seats, capped });
    let (_, done) = asked.run::<LicenseRules>(license, Some(owner), command).await?;
    Ok((asked.license_after(license), done))
}
