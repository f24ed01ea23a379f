//! The facts of what one person was told without asking: by mail, or in the list of the portal. They name ids alone: neither
//! an address nor a text is in them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::facts;
use crate::id::{EventId, LicenseId};

facts! {
    /// Everything that can happen to what a person is told.
    NoticesEvent of Notices {
        /// The person was told.
        NotificationSent = "notification_sent.v1";
        /// The person could not be told, and it is no longer tried.
        NotificationFailed = "notification_failed.v1";
        /// The person has seen the list.
        NotificationsRead = "notifications_read.v1";
    }
}

/// The person was told of one fact, by one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationSent {
    /// What was told.
    pub notice: Notice,
    /// Of which topic that is.
    pub topic: Topic,
    /// By which way.
    pub channel: Channel,
    /// The version of the text.
    pub template_version: u32,
    /// The fact that it tells of.
    pub cause: EventId,
    /// The license it is about, when the person may see it.
    pub license: Option<LicenseId>,
    /// Whether it came with others in one mail.
    pub digest: bool,
}

/// The person could not be told of one fact by one channel, and it is no longer tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationFailed {
    /// What was to be told.
    pub notice: Notice,
    /// Of which topic that is.
    pub topic: Topic,
    /// By which way.
    pub channel: Channel,
    /// The version of the text.
    pub template_version: u32,
    /// The fact that it was to tell of.
    pub cause: EventId,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed the last time.
    pub reason: FailureReason,
}

/// The person has seen the list up to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationsRead {
    /// The number, in this stream, of the newest that was seen.
    pub up_to: u64,
}

/// What people are told about: for each topic they choose by which way, except where it concerns their security.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What one signs in with changed.
    Credentials,
    /// What one may do changed.
    Rights,
    /// A program may act for one.
    Programs,
    /// One has a seat, or has it no longer.
    Seats,
    /// A device is bound to a license for one.
    Devices,
    /// The term of a license ends soon.
    LicenseEnds,
    /// A license was stopped, resumed, renewed, switched or revoked.
    LicenseChanges,
}

impl Topic {
    /// Every topic, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Credentials,
        Self::Rights,
        Self::Programs,
        Self::Seats,
        Self::Devices,
        Self::LicenseEnds,
        Self::LicenseChanges,
    ];

    /// The name, as it is written in facts and links. It never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Rights => "rights",
            Self::Programs => "programs",
            Self::Seats => "seats",
            Self::Devices => "devices",
            Self::LicenseEnds => "license_ends",
            Self::LicenseChanges => "license_changes",
        }
    }
}

/// What is told: which text.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// One has a new password.
    PasswordSet,
    /// An authenticator was set up.
    SecondFactorSet,
    /// No code of an authenticator is asked for any more.
    SecondFactorRemoved,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// A passkey signs in.
    PasskeyAdded,
    /// A passkey signs in no longer.
    PasskeyRemoved,
    /// One signs in with another e-mail.
    SignInEmailChanged,
    /// One is somebody at the identity provider.
    IdentityLinked,
    /// One is nobody at the identity provider any more.
    IdentityUnlinked,
    /// One's own role is another.
    RoleChanged,
    /// One may do more.
    RoleGranted,
    /// What one could do more ended.
    RoleEnded,
    /// A program has a token.
    ProgramTokenMade,
    /// One has a seat.
    SeatGiven,
    /// One has it no longer.
    SeatTaken,
    /// A device is bound.
    DeviceAdded,
    /// A license ends within 30 days.
    LicenseEndsInAMonth,
    /// A license ends within 7 days.
    LicenseEndsInAWeek,
    /// A license ends within a day.
    LicenseEndsTomorrow,
    /// A license is stopped for a reason.
    LicenseSuspended,
    /// That reason is gone.
    LicenseResumed,
    /// A license has a further term.
    LicenseRenewed,
    /// A license is on another offering.
    LicenseSwitched,
    /// A license is stopped for good.
    LicenseRevoked,
}

/// By which way somebody is told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A mail to the address one signs in with.
    Mail,
    /// The list in the portal.
    Portal,
}

/// Why somebody could not be told.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The mail server does not take it.
    Refused,
    /// The mail server was not reached, or asked to come back later each time.
    Unreachable,
}

/// What somebody wants to be told, how and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationChoices {
    /// What one does not want, in order, each once. What is not here is told.
    pub muted: Vec<Muted>,
    /// How often mails come.
    pub rhythm: Rhythm,
    /// When no mail comes; what was to come then comes after it.
    pub quiet_hours: Option<QuietHours>,
}

/// A topic that is not told by a channel.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Muted {
    /// The topic.
    pub topic: Topic,
    /// The channel.
    pub channel: Channel,
}

/// How often mails come.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    /// Each at once.
    #[default]
    AtOnce,
    /// All of a day in one, in the morning.
    Daily,
}

/// The hours of a day in which no mail comes, by the clock where one is: over midnight when they end before they begin.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The minute of the day in which they begin.
    pub from_minute: u16,
    /// The minute of the day in which they end.
    pub until_minute: u16,
}
