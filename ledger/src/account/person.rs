//! The account of a person: an organization of one. The person is its only member and its admin, and what the account is
//! called is the person's name, sealed with the person's key. It can become that of an organization, under the same id.

use schemas::account::{
    AccountEvent, AccountOpened, AccountProfile, AccountPromoted, MemberAdded, MemberRole, Party,
    PersonProfile,
};
use schemas::{AccountId, Digest, MemberId, Personal, Timestamp};

use super::{Rejection, State, in_order, may_manage};
use crate::decider::{Context, Decision};

pub(super) const RULE: &str = "account.a_person_is_an_organization_of_one";

type Decided = Result<Decision<AccountEvent>, Rejection>;

pub(super) fn open(
    state: &State,
    (account, parent): (AccountId, Option<AccountId>),
    (member, email_digest): (MemberId, Digest),
    profile: &PersonProfile,
) -> Decided {
    if let Some(opened) = &state.opened {
        let same = (opened.account, opened.parent, opened.party)
            == (account, parent, Party::Person)
            && state
                .members
                .get(&member)
                .is_some_and(|one| one.email_digest == email_digest && one.erased.is_none());
        return if same { Ok(Decision::already_so(RULE)) } else { Err(Rejection::AlreadyOpen) };
    }
    if parent == Some(account) {
        return Err(Rejection::ParentIsItself);
    }
    let called =
        AccountProfile { name: profile.name.clone(), external_id: profile.external_id.clone() };
    let opened = AccountOpened {
        account,
        parent,
        party: Party::Person,
        // Whoever erases the person erases what the account is called with it.
        personal: Personal::new(member, called),
    };
    let added = MemberAdded {
        member,
        role: MemberRole::OrgAdmin,
        email_digest,
        personal: Personal::new(member, profile.clone()),
    };
    Ok(Decision::record(RULE, [AccountEvent::from(opened), added.into()]))
}

/// INVARIANT (of one): the account of a person has nobody else. What is given beside it stays within it.
pub(super) fn may_join(state: &State) -> Result<(), Rejection> {
    if state.is_of_person() && !state.members.is_empty() {
        return Err(Rejection::OfOnePerson);
    }
    Ok(())
}

/// INVARIANT (an admin remains): the person of such an account manages it.
pub(super) fn may_have_role(state: &State, role: MemberRole) -> Result<(), Rejection> {
    if state.is_of_person() && role != MemberRole::OrgAdmin {
        return Err(Rejection::OfOnePerson);
    }
    Ok(())
}

/// From then on it is called by a name that is nobody's, sealed with the key of the account as every organization's.
pub(super) fn promote(state: &State, profile: &AccountProfile, context: &Context) -> Decided {
    let opened = state.opened.as_ref().ok_or(Rejection::NotFound)?;
    in_order(state, context)?;
    may_manage(state, context)?;
    if !state.is_of_person() {
        return Err(Rejection::AlreadyOrganization);
    }
    let personal = Personal::new(opened.account, profile.clone());
    Ok(Decision::record(RULE, [AccountPromoted { personal }.into()]))
}

pub(super) fn promoted(state: &mut State, at: Timestamp) {
    if let Some(opened) = &mut state.opened {
        opened.promoted = Some(at);
    }
}
