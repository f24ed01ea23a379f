//! Erasing a person or a whole account: the fact first, so that it is never undone, then what was held, and the keys.

use async_graphql::{Context, ID, InputObject};
use futures_util::future::join_all;
use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::account::{AccountRules, Around, Command, Rejection};
use ledger::authority::Action;
use ledger::license::{AllocateSeats, Command as LicenseCommand, LicenseRules};
use projections::LicenseFilter;
use projections::page::Window;
use schemas::{AccountId, Digest, LicenseId, MemberId, StreamName};

use super::account::{account_after, release_email};
use super::{Acted, Allowed, Asked, payloads};
use crate::error::{Failure, UserError};
use crate::gate::{Reader, with_scope};
use crate::read::person;
use crate::types::account::Account;
use crate::types::holder::{ErasureGround, Member};

/// Of how many people what they held is given back at once: they share the syncs of the log.
const AT_ONCE: usize = 64;

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

/// Erase the data of an account and of everybody who belongs to it.
#[derive(Debug, Clone, InputObject)]
pub struct AccountEraseInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account: each of its licenses is revoked or expired, and each account below it is erased.
    pub account_id: ID,
    /// Why it has to be.
    pub ground: ErasureGround,
}

payloads! {
    /// What became of `accountErase`. Its `position` is where the ledger says so, and of whom: a proof of that fact is
    /// the certificate.
    AccountErasePayload {
        /// What is left of the account: the id.
        account: Account
    }
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
    asked.destroy_keys(&[member.into()])?;
    Ok((person(asked.gate, asked.reader, member), done))
}

/// Erases a whole account by one fact. The keys are destroyed right after it, or by the next start of the service; only
/// then what its people held is given back, so that nothing else stands in between. A retry goes on where it stopped.
///
/// # Errors
/// When it is refused, or fails.
pub async fn erase_account(ctx: &Context<'_>, input: AccountEraseInput) -> Acted<Account> {
    let operation = "accountErase";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let (asked, account) = asked.proven()?.account(&input.account_id).await?;
    let Reader::Vendor(scope) = asked.reader else { return Err(UserError::forbidden().into()) };
    let done = {
        // Else a license could be issued, or an account opened below, between looking and the fact.
        let _turn = asked.gate.turn.write().await;
        let around = asked.gate.projections.read(|views| Around {
            held_above: views.is_held_from_above(account),
            accounts_below: views.has_accounts_below(&scope, account),
            live_license: views.has_live_license(&scope, account, asked.gate.now()),
        });
        let command = Command::Erase { ground: input.ground.into(), around };
        asked.run::<AccountRules>(account, Some(account), command).await?.1
    };
    let (subjects, with_seats) = asked
        .gate
        .projections
        .read(|views| (views.erased_with(&scope, account), views.with_seats_for(&scope, account)));
    asked.destroy_keys(&subjects)?;
    for some in subjects.chunks(AT_ONCE) {
        let freed = some.iter().map(|subject| let_go(&asked, MemberId::new(subject.uuid())));
        join_all(freed).await.into_iter().collect::<Result<(), _>>()?;
    }
    for (license, owner) in with_seats {
        let step = format!("allocation {license}");
        let none = AllocateSeats { account, above: Vec::new(), seats: 0, capped: false };
        let none = LicenseCommand::AllocateSeats(none);
        unless_refused(asked.step::<LicenseRules>(&step, license, Some(owner), none).await)?;
    }
    Ok((account_after(&asked, account), done))
}

/// Frees the seats of somebody whose account was erased, and the e-mail. The sessions ended with the fact.
async fn let_go(asked: &Allowed<'_>, member: MemberId) -> Result<(), Failure> {
    for (license, owner) in seats_of(asked, member) {
        let step = format!("seat {license} {member}");
        let free = LicenseCommand::UnassignSeat { member };
        unless_refused(asked.step::<LicenseRules>(&step, license, Some(owner), free).await)?;
    }
    match email_of(asked, member) {
        Some(email) => {
            release_email(asked, &format!("release {member}"), &email, member.into()).await
        }
        None => Ok(()),
    }
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
    match email_of(asked, member) {
        Some(email) => release_email(asked, "release", &email, member.into()).await,
        None => Ok(()),
    }
}

fn email_of(asked: &Allowed<'_>, member: MemberId) -> Option<Digest> {
    asked.gate.projections.read(|views| {
        with_scope!(asked.reader, |scope| views.member(scope, member).map(|row| row.email_digest))
    })
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
