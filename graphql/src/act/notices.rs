//! What somebody wants to be told, and has seen.

use async_graphql::{Context, ID, InputObject};
use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::authority::Action;
use ledger::notices::{Command, NoticesRules};
use projections::TenantScope;
use schemas::StreamName;
use schemas::notices::{Muted, NotificationChoices as Chosen, QuietHours};

use super::{Acted, Allowed, Asked, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::gate::Reader;
use crate::read;
use crate::types::notification::{
    MutedInput, NotificationChoices, NotificationRhythm, QuietHoursInput,
};

/// How many topics there are, times ways, several times over: more is no choice.
const MUTED_MAX: usize = 100;

/// Choose what to be told, how and when.
#[derive(Debug, Clone, InputObject)]
pub struct NotificationChoicesSetInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// What one does not want to be told; what is not here is told. Nothing that concerns security.
    pub muted: Vec<MutedInput>,
    /// How often mails come.
    pub rhythm: NotificationRhythm,
    /// When no mails come; null: at every hour. What concerns security comes nonetheless.
    pub quiet_hours: Option<QuietHoursInput>,
}

/// Remember that one has seen the list of notifications.
#[derive(Debug, Clone, InputObject)]
pub struct NotificationsReadInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The number of the newest that was seen.
    pub up_to: i32,
}

payloads! {
    /// What became of `notificationChoicesSet`.
    NotificationChoicesSetPayload {
        /// What was chosen.
        choices: NotificationChoices
    }
    /// What became of `notificationsRead`.
    NotificationsReadPayload {
        /// How many are not seen yet.
        unread: i32
    }
}

/// Remembers what the caller wants to be told.
///
/// # Errors
/// When it is refused, or fails.
pub async fn choose(
    ctx: &Context<'_>,
    input: NotificationChoicesSetInput,
) -> Acted<NotificationChoices> {
    let operation = "notificationChoicesSet";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    let asked = asked.oneself().await?;
    let scope = own(&asked)?;
    if input.muted.len() > MUTED_MAX {
        return Err(bad_field("muted", &format!("expected at most {MUTED_MAX}")));
    }
    let muted = input
        .muted
        .iter()
        .map(|one| Muted { topic: one.topic.into(), channel: one.channel.into() });
    // A minute that no u16 holds is none of a day: the rules refuse the largest.
    let minute = |minute| u16::try_from(minute).unwrap_or(u16::MAX);
    let quiet_hours = input.quiet_hours.map(|hours| QuietHours {
        from_minute: minute(hours.from_minute),
        until_minute: minute(hours.until_minute),
    });
    let choices = Chosen { muted: muted.collect(), rhythm: input.rhythm.into(), quiet_hours };
    let told = NotificationChoices::of(&choices);
    let command = AccessCommand::SetNotificationChoices { subject: scope.member().into(), choices };
    let stream = StreamName::access(scope.member().uuid());
    let (_, done) = asked.run::<AccessRules>(stream, Some(scope.account()), command).await?;
    Ok((Some(told), done))
}

/// Remembers that the caller has seen the list.
///
/// # Errors
/// When it is refused, or fails.
pub async fn mark_read(ctx: &Context<'_>, input: NotificationsReadInput) -> Acted<i32> {
    let operation = "notificationsRead";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    let asked = asked.oneself().await?;
    let scope = own(&asked)?;
    let up_to = u64::try_from(input.up_to)
        .map_err(|_| bad_field("upTo", &"expected the number of a notification"))?;
    let stream = StreamName::notices(scope.member().uuid());
    let command = Command::MarkRead { up_to };
    let (_, done) = asked.run::<NoticesRules>(stream, Some(scope.account()), command).await?;
    Ok((Some(read::notices::unread(asked.gate, &scope)), done))
}

fn own(asked: &Allowed<'_>) -> Result<TenantScope, Failure> {
    match asked.reader {
        Reader::Tenant(scope) => Ok(scope),
        Reader::Vendor(_) => Err(UserError::forbidden().into()),
    }
}
