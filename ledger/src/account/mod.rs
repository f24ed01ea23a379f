//! The rules of a customer: that it exists, where it stands in the tree of accounts, who belongs
//! to it, what else they may do.

mod contract;
mod erasure;
mod grants;
mod holds;
mod partners;
mod people;
mod person;
mod rejection;
mod single_sign_on;

use std::collections::{BTreeMap, BTreeSet};

use schemas::account::{
    AccountEvent, AccountOpened, AccountProfile, ErasureGround, MemberAdded, MemberRole,
    PartnerLinked, Party, PersonProfile, ProviderSecret, RoleGranted,
};
use schemas::contract::ContractDefaults;
use schemas::{AccountId, Actor, Digest, GrantId, MemberId, Personal, StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::authority::{Grant, PartnerLink, Rule};
use crate::decider::{self, Context, Decider, Decision};

pub use erasure::Around;
pub use grants::GRANTS_PER_PERSON_MAX;
pub use partners::PARTNERS_MAX;
pub use rejection::Rejection;
pub use single_sign_on::Provider;

/// The rules of an account.
#[derive(Debug, Clone, Copy)]
pub struct AccountRules;

/// What can be asked of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open the account of an organization. The edge has checked that the parent exists, and is that of an organization.
    Open {
        /// The account.
        account: AccountId,
        /// The account it is a sub-account of.
        parent: Option<AccountId>,
        /// What kind of party it is.
        party: Party,
        /// Its name and the vendor's number for it.
        profile: AccountProfile,
    },
    /// Open the account of a person, who is its only member and its admin. The edge has checked that the parent exists, and
    /// is that of an organization, and has claimed the e-mail.
    OpenForPerson {
        /// The account.
        account: AccountId,
        /// The account it is a sub-account of.
        parent: Option<AccountId>,
        /// The person.
        member: MemberId,
        /// The keyed hash of the sign-in e-mail.
        email_digest: Digest,
        /// Name, e-mail and number of the person, which are also those of the account.
        profile: PersonProfile,
    },
    /// Make the account of a person that of an organization.
    Promote {
        /// The organization's name, and the vendor's number for the account.
        profile: AccountProfile,
    },
    /// Say on which terms the account contracts from now on.
    SetContractDefaults(ContractDefaults),
    /// Add a person.
    AddMember {
        /// The person.
        member: MemberId,
        /// What the person may do.
        role: MemberRole,
        /// The keyed hash of the sign-in e-mail.
        email_digest: Digest,
        /// Name and e-mail.
        profile: PersonProfile,
    },
    /// Change what a person may do.
    ChangeRole {
        /// The person.
        member: MemberId,
        /// What the person may do from now on.
        role: MemberRole,
    },
    /// Change the name, the e-mail or the vendor's number of a person. The edge has claimed the e-mail.
    ChangeProfile {
        /// The person.
        member: MemberId,
        /// The keyed hash of the sign-in e-mail that was known when it was asked for.
        email_known: Digest,
        /// The keyed hash of the sign-in e-mail.
        email_digest: Digest,
        /// Name, e-mail and number from now on.
        profile: PersonProfile,
    },
    /// Keep a person out until restored.
    SuspendMember {
        /// The person.
        member: MemberId,
    },
    /// Let a person in again.
    RestoreMember {
        /// The person.
        member: MemberId,
    },
    /// Erase the personal data of a person, who can never come in again. Whoever sends it destroys the
    /// person's key once this is recorded.
    EraseMember {
        /// The person.
        member: MemberId,
        /// Why it has to be.
        ground: ErasureGround,
    },
    /// Erase the data of the account and of everybody who belongs to it. Whoever sends it destroys their keys once this
    /// is recorded.
    Erase {
        /// Why it has to be.
        ground: ErasureGround,
        /// What stands around it. The edge lets nobody change that between looking and the decision.
        around: Around,
    },
    /// Say whether everybody of the account and of those below it needs a second factor.
    SetSecondFactorRule {
        /// Whether it is demanded.
        demanded: bool,
    },
    /// Let a person do more, in this account or on one license of it. The edge has checked that the person is of the
    /// same customer, that the license is of this account, and that whoever asks may do so much itself.
    GrantRole(RoleGranted),
    /// Take it back, or give it up.
    EndGrant {
        /// What was given.
        grant: GrantId,
    },
    /// Let people of another account act for this one. The edge has checked that there is such an account.
    LinkPartner(PartnerLinked),
    /// Part with a partner.
    UnlinkPartner {
        /// The link.
        link: GrantId,
    },
    /// Let people of the account sign in through its own identity provider. The edge has checked that it can be reached.
    ConnectProvider {
        /// Its address.
        issuer: String,
        /// What it calls this service.
        client: String,
        /// The client secret.
        secret: ProviderSecret,
    },
    /// No longer let anybody in through it.
    DisconnectProvider,
    /// Remember who somebody at the provider is. The edge has checked what the provider said.
    LinkIdentity {
        /// The person.
        member: MemberId,
        /// The keyed hash of the provider's address and of what it calls the person.
        identity: Digest,
    },
    /// Forget who a person is at the provider.
    UnlinkIdentity {
        /// The person.
        member: MemberId,
    },
    /// Say whether people of the account come in through its provider only.
    RequireSingleSignOn {
        /// Whether they do.
        required: bool,
    },
    /// Erase nobody of the account from now on: a legal matter needs it.
    PlaceLegalHold {
        /// The reference of the matter.
        matter: String,
    },
    /// That matter is over.
    LiftLegalHold {
        /// Its reference.
        matter: String,
    },
}

/// What the rules remember of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// That it is open; `None`: there is no such account yet.
    pub opened: Option<Opened>,
    /// Who belongs to it.
    pub members: BTreeMap<MemberId, Member>,
    /// Whether everybody needs a second factor.
    pub second_factor_demanded: bool,
    /// What was granted in it.
    pub grants: BTreeMap<GrantId, Grant>,
    /// Who acts for it.
    pub partners: BTreeMap<GrantId, PartnerLink>,
    /// Its own identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The legal matters for which nobody is erased.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub legal_holds: BTreeSet<String>,
    /// Since when its data is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Timestamp>,
    /// On which terms it contracts.
    #[serde(default)]
    pub contract: ContractDefaults,
    /// The latest instant from which a fact is true.
    pub effective_last: Timestamp,
}

impl State {
    /// Whether it is the account of one person, whom nobody joins.
    #[must_use]
    pub fn is_of_person(&self) -> bool {
        let opened = self.opened.as_ref();
        opened.is_some_and(|opened| opened.party == Party::Person && opened.promoted.is_none())
    }
}

/// That an account is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The account.
    pub account: AccountId,
    /// The account it is a sub-account of.
    pub parent: Option<AccountId>,
    /// What kind of party it was opened for.
    pub party: Party,
    /// Since when that of a person is an organization's.
    pub promoted: Option<Timestamp>,
    /// Since when.
    pub at: Timestamp,
}

/// A person who belongs to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What the person may do.
    pub role: MemberRole,
    /// The keyed hash of the sign-in e-mail.
    pub email_digest: Digest,
    /// Since when.
    pub added_at: Timestamp,
    /// Since when the person is kept out.
    pub suspended: Option<Timestamp>,
    /// Since when the personal data is erased.
    pub erased: Option<Timestamp>,
}

impl Decider for AccountRules {
    const KIND: StreamKind = StreamKind::Account;
    type State = State;
    type Command = Command;
    type Event = AccountEvent;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: &Command,
        context: &Context,
    ) -> Result<Decision<AccountEvent>, Rejection> {
        if context.effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
        }
        erasure::after(state, command)?;
        match command {
            Command::Open { account, parent, party, profile } => {
                open(state, *account, *parent, *party, profile)
            }
            Command::OpenForPerson { account, parent, member, email_digest, profile } => {
                person::open(state, (*account, *parent), (*member, *email_digest), profile)
            }
            Command::Promote { profile } => person::promote(state, profile, context),
            Command::SetContractDefaults(defaults) => contract::set(state, defaults, context),
            Command::AddMember { member, role, email_digest, profile } => {
                let added = MemberAdded {
                    member: *member,
                    role: *role,
                    email_digest: *email_digest,
                    personal: Personal::new(*member, profile.clone()),
                };
                people::add_member(state, added, context)
            }
            Command::ChangeRole { member, role } => {
                people::change_role(state, *member, *role, context)
            }
            Command::ChangeProfile { member, email_known, email_digest, profile } => {
                let emails = (*email_known, *email_digest);
                people::change_profile(state, *member, emails, profile, context)
            }
            Command::SuspendMember { member } => people::suspend(state, *member, context),
            Command::RestoreMember { member } => people::restore(state, *member, context),
            Command::EraseMember { member, ground } => {
                people::erase(state, *member, *ground, context)
            }
            Command::Erase { ground, around } => erasure::erase(state, *ground, *around, context),
            Command::SetSecondFactorRule { demanded } => {
                people::set_second_factor_rule(state, *demanded, context)
            }
            Command::GrantRole(given) => grants::give(state, *given, context),
            Command::EndGrant { grant } => grants::end(state, *grant, context),
            Command::LinkPartner(linked) => partners::link(state, *linked, context),
            Command::UnlinkPartner { link } => partners::unlink(state, *link, context),
            Command::ConnectProvider { issuer, client, secret } => {
                single_sign_on::connect(state, issuer, client, secret, context)
            }
            Command::DisconnectProvider => single_sign_on::disconnect(state, context),
            Command::LinkIdentity { member, identity } => {
                single_sign_on::link(state, *member, *identity, context)
            }
            Command::UnlinkIdentity { member } => single_sign_on::unlink(state, *member, context),
            Command::RequireSingleSignOn { required } => {
                single_sign_on::require(state, *required, context)
            }
            Command::PlaceLegalHold { matter } => holds::place(state, matter, context),
            Command::LiftLegalHold { matter } => holds::lift(state, matter, context),
        }
    }

    fn evolve(state: &mut State, event: &AccountEvent, at: Timestamp) {
        match event {
            AccountEvent::AccountOpened(fact) => {
                let AccountOpened { account, parent, party, personal: _ } = fact;
                let (account, parent, party) = (*account, *parent, *party);
                state.opened = Some(Opened { account, parent, party, promoted: None, at });
            }
            AccountEvent::AccountPromoted(_) => person::promoted(state, at),
            AccountEvent::ContractDefaultsSet(fact) => state.contract.clone_from(&fact.defaults),
            AccountEvent::MemberAdded(fact) => {
                let MemberAdded { member, role, email_digest, personal: _ } = fact;
                let (role, email_digest) = (*role, *email_digest);
                let (suspended, erased) = (None, None);
                let added = Member { role, email_digest, added_at: at, suspended, erased };
                state.members.insert(*member, added);
            }
            AccountEvent::MemberRoleChanged(fact) => {
                people::change(state, fact.member, |one| one.role = fact.role);
            }
            AccountEvent::MemberProfileChanged(fact) => {
                people::change(state, fact.member, |one| one.email_digest = fact.email_digest);
            }
            AccountEvent::MemberSuspended(fact) => {
                people::change(state, fact.member, |one| one.suspended = Some(at));
            }
            AccountEvent::MemberRestored(fact) => {
                people::change(state, fact.member, |one| one.suspended = None);
            }
            AccountEvent::MemberErased(fact) => {
                people::change(state, fact.member, |one| one.erased = Some(at));
            }
            AccountEvent::AccountErased(fact) => erasure::evolve(state, fact, at),
            AccountEvent::LegalHoldPlaced(fact) => holds::place_in(state, fact),
            AccountEvent::LegalHoldLifted(fact) => holds::lift_in(state, fact),
            AccountEvent::SecondFactorRuleSet(fact) => {
                state.second_factor_demanded = fact.demanded;
            }
            AccountEvent::RoleGranted(fact) => {
                if let Some(opened) = &state.opened {
                    state.grants.insert(fact.grant, Grant::of(opened.account, fact, at));
                }
            }
            AccountEvent::RoleGrantEnded(fact) => {
                if let Some(grant) = state.grants.get_mut(&fact.grant) {
                    grant.ended_at = Some(at);
                }
            }
            AccountEvent::PartnerLinked(fact) => {
                if let Some(opened) = &state.opened {
                    let link = PartnerLink::of(opened.account, fact, at);
                    state.partners.insert(fact.link, link);
                }
            }
            AccountEvent::PartnerUnlinked(fact) => {
                if let Some(link) = state.partners.get_mut(&fact.link) {
                    link.ended_at = Some(at);
                }
            }
            AccountEvent::IdentityProviderConnected(_)
            | AccountEvent::IdentityProviderDisconnected(_)
            | AccountEvent::IdentityLinked(_)
            | AccountEvent::IdentityUnlinked(_)
            | AccountEvent::SingleSignOnRequired(_)
            | AccountEvent::SingleSignOnNoLongerRequired(_) => {
                single_sign_on::evolve(state, event);
            }
        }
        state.effective_last = state.effective_last.max(at);
    }
}

fn open(
    state: &State,
    account: AccountId,
    parent: Option<AccountId>,
    party: Party,
    profile: &AccountProfile,
) -> Result<Decision<AccountEvent>, Rejection> {
    const RULE: &str = "account.opened_once";
    if let Some(opened) = &state.opened {
        let same = (opened.account, opened.parent, opened.party) == (account, parent, party);
        return if same { Ok(Decision::already_so(RULE)) } else { Err(Rejection::AlreadyOpen) };
    }
    if parent == Some(account) {
        return Err(Rejection::ParentIsItself);
    }
    if party == Party::Person {
        return Err(Rejection::PersonMissing);
    }
    let personal = Personal::new(account, profile.clone());
    let opened = AccountOpened { account, parent, party, personal };
    Ok(Decision::record(RULE, [opened.into()]))
}

const RULE_MANAGED: &str = "account.people_are_managed_by_admins";
const RULE_ERASED: &str = "account.erased_is_final";
const RULE_PARTNERS: &str = "account.partners_are_linked";
const RULE_GRANTED: &str = "account.roles_are_granted_within_ones_own";

fn in_order(state: &State, context: &Context) -> Result<(), Rejection> {
    match decider::out_of_order(context, state.effective_last) {
        Some(earliest) => {
            Err(Rejection::EffectiveOutOfOrder { effective_at: context.effective_at, earliest })
        }
        None => Ok(()),
    }
}

/// Whether whoever asks may do so by a role that was granted.
fn by_grant(context: &Context) -> bool {
    context.basis.is_some_and(|basis| basis.rule == Rule::GrantedRole)
}

/// INVARIANT (rights are asked at the decision): whoever belongs to the account manages its people only as an admin
/// who is not suspended, and whoever does it by a grant of this account, only while that counts. The edge has asked the
/// same, but two admins may suspend each other at the same instant: here one of them comes second. Those of accounts
/// above and of the vendor are for the edge to know.
fn may_manage(state: &State, context: &Context) -> Result<(), Rejection> {
    let Actor::Member(member) = context.actor else { return Ok(()) };
    let own = state.members.get(&member);
    if own.is_some_and(|one| one.suspended.is_some() || one.erased.is_some()) {
        return Err(Rejection::NotAnAdmin);
    }
    let may = if by_grant(context) {
        let grant = context.basis.and_then(|basis| basis.grant);
        let found = grant.and_then(|grant| state.grants.get(&grant));
        found.is_none_or(|grant| grant.member == member && grant.is_live(context.now))
    } else {
        own.is_none_or(|one| one.role == MemberRole::OrgAdmin)
    };
    if may { Ok(()) } else { Err(Rejection::NotAnAdmin) }
}
