//! The rules of a customer: that it exists, where it stands in the tree of accounts, who belongs
//! to it.

use std::collections::BTreeMap;

use schemas::account::{
    AccountEvent, AccountOpened, AccountProfile, ErasureGround, MemberAdded, MemberErased,
    MemberRestored, MemberRole, MemberRoleChanged, MemberSuspended, Party, PersonProfile,
    SecondFactorRuleSet,
};
use schemas::{AccountId, Actor, Digest, MemberId, Personal, StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::text;
use crate::decider::{self, Context, Decider, Decision};

/// The rules of an account.
#[derive(Debug, Clone, Copy)]
pub struct AccountRules;

/// What can be asked of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open the account. The edge has checked that the parent exists.
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
    /// Say whether everybody of the account and of those below it needs a second factor.
    SetSecondFactorRule {
        /// Whether it is demanded.
        demanded: bool,
    },
}

/// Why a command to an account may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The account is open with another parent or of another kind.
    #[error("the account is already open with other content")]
    AlreadyOpen,
    /// There is no such account.
    #[error("there is no such account")]
    NotFound,
    /// Something later is already recorded.
    #[error(
        "{} is before {}, from when the newest fact is true",
        text(*.effective_at),
        text(*.earliest)
    )]
    EffectiveOutOfOrder {
        /// From when it was to be true.
        effective_at: Timestamp,
        /// The earliest instant that is possible.
        earliest: Timestamp,
    },
    /// An account cannot be its own parent.
    #[error("an account cannot be a sub-account of itself")]
    ParentIsItself,
    /// There is no such person.
    #[error("nobody of the account has this id")]
    MemberNotFound,
    /// The person's data is erased.
    #[error("the data of the person is erased")]
    MemberErased,
    /// Whoever asks belongs to the account and may not manage it, or no longer.
    #[error("whoever asks may not manage the people of the account")]
    NotAnAdmin,
    /// People do not change what they themselves may do.
    #[error("people do not change what they may do themselves")]
    Oneself,
    /// The person was added with another role or e-mail.
    #[error("the person already belongs to the account with another role or e-mail")]
    MemberAlreadyAdded,
    /// Somebody else of the account has the e-mail.
    #[error("another person of the account already has this e-mail")]
    EmailTaken {
        /// Who has it.
        member: MemberId,
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
    /// The latest instant from which a fact is true.
    pub effective_last: Timestamp,
}

/// That an account is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The account.
    pub account: AccountId,
    /// The account it is a sub-account of.
    pub parent: Option<AccountId>,
    /// What kind of party it is.
    pub party: Party,
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
        match command {
            Command::Open { account, parent, party, profile } => {
                open(state, *account, *parent, *party, profile)
            }
            Command::AddMember { member, role, email_digest, profile } => {
                let added = MemberAdded {
                    member: *member,
                    role: *role,
                    email_digest: *email_digest,
                    personal: Personal::new(*member, profile.clone()),
                };
                add_member(state, added, context)
            }
            Command::ChangeRole { member, role } => change_role(state, *member, *role, context),
            Command::SuspendMember { member } => suspend(state, *member, context),
            Command::RestoreMember { member } => restore(state, *member, context),
            Command::EraseMember { member, ground } => erase(state, *member, *ground, context),
            Command::SetSecondFactorRule { demanded } => {
                set_second_factor_rule(state, *demanded, context)
            }
        }
    }

    fn evolve(state: &mut State, event: &AccountEvent, at: Timestamp) {
        match event {
            AccountEvent::AccountOpened(fact) => {
                let AccountOpened { account, parent, party, personal: _ } = fact;
                state.opened =
                    Some(Opened { account: *account, parent: *parent, party: *party, at });
            }
            AccountEvent::MemberAdded(fact) => {
                let MemberAdded { member, role, email_digest, personal: _ } = fact;
                let (role, email_digest) = (*role, *email_digest);
                let (suspended, erased) = (None, None);
                let added = Member { role, email_digest, added_at: at, suspended, erased };
                state.members.insert(*member, added);
            }
            AccountEvent::MemberRoleChanged(fact) => {
                if let Some(member) = state.members.get_mut(&fact.member) {
                    member.role = fact.role;
                }
            }
            AccountEvent::MemberSuspended(fact) => {
                if let Some(member) = state.members.get_mut(&fact.member) {
                    member.suspended = Some(at);
                }
            }
            AccountEvent::MemberRestored(fact) => {
                if let Some(member) = state.members.get_mut(&fact.member) {
                    member.suspended = None;
                }
            }
            AccountEvent::MemberErased(fact) => {
                if let Some(member) = state.members.get_mut(&fact.member) {
                    member.erased = Some(at);
                }
            }
            AccountEvent::SecondFactorRuleSet(fact) => {
                state.second_factor_demanded = fact.demanded;
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
    let personal = Personal::new(account, profile.clone());
    let opened = AccountOpened { account, parent, party, personal };
    Ok(Decision::record(RULE, [opened.into()]))
}

fn add_member(
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
    let holder = state
        .members
        .iter()
        .find(|(_, one)| one.email_digest == added.email_digest && one.erased.is_none());
    if let Some((member, _)) = holder {
        return Err(Rejection::EmailTaken { member: *member });
    }
    Ok(Decision::record(RULE, [added.into()]))
}

fn in_order(state: &State, context: &Context) -> Result<(), Rejection> {
    match decider::out_of_order(context, state.effective_last) {
        Some(earliest) => {
            Err(Rejection::EffectiveOutOfOrder { effective_at: context.effective_at, earliest })
        }
        None => Ok(()),
    }
}

/// INVARIANT (rights are asked at the decision): whoever belongs to the account manages its people only as an admin
/// who is not suspended. The edge has asked the same, but two admins may suspend each other at the same instant: here
/// one of them comes second. Those of accounts above and of the vendor are for the edge to know.
fn may_manage(state: &State, context: &Context) -> Result<(), Rejection> {
    let Actor::Member(member) = context.actor else { return Ok(()) };
    match state.members.get(&member) {
        Some(one)
            if one.role != MemberRole::OrgAdmin
                || one.suspended.is_some()
                || one.erased.is_some() =>
        {
            Err(Rejection::NotAnAdmin)
        }
        Some(_) | None => Ok(()),
    }
}

/// The person, whom somebody else may manage. INVARIANT (an admin remains): nobody takes the own rights away, so
/// whoever takes the last other admin's rights is an admin still.
fn managed<'a>(
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

const RULE_MANAGED: &str = "account.people_are_managed_by_admins";

fn change_role(
    state: &State,
    member: MemberId,
    role: MemberRole,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    let found = managed_and_there(state, member, context)?;
    if found.role == role {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    Ok(Decision::record(RULE_MANAGED, [MemberRoleChanged { member, role }.into()]))
}

fn suspend(
    state: &State,
    member: MemberId,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if managed_and_there(state, member, context)?.suspended.is_some() {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    Ok(Decision::record(RULE_MANAGED, [MemberSuspended { member }.into()]))
}

/// INVARIANT (erased is final): no later fact gives the person anything back.
fn erase(
    state: &State,
    member: MemberId,
    ground: ErasureGround,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if managed(state, member, context)?.erased.is_some() {
        return Ok(Decision::already_so(RULE_ERASED));
    }
    Ok(Decision::record(RULE_ERASED, [MemberErased { member, ground }.into()]))
}

const RULE_ERASED: &str = "account.erased_is_final";

fn set_second_factor_rule(
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

fn restore(
    state: &State,
    member: MemberId,
    context: &Context,
) -> Result<Decision<AccountEvent>, Rejection> {
    if managed_and_there(state, member, context)?.suspended.is_none() {
        return Ok(Decision::already_so(RULE_MANAGED));
    }
    Ok(Decision::record(RULE_MANAGED, [MemberRestored { member }.into()]))
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::AlreadyOpen => "ALREADY_OPEN",
            Self::NotFound => "NOT_FOUND",
            Self::EffectiveOutOfOrder { .. } => "EFFECTIVE_OUT_OF_ORDER",
            Self::ParentIsItself => "PARENT_IS_ITSELF",
            Self::MemberNotFound => "MEMBER_NOT_FOUND",
            Self::MemberErased => "MEMBER_ERASED",
            Self::NotAnAdmin => "NOT_AN_ADMIN",
            Self::Oneself => "ONESELF",
            Self::MemberAlreadyAdded => "MEMBER_ALREADY_ADDED",
            Self::EmailTaken { .. } => "EMAIL_TAKEN",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } | Self::EffectiveOutOfOrder { .. } => {
                "account.facts_in_order"
            }
            Self::AlreadyOpen | Self::NotFound => "account.opened_once",
            Self::ParentIsItself => "account.tree",
            Self::MemberNotFound | Self::NotAnAdmin | Self::Oneself => RULE_MANAGED,
            Self::MemberErased => RULE_ERASED,
            Self::MemberAlreadyAdded | Self::EmailTaken { .. } => "account.one_person_one_email",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::AlreadyOpen => "open the account under a new id".to_owned(),
            Self::NotFound => "check the id of the account".to_owned(),
            Self::EffectiveOutOfOrder { earliest, .. } => {
                format!("give an effective time of {} or later", text(*earliest))
            }
            Self::ParentIsItself => "name another account as the parent, or none".to_owned(),
            Self::MemberNotFound => "check the id among the people of the account".to_owned(),
            Self::MemberErased => "add the person again, as somebody new".to_owned(),
            Self::NotAnAdmin | Self::Oneself => "ask another admin of the account".to_owned(),
            Self::MemberAlreadyAdded => "add the person under a new id".to_owned(),
            Self::EmailTaken { .. } => "use another e-mail, or the person that has it".to_owned(),
        }
    }
}
