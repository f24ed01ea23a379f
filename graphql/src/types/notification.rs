//! What somebody was told without asking, and wants to be told.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use ledger::access::notifications::is_security;
use schemas::notices::{Muted, NotificationChoices as Chosen};

use crate::notices::topic_title;
use crate::page::connection;
use crate::scalars::DateTime;

/// What people are told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::notices::Topic")]
pub enum NotificationTopic {
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

/// By which way somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::notices::Channel")]
pub enum NotificationChannel {
    /// A mail to the address one signs in with.
    Mail,
    /// The list in the portal.
    Portal,
}

/// How often mails come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::notices::Rhythm")]
pub enum NotificationRhythm {
    /// Each at once.
    AtOnce,
    /// All of a day in one, in the morning.
    Daily,
}

/// Something the caller was told.
#[derive(Debug, Clone, SimpleObject)]
pub struct Notification {
    /// Its number: of two, the newer has the larger one.
    pub number: i32,
    /// What it is about.
    pub topic: NotificationTopic,
    /// What is so, in a few words.
    pub title: String,
    /// What it means, and what to do.
    pub text: String,
    /// When the caller was told.
    pub at: DateTime,
    /// Whether the caller has seen it.
    pub read: bool,
    /// The license it is about; null when it is about none, or the caller may not see it any more.
    pub license_id: Option<ID>,
    /// The name of the product of that license.
    pub product_name: Option<String>,
}

connection! {
    /// What the caller was told, by pages, the newest first.
    NotificationConnection, NotificationEdge, Notification
}

/// What the caller wants to be told, how and when.
#[derive(Debug, Clone, SimpleObject)]
pub struct NotificationChoices {
    /// Every topic, and by which ways the caller is told.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub topics: Vec<NotificationTopicChoice>,
    /// How often mails come. What concerns security comes at once.
    pub rhythm: NotificationRhythm,
    /// When no mails come but those about security; null: at every hour.
    pub quiet_hours: Option<QuietHours>,
}

/// By which ways the caller is told about a topic.
#[derive(Debug, Clone, SimpleObject)]
pub struct NotificationTopicChoice {
    /// The topic.
    pub topic: NotificationTopic,
    /// What it is about, in words.
    pub title: String,
    /// Whether it concerns security: then it is always told, by each way.
    pub always: bool,
    /// Whether by mail.
    pub mail: bool,
    /// Whether in the list of the portal.
    pub portal: bool,
}

/// Hours of a day, by the clock of the time zone that the caller chose, else in UTC; over midnight when they end before they
/// begin.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct QuietHours {
    /// The minute of the day in which they begin.
    pub from_minute: i32,
    /// The minute of the day in which they end.
    pub until_minute: i32,
}

/// A topic that is not to be told by a way.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct MutedInput {
    /// The topic.
    pub topic: NotificationTopic,
    /// The way.
    pub channel: NotificationChannel,
}

/// Hours of a day in which no mail is to come.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct QuietHoursInput {
    /// The minute of the day in which they begin: 0 to 1439.
    pub from_minute: i32,
    /// The minute of the day in which they end: 0 to 1439.
    pub until_minute: i32,
}

impl NotificationChoices {
    /// What was chosen, or what is so until then.
    pub(crate) fn of(chosen: &Chosen) -> Self {
        use schemas::notices::{Channel, Topic};
        let told = |topic, channel| !chosen.muted.contains(&Muted { topic, channel });
        let topics = Topic::ALL.map(|topic| NotificationTopicChoice {
            topic: topic.into(),
            title: topic_title(topic).to_owned(),
            always: is_security(topic),
            mail: told(topic, Channel::Mail),
            portal: told(topic, Channel::Portal),
        });
        let quiet_hours = chosen.quiet_hours.map(|hours| QuietHours {
            from_minute: hours.from_minute.into(),
            until_minute: hours.until_minute.into(),
        });
        Self { topics: topics.into(), rhythm: chosen.rhythm.into(), quiet_hours }
    }
}
