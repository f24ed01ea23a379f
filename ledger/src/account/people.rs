//! Who belongs to an account: adding people, their roles, keeping them out, erasing them.

use schemas::account::{
    AccountEvent, ErasureGround, MemberAdded, MemberErased, MemberProfileChanged, MemberRestored,
    MemberRole, MemberRoleChanged, MemberSuspended, PersonProfile, SecondFactorRuleSet,
};
use schemas::{Actor, Digest, MemberId, Personal};

use super::{
    Member, RULE_ERASED, RULE_MANAGED, Rejection, State, by_grant, in_order, may_manage, person,
};
use crate::decider::{Context, Decision};

pub(super) fn add_member(
    state: &State,
    added: MemberAdded,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    const RULE: &str = "account.one_person_one_email";
    if state.opened.is_none() {
        return Err(Rejection::NotFound);
    }
    if let Some(member) = state.members.get(&added.member) {
        let same = (member.role, member.email_digest) == (added.role, added.email_digest)
            && member.erased.is_none();
        return if same {
            Ok(Decision::already_so(RULE))
        } else {
            Err(Rejection::MemberAlreadyAdded)
        };
    }
    in_order(state, context)?;
    may_manage(state, context)?;
    person::may_join(state)?;
    let holder = state
        .members
        .iter()
        .find(|(_, one)| one.email_digest == added.email_digest && one.erased.is_none());
    if let Some((member, _)) = holder {
        return Err(Rejection::EmailTaken { member: *member });
    }
    Ok(Decision::record(RULE, [added.into()]))
}

pub(super) fn change(state: &mut State, member: MemberId, change: impl FnOnce(&mut Member)) {
    if let Some(member) = state.members.get_mut(&member) {
        change(member);
    }
}

/// The person, whom somebody else may manage. INVARIANT (an admin remains): nobody takes the own rights away, and nobody
/// an admin's by a role that was only granted; so whoever takes the last other admin's rights is an admin still.
pub(super) fn managed<'a>(
    state: &'a State,
    member: MemberId,
    context: &Context,
) -> Result<&'a Member, Rejection> {
    if state.opened.is_none() {
        return Err(Rejection::NotFound);
    }
    in_order(state, context)?;
    let found = state.members.get(&member).ok_or(Rejection::MemberNotFound)?;
    may_manage(state, context)?;
    if context.actor == Actor::Member(member) {
        return Err(Rejection::Oneself);
    }
    if by_grant(context) && found.role != MemberRole::Member {
        return Err(Rejection::NotAnAdmin);
    }
    Ok(found)
}

/// The same, whose data is not erased: of whoever is, nothing changes any more.
fn managed_and_there<'a>(
    state: &'a State,
    member: MemberId,
    context: &Context,
) -> Result<&'a Member, Rejection> {
    let found = managed(state, member, context)?;
    if found.erased.is_some() { Err(Rejection::MemberErased) } else { Ok(found) }
}

pub(super) fn change_role(
    state: &State,
    member: MemberId,
    role: MemberRole,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    let found = managed_and_there(state, member, context)?;
    if found.role == role {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    person::may_have_role(state, role)?;
    Ok(Decision::record(RULE_MANAGED, [MemberRoleChanged { member, role }.into()]))
}

/// People change their own name, and nothing by which they sign in or others know them: an admin does.
pub(super) fn change_profile(
    state: &State,
    member: MemberId,
    (email_known, email_digest): (Digest, Digest),
    profile: &PersonProfile,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    const RULE: &str = "account.one_person_one_email";
    let known = state.members.get(&member).ok_or(Rejection::MemberNotFound)?;
    if context.actor == Actor::Member(member) {
        in_order(state, context)?;
        if known.erased.is_some() {
            return Err(Rejection::MemberErased);
        }
        if known.email_digest != email_digest {
            return Err(Rejection::OwnEmail);
        }
    } else {
        managed_and_there(state, member, context)?;
    }
    // Else a name that is changed at the same moment would bring the e-mail of before back.
    if known.email_digest != email_known {
        return Err(Rejection::ProfileChanged);
    }
    let mut others =
        state.members.iter().filter(|(id, one)| **id != member && one.erased.is_none());
    if let Some((holder, _)) = others.find(|(_, one)| one.email_digest == email_digest) {
        return Err(Rejection::EmailTaken { member: *holder });
    }
    let email_before = Some(known.email_digest).filter(|before| *before != email_digest);
    let personal = Personal::new(member, profile.clone());
    let changed = MemberProfileChanged { member, email_digest, email_before, personal };
    Ok(Decision::record(RULE, [changed.into()]))
}

pub(super) fn suspend(
    state: &State,
    member: MemberId,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if managed_and_there(state, member, context)?.suspended.is_some() {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    Ok(Decision::record(RULE_MANAGED, [MemberSuspended { member }.into()]))
}

/// INVARIANT (erased is final): no later fact gives the person anything back. INVARIANT (evidence stays): nobody is erased
/// while a legal matter needs what is known.
pub(super) fn erase(
    state: &State,
    member: MemberId,
    ground: ErasureGround,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if managed(state, member, context)?.erased.is_some() {
        return Ok(Decision::already_so(RULE_ERASED));
    }
    if !state.legal_holds.is_empty() {
        return Err(Rejection::LegalHold);
    }
    Ok(Decision::record(RULE_ERASED, [MemberErased { member, ground }.into()]))
}

pub(super) fn set_second_factor_rule(
    state: &State,
    demanded: bool,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    const RULE: &str = "account.second_factor_is_demanded_by_admins";
    if state.opened.is_none() {
        return Err(Rejection::NotFound);
    }
    in_order(state, context)?;
    may_manage(state, context)?;
    if state.second_factor_demanded == demanded {
        return Ok(Decision::already_so(RULE));
    }
    Ok(Decision::record(RULE, [SecondFactorRuleSet { demanded }.into()]))
}

pub(super) fn restore(
    state: &State,
    member: MemberId,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if managed_and_there(state, member, context)?.suspended.is_none() {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    Ok(Decision::record(RULE_MANAGED, [MemberRestored { member }.into()]))
}
