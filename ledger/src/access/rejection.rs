//! Why a principal's credentials are not changed.

use schemas::Timestamp;
use schemas::notices::Topic;

use super::{RULE_REVOKED, api_token, notifications, passkey, preferences, second_factor};
use crate::calendar::text;
use crate::decider;

/// Why a command to credentials may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// The token id is taken by a token with other content.
    #[error("the token is already issued with other content")]
    TokenAlreadyIssued,
    /// The token or link would never be accepted.
    #[error("it would expire at {}, which is not after its issue", text(*.expires_at))]
    ExpiresEarly {
        /// When it would expire.
        expires_at: Timestamp,
    },
    /// A token of a program lasts a year at most.
    #[error("it would expire at {}, more than a year from now", text(*.expires_at))]
    ExpiresLate {
        /// When it would expire.
        expires_at: Timestamp,
    },
    /// The name of the token is empty, too long, or holds control characters.
    #[error("a token's name is 1 to {} plain characters", api_token::NAME_CHARACTERS_MAX)]
    TokenName,
    /// The token names no scopes, or not each once and in order.
    #[error("a token names what it may do, each thing once")]
    TokenScopes,
    /// The token names more networks than are looked at.
    #[error("a token is bound to {} networks at most", api_token::NETWORKS_MAX)]
    TokenNetworks,
    /// The person has as many tokens of programs as anybody may have.
    #[error("there are {} tokens of programs already", api_token::PER_PERSON_MAX)]
    TooManyTokens,
    /// There is no such token.
    #[error("there is no such token")]
    TokenNotFound,
    /// The link was used, replaced or never made, or its time is over.
    #[error("the link to set a password is not, or no longer, good")]
    LinkNotGood,
    /// There is a second factor already.
    #[error("a second factor is set up already")]
    SecondFactorAlreadySet,
    /// There is no second factor to use.
    #[error("no second factor is set up")]
    NoSecondFactor,
    /// The code, or one after it, was used.
    #[error("the code is used up")]
    CodeUsedUp,
    /// No such recovery code is left.
    #[error("no such recovery code is left")]
    RecoveryCodeUnknown,
    /// This passkey is there already, or another with its id.
    #[error("this passkey is there already")]
    PasskeyAlreadyKnown,
    /// The person has as many passkeys as anybody may have.
    #[error("there are {} passkeys already", passkey::PER_PERSON_MAX)]
    TooManyPasskeys,
    /// The name of the passkey is empty, too long, or holds control characters.
    #[error("a passkey's name is 1 to {} plain characters", passkey::NAME_CHARACTERS_MAX)]
    PasskeyName,
    /// There is no such passkey.
    #[error("there is no such passkey")]
    PasskeyNotFound,
    /// Its authenticator signed more often than it says: there are two of it.
    #[error("this passkey was copied: its count did not go up")]
    PasskeyCopied,
    /// This is no name of a time zone.
    #[error("this is no name of a time zone")]
    TimeZoneName,
    /// What concerns somebody's security is always told.
    #[error("what concerns your security is always told: `{}` cannot be switched off", topic.name())]
    SecurityNotMuted {
        /// The topic.
        topic: Topic,
    },
    /// Quiet hours are two different minutes of a day.
    #[error("quiet hours begin and end at two different times of a day")]
    QuietHours,
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::TokenAlreadyIssued => "TOKEN_ALREADY_ISSUED",
            Self::ExpiresEarly { .. } => "EXPIRES_EARLY",
            Self::ExpiresLate { .. } => "EXPIRES_LATE",
            Self::TokenName => "TOKEN_NAME",
            Self::TokenScopes => "TOKEN_SCOPES",
            Self::TokenNetworks => "TOKEN_NETWORKS",
            Self::TooManyTokens => "TOO_MANY_TOKENS_OF_PROGRAMS",
            Self::TokenNotFound => "TOKEN_NOT_FOUND",
            Self::LinkNotGood => "LINK_NOT_GOOD",
            Self::SecondFactorAlreadySet => "SECOND_FACTOR_ALREADY_SET",
            Self::NoSecondFactor => "NO_SECOND_FACTOR",
            Self::CodeUsedUp => "CODE_USED_UP",
            Self::RecoveryCodeUnknown => "RECOVERY_CODE_UNKNOWN",
            Self::PasskeyAlreadyKnown => "PASSKEY_ALREADY_KNOWN",
            Self::TooManyPasskeys => "TOO_MANY_PASSKEYS",
            Self::PasskeyName => "PASSKEY_NAME",
            Self::PasskeyNotFound => "PASSKEY_NOT_FOUND",
            Self::PasskeyCopied => "PASSKEY_COPIED",
            Self::TimeZoneName => "TIME_ZONE_NAME",
            Self::SecurityNotMuted { .. } => "SECURITY_NOT_MUTED",
            Self::QuietHours => "QUIET_HOURS",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "access.facts_in_order",
            Self::TokenAlreadyIssued | Self::ExpiresEarly { .. } => "access.token_issued_once",
            Self::ExpiresLate { .. }
            | Self::TokenName
            | Self::TokenScopes
            | Self::TokenNetworks
            | Self::TooManyTokens => api_token::RULE,
            Self::TokenNotFound => RULE_REVOKED,
            Self::LinkNotGood => "access.one_password_link",
            Self::SecondFactorAlreadySet
            | Self::NoSecondFactor
            | Self::CodeUsedUp
            | Self::RecoveryCodeUnknown => second_factor::RULE,
            Self::PasskeyAlreadyKnown
            | Self::TooManyPasskeys
            | Self::PasskeyName
            | Self::PasskeyNotFound
            | Self::PasskeyCopied => passkey::RULE,
            Self::TimeZoneName => preferences::RULE,
            Self::SecurityNotMuted { .. } | Self::QuietHours => notifications::RULE,
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } => {
                "ask again without an effective time, or with one that has passed".to_owned()
            }
            Self::TokenAlreadyIssued => "issue the token under a new id".to_owned(),
            Self::ExpiresEarly { .. } => "give a later end".to_owned(),
            Self::ExpiresLate { .. } => "give an end within a year".to_owned(),
            Self::TokenName => "give it a short name that says which program has it".to_owned(),
            Self::TokenScopes => "name at least one scope".to_owned(),
            Self::TokenNetworks => "name fewer and wider networks".to_owned(),
            Self::TooManyTokens => "revoke those that no program uses any more".to_owned(),
            Self::TokenNotFound => "check the id of the token".to_owned(),
            Self::LinkNotGood => "ask an admin of your organization for a new link".to_owned(),
            Self::SecondFactorAlreadySet => "remove the one that is there first".to_owned(),
            Self::NoSecondFactor => "set one up first".to_owned(),
            Self::CodeUsedUp => "wait for the next code of the authenticator".to_owned(),
            Self::RecoveryCodeUnknown => "check the code, or use another one".to_owned(),
            Self::PasskeyAlreadyKnown => "use the one that is there".to_owned(),
            Self::TooManyPasskeys => "remove those that are no longer used".to_owned(),
            Self::PasskeyName => "give it a short name, such as that of the device".to_owned(),
            Self::PasskeyNotFound => "sign in another way, and look at the passkeys there".to_owned(),
            Self::TimeZoneName => "name it as IANA does, such as Europe/Paris".to_owned(),
            Self::SecurityNotMuted { .. } => "switch off others".to_owned(),
            Self::QuietHours => "give both as minutes of the day, 0 to 1439".to_owned(),
            Self::PasskeyCopied => {
                "sign in another way, remove this passkey, and tell an admin: somebody may have it too"
                    .to_owned()
            }
        }
    }
}
