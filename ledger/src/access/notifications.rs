//! What somebody wants to be told, how and when; and what everybody is told.

use schemas::access::{AccessEvent, NotificationChoicesSet};
use schemas::notices::{NotificationChoices, QuietHours, Topic};
use schemas::{Personal, SubjectId};

use super::Rejection;
use crate::decider::Decision;

pub(super) const RULE: &str = "access.security_is_told";

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// Whether a topic concerns somebody's security: it cannot be switched off, and is told at once, at every hour.
#[must_use]
pub const fn is_security(topic: Topic) -> bool {
    match topic {
        Topic::Credentials | Topic::Rights | Topic::Programs => true,
        Topic::Seats | Topic::Devices | Topic::LicenseEnds | Topic::LicenseChanges => false,
    }
}

/// INVARIANT (security is told): no choice mutes a topic of security. The state does not hold what is personal, so this
/// always records; a retry is known by its command id.
pub(super) fn set(
    subject: SubjectId,
    choices: &NotificationChoices,
) -> Result<Decision<AccessEvent>, Rejection> {
    if let Some(muted) = choices.muted.iter().find(|muted| is_security(muted.topic)) {
        return Err(Rejection::SecurityNotMuted { topic: muted.topic });
    }
    let are_hours = |hours: QuietHours| {
        let (from, until) = (hours.from_minute, hours.until_minute);
        from != until && from < MINUTES_OF_A_DAY && until < MINUTES_OF_A_DAY
    };
    if choices.quiet_hours.is_some_and(|hours| !are_hours(hours)) {
        return Err(Rejection::QuietHours);
    }
    let mut choices = choices.clone();
    choices.muted.sort_unstable();
    choices.muted.dedup();
    let personal = Personal::new(subject, choices);
    Ok(Decision::record(RULE, [NotificationChoicesSet { personal }.into()]))
}
