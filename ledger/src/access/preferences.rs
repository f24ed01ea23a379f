//! How somebody wants pages to look.

use schemas::access::{AccessEvent, Preferences, PreferencesSet};
use schemas::{Personal, SubjectId};

use super::Rejection;
use crate::decider::Decision;

pub(super) const RULE: &str = "access.preferences";

/// How long the name of a time zone may be: the longest that IANA has is 32.
const TIME_ZONE_BYTES_MAX: usize = 64;

/// The state does not hold what is personal, so this always records; a retry is known by its command id.
pub(super) fn set(
    subject: SubjectId,
    preferences: &Preferences,
) -> Result<Decision<AccessEvent>, Rejection> {
    // Whether there is such a zone is the browser's to know, which has the newest list.
    let is_name = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        !name.is_empty() && name.len() <= TIME_ZONE_BYTES_MAX && name.bytes().all(plain)
    };
    if preferences.time_zone.as_deref().is_some_and(|name| !is_name(name)) {
        return Err(Rejection::TimeZoneName);
    }
    let personal = Personal::new(subject, preferences.clone());
    Ok(Decision::record(RULE, [PreferencesSet { personal }.into()]))
}
