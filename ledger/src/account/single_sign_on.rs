//! The identity provider of an account: which it is, who is who there, and whether people come in through it only.

use std::collections::BTreeMap;

use schemas::account::{
    AccountEvent, IdentityLinked, IdentityProviderConnected, IdentityProviderDisconnected,
    IdentityUnlinked, MemberRole, ProviderSecret, SingleSignOnNoLongerRequired,
    SingleSignOnRequired,
};
use schemas::{Digest, MemberId, Personal};
use serde::{Deserialize, Serialize};

use super::people::managed;
use super::{Member, Rejection, State, by_grant, in_order, may_manage};
use crate::decider::{Context, Decision};

pub(super) const RULE: &str = "account.one_provider_of_its_own";
pub(super) const RULE_LINKED: &str = "account.one_identity_one_person";

type Decided = Result<Decision<AccountEvent>, Rejection>;

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its address.
    pub issuer: String,
    /// Who is who there, by the keyed hash of what it calls the person.
    pub identities: BTreeMap<Digest, MemberId>,
    /// Whether people come in through it only.
    pub required: bool,
}

/// The state does not hold the secret, so this always records; a retry is known by its command id.
pub(super) fn connect(
    state: &State,
    issuer: &str,
    client: &str,
    secret: &ProviderSecret,
    context: &Context,
) -> Decided {
    let account = state.opened.as_ref().ok_or(Rejection::NotFound)?.account;
    may_choose(state, context)?;
    if state.provider.as_ref().is_some_and(|one| one.issuer != issuer) {
        return Err(Rejection::AnotherProvider);
    }
    let personal = Personal::new(account, secret.clone());
    let (issuer, client) = (issuer.to_owned(), client.to_owned());
    Ok(Decision::record(RULE, [IdentityProviderConnected { issuer, client, personal }.into()]))
}

pub(super) fn disconnect(state: &State, context: &Context) -> Decided {
    state.opened.as_ref().ok_or(Rejection::NotFound)?;
    may_choose(state, context)?;
    match &state.provider {
        None => Ok(Decision::already_so(RULE)),
        // Else people would stand before a closed door.
        Some(provider) if provider.required => Err(Rejection::SingleSignOnStillRequired),
        Some(_) => Ok(Decision::record(RULE, [IdentityProviderDisconnected {}.into()])),
    }
}

/// INVARIANT (an admin comes through): it is required only where an admin of the account, who may come in, is linked.
pub(super) fn require(state: &State, required: bool, context: &Context) -> Decided {
    state.opened.as_ref().ok_or(Rejection::NotFound)?;
    may_choose(state, context)?;
    let provider = state.provider.as_ref();
    if provider.is_some_and(|one| one.required) == required {
        return Ok(Decision::already_so(RULE));
    }
    if !required {
        return Ok(Decision::record(RULE, [SingleSignOnNoLongerRequired {}.into()]));
    }
    let provider = provider.ok_or(Rejection::NoProvider)?;
    let mut linked = provider.identities.values().filter_map(|member| state.members.get(member));
    if !linked.any(|one| is_there(one) && one.role == MemberRole::OrgAdmin) {
        return Err(Rejection::NoAdminCameThrough);
    }
    Ok(Decision::record(RULE, [SingleSignOnRequired {}.into()]))
}

/// INVARIANT (an identity is one person): who somebody is at the provider is linked once, with one person of this very
/// account, and a person is one identity there. The edge has checked what the provider said.
pub(super) fn link(
    state: &State,
    member: MemberId,
    identity: Digest,
    context: &Context,
) -> Decided {
    let provider = state.provider.as_ref().ok_or(Rejection::NoProvider)?;
    let known = state.members.get(&member).ok_or(Rejection::MemberNotFound)?;
    if known.erased.is_some() {
        return Err(Rejection::MemberErased);
    }
    match provider.identities.get(&identity) {
        Some(holder) if *holder == member => return Ok(Decision::already_so(RULE_LINKED)),
        Some(_) => return Err(Rejection::IdentityTaken),
        None => {}
    }
    if provider.identities.values().any(|holder| *holder == member) {
        return Err(Rejection::LinkedOtherwise);
    }
    in_order(state, context)?;
    Ok(Decision::record(RULE_LINKED, [IdentityLinked { member, identity }.into()]))
}

/// Also for who is erased: somebody new may be the same at the provider. Where people come in through it only, nobody is
/// locked out by this: the next sign-in there links anew.
pub(super) fn unlink(state: &State, member: MemberId, context: &Context) -> Decided {
    managed(state, member, context)?;
    let mut linked = state.provider.iter().flat_map(|one| one.identities.values());
    if linked.any(|holder| *holder == member) {
        Ok(Decision::record(RULE_LINKED, [IdentityUnlinked { member }.into()]))
    } else {
        Ok(Decision::already_so(RULE_LINKED))
    }
}

/// INVARIANT (no way in for a stronger one): whoever chooses the provider says who comes in as whom, admins too. So a
/// role that was only granted does not do.
fn may_choose(state: &State, context: &Context) -> Result<(), Rejection> {
    in_order(state, context)?;
    may_manage(state, context)?;
    if by_grant(context) { Err(Rejection::NotAnAdmin) } else { Ok(()) }
}

fn is_there(member: &Member) -> bool {
    member.suspended.is_none() && member.erased.is_none()
}

pub(super) fn evolve(state: &mut State, event: &AccountEvent) {
    match event {
        AccountEvent::IdentityProviderConnected(fact) => {
            let provider = state.provider.get_or_insert_with(|| Provider {
                issuer: fact.issuer.clone(),
                identities: BTreeMap::new(),
                required: false,
            });
            provider.issuer.clone_from(&fact.issuer);
        }
        AccountEvent::IdentityProviderDisconnected(_) => state.provider = None,
        AccountEvent::IdentityLinked(fact) => {
            if let Some(provider) = &mut state.provider {
                provider.identities.insert(fact.identity, fact.member);
            }
        }
        AccountEvent::IdentityUnlinked(fact) => {
            if let Some(provider) = &mut state.provider {
                provider.identities.retain(|_, holder| *holder != fact.member);
            }
        }
        AccountEvent::SingleSignOnRequired(_) => require_it(state, true),
        AccountEvent::SingleSignOnNoLongerRequired(_) => require_it(state, false),
        AccountEvent::AccountOpened(_)
        | AccountEvent::MemberAdded(_)
        | AccountEvent::MemberRoleChanged(_)
        | AccountEvent::MemberSuspended(_)
        | AccountEvent::MemberRestored(_)
        | AccountEvent::MemberErased(_)
        | AccountEvent::MemberProfileChanged(_)
        | AccountEvent::AccountErased(_)
        | AccountEvent::SecondFactorRuleSet(_)
        | AccountEvent::LegalHoldPlaced(_)
        | AccountEvent::LegalHoldLifted(_)
        | AccountEvent::PartnerLinked(_)
        | AccountEvent::PartnerUnlinked(_)
        | AccountEvent::RoleGranted(_)
        | AccountEvent::AccountPromoted(_)
        | AccountEvent::ContractDefaultsSet(_)
        | AccountEvent::RoleGrantEnded(_) => {}
    }
}

fn require_it(state: &mut State, required: bool) {
    if let Some(provider) = &mut state.provider {
        provider.required = required;
    }
}
