//! Erasing a person: the fact first, so that it is never undone, then what the person held, then the key.

use async_graphql::{Context, ID, InputObject};
use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::account::{AccountRules, Command, Rejection};
use ledger::authority::Action;
use ledger::claim::{ClaimRules, Command as ClaimCommand};
use ledger::license::{Command as LicenseCommand, LicenseRules};
use projections::LicenseFilter;
use projections::page::Window;
use schemas::{AccountId, LicenseId, MemberId, StreamName, SubjectId};

use super::account::claim_of;
use super::{Acted, Allowed, Asked, payloads};
use crate::error::{Failure, UserError, fault};
use crate::gate::with_scope;
use crate::read::person;
use crate::types::holder::{ErasureGround, Member};

/// Erase the personal data of a person.
#[derive(Debug, Clone, InputObject)]
pub struct MemberEraseInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
    /// Why it has to be.
    pub ground: ErasureGround,
}

payloads! {
    /// What became of `memberErase`. Its `position` is where the ledger says so: a proof of that fact is the
    /// certificate.
    MemberErasePayload {
        /// What is left of the person: the id.
        member: Member
    }
}

/// Erases it. When it fails on the way, the person is out and a retry completes it; the next start of the service
/// destroys the key at least. Seats on licenses that the caller does not see stay assigned.
///
/// # Errors
/// When it is refused, or fails.
pub async fn erase(ctx: &Context<'_>, input: MemberEraseInput) -> Acted<Member> {
    let operation = "memberErase";
    let asked = Asked::new(ctx, Action::ManagePeople, operation, &input, &input.command_id).await?;
    let (asked, member, account) = asked.proven()?.person(&input.member_id).await?;
    // The account's own matters are for its rules; those of the accounts above it are looked at here.
    if asked.gate.projections.read(|views| views.is_held_from_above(account)) {
        return Err(UserError::rejected(&Rejection::LegalHold).into());
    }
    let command = Command::EraseMember { member, ground: input.ground.into() };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    give_back(&asked, member, account).await?;
    let subject = SubjectId::from(member);
    asked.keystore().erase(subject).map_err(|error| Failure::Ours(fault(&error)))?;
    asked.gate.projections.forget(subject);
    Ok((person(asked.gate, asked.reader, member), done))
}

/// Ends the person's sessions, frees the seats, and lets the e-mail and who the person is at the identity provider go, so
/// that somebody else may have them.
async fn give_back(
    asked: &Allowed<'_>,
    member: MemberId,
    account: AccountId,
) -> Result<(), Failure> {
    let access = StreamName::access(member.uuid());
    let end = AccessCommand::RevokeOtherTokens { kept: None };
    unless_refused(asked.step::<AccessRules>("sessions", access, Some(account), end).await)?;
    let unlink = Command::UnlinkIdentity { member };
    unless_refused(asked.step::<AccountRules>("identity", account, Some(account), unlink).await)?;
    for (license, owner) in seats_of(asked, member) {
        let step = format!("seat {license}");
        let free = LicenseCommand::UnassignSeat { member };
        unless_refused(asked.step::<LicenseRules>(&step, license, Some(owner), free).await)?;
    }
    let claim = asked.gate.projections.read(|views| {
        let row = with_scope!(asked.reader, |scope| views.member(scope, member));
        row.map(|row| claim_of(&row.email_digest))
    });
    if let Some(claim) = claim {
        let release = ClaimCommand::Release { owner: member.into() };
        unless_refused(asked.step::<ClaimRules>("release", claim, None, release).await)?;
    }
    Ok(())
}

/// A license that is over for good keeps its seats, and whoever never signed in has no sessions: that is no reason to stop.
fn unless_refused<T>(done: Result<T, Failure>) -> Result<(), Failure> {
    match done {
        Ok(_) | Err(Failure::User(_)) => Ok(()),
        Err(failure @ Failure::Ours(_)) => Err(failure),
    }
}

fn seats_of(asked: &Allowed<'_>, member: MemberId) -> Vec<(LicenseId, AccountId)> {
    let filter = LicenseFilter { member: Some(member), ..LicenseFilter::default() };
    let at = asked.gate.now();
    let mut held = Vec::new();
    let mut after = None;
    loop {
        let window = Window::first(projections::page::PAGE_ROWS_MAX).after(after);
        let page = asked.gate.projections.read(|views| {
            with_scope!(asked.reader, |scope| views.licenses(scope, &filter, at, &window))
        });
        after = page.rows.last().map(|row| row.license);
        let seated = page.rows.iter().filter(|row| row.state.seats.contains_key(&member));
        held.extend(seated.map(|row| (row.license, row.account)));
        if !page.more_after {
            return held;
        }
    }
}
