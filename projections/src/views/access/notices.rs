//! What somebody was told without asking, and what somebody wants to be told. Who is to be told what is not settled here.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::notices::Told;
use ledger_log::RecordedEvent;
use schemas::access::NotificationChoicesSet;
use schemas::account::MemberRole;
use schemas::notices::{Channel, FailureReason, Notice, NoticesEvent, NotificationChoices, Topic};
use schemas::{AccountId, EventId, LicenseId, MemberId, Revision, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Access, AccessKey, CredentialsRow};
use crate::row_text::RowText;
use crate::scope::VendorScope;
use crate::views::Views;
use crate::views::entitlements::LicenseRow;
use crate::views::tallied::TalliedView;

/// How many tellings of one person are kept for the list, beside those that are not older than the bound below.
pub const KEPT_MAX: usize = 500;
/// What was told within so many days is kept however much it is, so that nobody is told twice.
const KEPT_DAYS: i64 = 10;
const DAY_MICROS: i64 = 86_400_000_000;

/// What one person was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// By the number of the fact, the newest last.
    pub rows: BTreeMap<Revision, NoticeRow>,
    /// The number of the newest that the person has seen.
    pub read: Option<Revision>,
}

/// One telling, by one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRow {
    /// What was told.
    pub notice: Notice,
    /// Of which topic that is.
    pub topic: Topic,
    /// By which way.
    pub channel: Channel,
    /// The fact that it tells of.
    pub cause: EventId,
    /// The license it is about.
    pub license: Option<LicenseId>,
    /// When.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a telling ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The person was told.
    Sent,
    /// It is no longer tried.
    Failed(FailureReason),
}

impl Notices {
    /// Whether this was told, or is no longer tried.
    #[must_use]
    pub fn has(&self, told: Told) -> bool {
        let mut rows = self.rows.values().rev();
        rows.any(|row| (row.cause, row.notice, row.channel) == told)
    }

    /// The list in the portal, the newest first, each with its number.
    pub fn list(&self) -> impl Iterator<Item = (Revision, &NoticeRow)> {
        let listed = self.rows.iter().rev().filter(|(_, row)| row.channel == Channel::Portal);
        listed.map(|(number, row)| (*number, row))
    }

    /// How many of the list were not seen.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.list().take_while(|(number, _)| Some(*number) > self.read).count()
    }

    fn add(&mut self, number: Revision, row: NoticeRow) {
        self.rows.insert(number, row);
        let since = row.at.micros().saturating_sub(KEPT_DAYS * DAY_MICROS);
        while self.rows.len() > KEPT_MAX
            && self.rows.first_key_value().is_some_and(|(_, oldest)| oldest.at.micros() < since)
        {
            self.rows.pop_first();
        }
    }
}

impl CredentialsRow {
    /// What the principal wants to be told; `None`: it did not say, or that was erased.
    #[must_use]
    pub const fn notification_choices(&self) -> Option<&NotificationChoices> {
        self.notification_choices.value.as_ref()
    }

    pub(super) fn choose(&mut self, fact: &NotificationChoicesSet) {
        self.notification_choices = fact.personal.clone();
        self.notification_choices_set += 1;
    }

    /// Only where it is so: what was said before there were such facts stays as it was.
    pub(super) fn write_notices(&self, text: &mut RowText) {
        if self.notification_choices_set > 0 {
            text.field("notification_choices", self.notification_choices.subject);
            text.field("  set", self.notification_choices_set);
        }
        for (number, row) in &self.notices.rows {
            text.field("notice", number);
            text.field("  topic", row.topic.name());
            text.field("  text", notice_name(row.notice));
            text.field("  channel", channel_name(row.channel));
            text.field("  cause", row.cause);
            text.option("  license", row.license);
            text.instant("  at", row.at);
            if let Outcome::Failed(reason) = row.outcome {
                text.field("  failed", reason_name(reason));
            }
        }
        text.option("notices_read", self.notices.read);
    }
}

impl Access {
    pub(crate) fn apply_notice(&mut self, event: &NoticesEvent, recorded: &RecordedEvent) {
        let (person, at) = (recorded.header.stream.id, recorded.header.effective_at);
        let number = recorded.header.revision;
        let row = self.credentials_mut().get_or_insert(person, || CredentialsRow::of(person));
        let Some(row) = row else { return };
        match event {
            NoticesEvent::NotificationSent(sent) => {
                let told = NoticeRow {
                    notice: sent.notice,
                    topic: sent.topic,
                    channel: sent.channel,
                    cause: sent.cause,
                    license: sent.license,
                    at,
                    outcome: Outcome::Sent,
                };
                row.notices.add(number, told);
            }
            NoticesEvent::NotificationFailed(failed) => {
                let told = NoticeRow {
                    notice: failed.notice,
                    topic: failed.topic,
                    channel: failed.channel,
                    cause: failed.cause,
                    license: None,
                    at,
                    outcome: Outcome::Failed(failed.reason),
                };
                row.notices.add(number, told);
            }
            NoticesEvent::NotificationsRead(read) => row.notices.read = Some(read.up_to),
        }
        self.tally_mut().touch(AccessKey::Credentials(person));
    }
}

/// What whoever tells people needs to know.
impl Views {
    /// The admins of an account; where it has none who may come in, those of the nearest account above that has.
    #[must_use]
    pub fn admins_of(&self, _: &VendorScope, account: AccountId) -> Vec<MemberId> {
        let admins = |account| -> Vec<MemberId> {
            let members =
                self.accounts.row(account).into_iter().flat_map(|row| row.members.values());
            let admins = members.filter(|one| {
                one.role == MemberRole::OrgAdmin
                    && one.suspended_at.is_none()
                    && one.erased_at.is_none()
            });
            admins.map(|one| one.member).collect()
        };
        let mut line = self.accounts.line(account).map(admins);
        line.find(|admins| !admins.is_empty()).unwrap_or_default()
    }

    /// The licenses whose term ends within a span, `until` not included.
    #[must_use]
    pub fn licenses_ending(
        &self,
        _: &VendorScope,
        from: Timestamp,
        until: Timestamp,
    ) -> Vec<Arc<LicenseRow>> {
        let ends = |row: &&Arc<LicenseRow>| {
            let end = row.state.term.and_then(|term| term.until);
            row.state.revoked.is_none() && end.is_some_and(|end| from <= end && end < until)
        };
        self.entitlements.licenses().values().filter(ends).cloned().collect()
    }
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Mail => "mail",
        Channel::Portal => "portal",
    }
}

const fn reason_name(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::Refused => "refused",
        FailureReason::Unreachable => "unreachable",
    }
}

const fn notice_name(notice: Notice) -> &'static str {
    match notice {
        Notice::PasswordSet => "password_set",
        Notice::SecondFactorSet => "second_factor_set",
        Notice::SecondFactorRemoved => "second_factor_removed",
        Notice::RecoveryCodeUsed => "recovery_code_used",
        Notice::PasskeyAdded => "passkey_added",
        Notice::PasskeyRemoved => "passkey_removed",
        Notice::SignInEmailChanged => "sign_in_email_changed",
        Notice::IdentityLinked => "identity_linked",
        Notice::IdentityUnlinked => "identity_unlinked",
        Notice::RoleChanged => "role_changed",
        Notice::RoleGranted => "role_granted",
        Notice::RoleEnded => "role_ended",
        Notice::ProgramTokenMade => "program_token_made",
        Notice::SeatGiven => "seat_given",
        Notice::SeatTaken => "seat_taken",
        Notice::DeviceAdded => "device_added",
        Notice::LicenseEndsInAMonth => "license_ends_in_a_month",
        Notice::LicenseEndsInAWeek => "license_ends_in_a_week",
        Notice::LicenseEndsTomorrow => "license_ends_tomorrow",
        Notice::LicenseSuspended => "license_suspended",
        Notice::LicenseResumed => "license_resumed",
        Notice::LicenseRenewed => "license_renewed",
        Notice::LicenseSwitched => "license_switched",
        Notice::LicenseRevoked => "license_revoked",
    }
}
