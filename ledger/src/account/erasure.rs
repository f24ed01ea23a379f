//! Erasing a whole account: its name, its people, its provider's secret and its license keys, by one fact that names whose
//! keys are destroyed.

use schemas::account::{AccountErased, AccountEvent, ErasureGround, PartnerUnlinked};
use schemas::{Actor, MemberId, Timestamp};

use super::{Command, RULE_ERASED, Rejection, State, in_order};
use crate::decider::{Context, Decision};

/// What stands around an account, which its own stream does not know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Around {
    /// Whether a legal matter of an account above needs what is known.
    pub held_above: bool,
    /// Whether an account below it is not erased.
    pub accounts_below: bool,
    /// Whether a license of it is neither revoked nor expired.
    pub live_license: bool,
}

/// INVARIANT (erased is final): see [`after`]. INVARIANT (evidence stays): nothing is erased while a legal matter needs
/// what is known. Only the vendor erases an account: no admin does away with what the vendor has to prove.
pub(super) fn erase(
    state: &State,
    ground: ErasureGround,
    around: Around,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    let account = state.opened.as_ref().ok_or(Rejection::NotFound)?.account;
    in_order(state, context)?;
    if matches!(context.actor, Actor::Member(_)) {
        return Err(Rejection::NotAnAdmin);
    }
    if state.erased.is_some() {
        return Ok(Decision::already_so(RULE_ERASED));
    }
    if around.accounts_below {
        return Err(Rejection::AccountsBelow);
    }
    if around.live_license {
        return Err(Rejection::LiveLicense);
    }
    if around.held_above || !state.legal_holds.is_empty() {
        return Err(Rejection::LegalHold);
    }
    // Nobody acts for what is not there any more. The erasure itself comes last: it is the certificate.
    let live = state.partners.values().filter(|link| link.is_live(context.now));
    let mut facts: Vec<AccountEvent> =
        live.map(|link| PartnerUnlinked { link: link.link }.into()).collect();
    let there = state.members.iter().filter(|(_, member)| member.erased.is_none());
    let members: Vec<MemberId> = there.map(|(member, _)| *member).collect();
    facts.push(AccountErased { account, members, ground }.into());
    Ok(Decision::record(RULE_ERASED, facts))
}

/// INVARIANT (erased is final): what is left of an erased account only ends.
pub(super) fn after(state: &State, command: &Command) -> Result<(), Rejection> {
    let ends = match command {
        Command::Erase { .. }
        | Command::EraseMember { .. }
        | Command::EndGrant { .. }
        | Command::UnlinkIdentity { .. }
        | Command::UnlinkPartner { .. } => true,
        Command::Open { .. }
        | Command::OpenForPerson { .. }
        | Command::Promote { .. }
        | Command::SetContractDefaults(_)
        | Command::AddMember { .. }
        | Command::ChangeRole { .. }
        | Command::ChangeProfile { .. }
        | Command::SuspendMember { .. }
        | Command::RestoreMember { .. }
        | Command::SetSecondFactorRule { .. }
        | Command::GrantRole(_)
        | Command::LinkPartner(_)
        | Command::ConnectProvider { .. }
        | Command::DisconnectProvider
        | Command::LinkIdentity { .. }
        | Command::RequireSingleSignOn { .. }
        | Command::PlaceLegalHold { .. }
        | Command::LiftLegalHold { .. } => false,
    };
    if state.erased.is_some() && !ends { Err(Rejection::AccountErased) } else { Ok(()) }
}

pub(super) fn evolve(state: &mut State, fact: &AccountErased, at: Timestamp) {
    state.erased = Some(at);
    state.provider = None;
    for member in &fact.members {
        if let Some(member) = state.members.get_mut(member) {
            member.erased = Some(at);
        }
    }
}
