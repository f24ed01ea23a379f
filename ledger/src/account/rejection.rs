//! Why commands to an account are refused.

use schemas::{MemberId, Timestamp};

use super::{
    GRANTS_PER_PERSON_MAX, PARTNERS_MAX, RULE_ERASED, RULE_GRANTED, RULE_MANAGED, RULE_PARTNERS,
    contract, holds, person, single_sign_on,
};
use crate::calendar::text;
use crate::decider;

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
    /// The data of the account is erased.
    #[error("the data of the account is erased")]
    AccountErased,
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
    /// The account of a person needs that person.
    #[error("the account of a person is opened with that person")]
    PersonMissing,
    /// The account is an organization's already.
    #[error("the account already is that of an organization")]
    AlreadyOrganization,
    /// There is no such time zone.
    #[error("there is no such time zone")]
    TimeZoneUnknown,
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
    /// Somebody else changed it at the same moment.
    #[error("the e-mail of the person was changed meanwhile")]
    ProfileChanged,
    /// People do not change what they sign in with.
    #[error("people do not change the e-mail they sign in with themselves")]
    OwnEmail,
    /// The person was added with another role or e-mail.
    #[error("the person already belongs to the account with another role or e-mail")]
    MemberAlreadyAdded,
    /// Nobody joins the account of a person, who stays its admin.
    #[error("the account is that of one person, who manages it")]
    OfOnePerson,
    /// Somebody else of the account has the e-mail.
    #[error("another person of the account already has this e-mail")]
    EmailTaken {
        /// Who has it.
        member: MemberId,
    },
    /// What is given would be over already.
    #[error("the end is not in the future")]
    EndsInPast,
    /// The person has as many grants as one can have.
    #[error("the person already has {GRANTS_PER_PERSON_MAX} roles in this account")]
    TooManyGrants,
    /// Nothing was granted under this id.
    #[error("nothing of this account was granted under this id")]
    GrantNotFound,
    /// An account cannot be its own partner.
    #[error("an account cannot be its own partner")]
    PartnerIsItself,
    /// The partner acts for the account already.
    #[error("this partner already acts for the account")]
    AlreadyLinked,
    /// The account has as many partners as one can have.
    #[error("the account already has {PARTNERS_MAX} partners")]
    TooManyPartners,
    /// There is no such link.
    #[error("no partner of this account was linked under this id")]
    LinkNotFound,
    /// No identity provider is connected.
    #[error("no identity provider is connected")]
    NoProvider,
    /// Another identity provider is connected.
    #[error("another identity provider is connected")]
    AnotherProvider,
    /// People come in through the provider only.
    #[error("people of the account come in through it only")]
    SingleSignOnStillRequired,
    /// No admin of the account, who may come in, came through the provider yet.
    #[error("no admin of the account has come in through the identity provider yet")]
    NoAdminCameThrough,
    /// Somebody else is who this is at the provider.
    #[error("who this is at the identity provider is somebody else here")]
    IdentityTaken,
    /// The person is somebody else at the provider.
    #[error("the person is somebody else at the identity provider")]
    LinkedOtherwise,
    /// There is an account below it that is not erased.
    #[error("an account below this one is not erased")]
    AccountsBelow,
    /// A license of it may still be used, or again.
    #[error("a license of the account is neither revoked nor expired")]
    LiveLicense,
    /// A legal matter needs what is known.
    #[error("nobody of this account may be erased: a legal matter needs what is known")]
    LegalHold,
    /// This is no reference of a matter.
    #[error(
        "a reference of a legal matter is 1 to {} visible ASCII characters",
        holds::MATTER_CHARACTERS_MAX
    )]
    MatterRefused,
    /// There is no such matter.
    #[error("no legal matter of the account has this reference")]
    MatterNotFound,
    /// The account has as many matters as one can have.
    #[error("the account already has {} legal matters", holds::MATTERS_MAX)]
    TooManyMatters,
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::AlreadyOpen => "ALREADY_OPEN",
            Self::NotFound => "NOT_FOUND",
            Self::AccountErased => "ACCOUNT_ERASED",
            Self::EffectiveOutOfOrder { .. } => "EFFECTIVE_OUT_OF_ORDER",
            Self::ParentIsItself => "PARENT_IS_ITSELF",
            Self::PersonMissing => "PERSON_MISSING",
            Self::AlreadyOrganization => "ALREADY_ORGANIZATION",
            Self::TimeZoneUnknown => "TIME_ZONE_UNKNOWN",
            Self::MemberNotFound => "MEMBER_NOT_FOUND",
            Self::MemberErased => "MEMBER_ERASED",
            Self::NotAnAdmin => "NOT_AN_ADMIN",
            Self::Oneself => "ONESELF",
            Self::ProfileChanged => "PROFILE_CHANGED",
            Self::OwnEmail => "OWN_EMAIL",
            Self::MemberAlreadyAdded => "MEMBER_ALREADY_ADDED",
            Self::OfOnePerson => "ACCOUNT_OF_ONE_PERSON",
            Self::EmailTaken { .. } => "EMAIL_TAKEN",
            Self::EndsInPast => "GRANT_ENDS_IN_PAST",
            Self::TooManyGrants => "TOO_MANY_GRANTS",
            Self::GrantNotFound => "GRANT_NOT_FOUND",
            Self::PartnerIsItself => "PARTNER_IS_ITSELF",
            Self::AlreadyLinked => "ALREADY_LINKED",
            Self::TooManyPartners => "TOO_MANY_PARTNERS",
            Self::LinkNotFound => "LINK_NOT_FOUND",
            Self::NoProvider => "NO_PROVIDER",
            Self::AnotherProvider => "ANOTHER_PROVIDER",
            Self::SingleSignOnStillRequired => "SINGLE_SIGN_ON_STILL_REQUIRED",
            Self::NoAdminCameThrough => "NO_ADMIN_CAME_THROUGH",
            Self::IdentityTaken => "IDENTITY_TAKEN",
            Self::LinkedOtherwise => "LINKED_OTHERWISE",
            Self::AccountsBelow => "ACCOUNTS_BELOW",
            Self::LiveLicense => "LIVE_LICENSE",
            Self::LegalHold => "LEGAL_HOLD",
            Self::MatterRefused => "MATTER_REFUSED",
            Self::MatterNotFound => "MATTER_NOT_FOUND",
            Self::TooManyMatters => "TOO_MANY_MATTERS",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } | Self::EffectiveOutOfOrder { .. } => {
                "account.facts_in_order"
            }
            Self::AlreadyOpen | Self::NotFound => "account.opened_once",
            Self::ParentIsItself => "account.tree",
            Self::PersonMissing | Self::AlreadyOrganization | Self::OfOnePerson => person::RULE,
            Self::TimeZoneUnknown => contract::RULE,
            Self::MemberNotFound | Self::NotAnAdmin | Self::Oneself => RULE_MANAGED,
            Self::MemberErased | Self::AccountErased | Self::AccountsBelow | Self::LiveLicense => {
                RULE_ERASED
            }
            Self::ProfileChanged
            | Self::OwnEmail
            | Self::MemberAlreadyAdded
            | Self::EmailTaken { .. } => "account.one_person_one_email",
            Self::EndsInPast | Self::TooManyGrants | Self::GrantNotFound => RULE_GRANTED,
            Self::PartnerIsItself
            | Self::AlreadyLinked
            | Self::TooManyPartners
            | Self::LinkNotFound => RULE_PARTNERS,
            Self::NoProvider
            | Self::AnotherProvider
            | Self::SingleSignOnStillRequired
            | Self::NoAdminCameThrough => single_sign_on::RULE,
            Self::IdentityTaken | Self::LinkedOtherwise => single_sign_on::RULE_LINKED,
            Self::LegalHold | Self::MatterRefused | Self::MatterNotFound | Self::TooManyMatters => {
                holds::RULE
            }
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::AlreadyOpen => "open the account under a new id".to_owned(),
            Self::NotFound => "check the id of the account".to_owned(),
            Self::AccountErased => "open another account, under a new number".to_owned(),
            Self::EffectiveOutOfOrder { earliest, .. } => {
                format!("give an effective time of {} or later", text(*earliest))
            }
            Self::ParentIsItself => "name another account as the parent, or none".to_owned(),
            Self::PersonMissing => "give the e-mail of the person, too".to_owned(),
            Self::AlreadyOrganization => "nothing to do, others may join already".to_owned(),
            Self::TimeZoneUnknown => "name it as IANA does, such as Europe/Paris".to_owned(),
            Self::MemberNotFound => "check the id among the people of the account".to_owned(),
            Self::MemberErased => "add the person again, as somebody new".to_owned(),
            Self::NotAnAdmin | Self::Oneself => "ask another admin of the account".to_owned(),
            Self::ProfileChanged => "look at the person again, then ask again".to_owned(),
            Self::OwnEmail => "ask an admin of your organization".to_owned(),
            Self::MemberAlreadyAdded => "add the person under a new id".to_owned(),
            Self::OfOnePerson => {
                "make it the account of an organization first, which keeps all that it has"
                    .to_owned()
            }
            Self::EmailTaken { .. } => "use another e-mail, or the person that has it".to_owned(),
            Self::EndsInPast => "give an end that is yet to come, or none".to_owned(),
            Self::TooManyGrants => "end one that is no longer needed".to_owned(),
            Self::PartnerIsItself => "name another account".to_owned(),
            Self::AlreadyLinked => "end that link first, or leave it as it is".to_owned(),
            Self::TooManyPartners => "part with one that no longer acts for it".to_owned(),
            Self::LinkNotFound => "look at the partners of the account as they are now".to_owned(),
            Self::GrantNotFound => "look at what the person may do as it is now".to_owned(),
            Self::NoProvider => "connect one first".to_owned(),
            Self::AnotherProvider => "disconnect it first".to_owned(),
            Self::SingleSignOnStillRequired => "let people use their passwords first".to_owned(),
            Self::NoAdminCameThrough => {
                "sign out, sign in through it as an admin, then require it".to_owned()
            }
            Self::IdentityTaken | Self::LinkedOtherwise => {
                "have an admin unlink the person, who is linked anew at the next sign-in".to_owned()
            }
            Self::AccountsBelow => "erase the accounts below it first".to_owned(),
            Self::LiveLicense => "revoke its licenses first, or wait for their end".to_owned(),
            Self::LegalHold => {
                "suspend the person meanwhile; the vendor says when the matter is over".to_owned()
            }
            Self::MatterRefused => "give the number of the matter, without spaces".to_owned(),
            Self::MatterNotFound => "look at the legal holds of the account as they are".to_owned(),
            Self::TooManyMatters => "lift one that is over".to_owned(),
        }
    }
}
