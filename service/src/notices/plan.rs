//! Which fact makes what known, to whom, and when. Pure: the fact, what was chosen, the zone and the instant come in.

use jiff::civil::{DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, ToSpan, Zoned};
use ledger::access::notifications::is_security;
use ledger::notices::topic;
use ledger_log::RecordedEvent;
use schemas::access::AccessEvent;
use schemas::account::AccountEvent;
use schemas::license::LicenseEvent;
use schemas::notices::{Channel, Muted, Notice, NotificationChoices, QuietHours, Rhythm};
use schemas::{Actor, GrantId, LedgerEvent, LicenseId, MemberId, Timestamp};
use uuid::Uuid;

/// The hour, by the clock of the person, at which a daily mail comes.
const DAILY_HOUR: i8 = 8;
/// How long before the end of a term admins are told, in days, the longest first.
pub const REMINDERS: [(i64, Notice); 3] = [
    (30, Notice::LicenseEndsInAMonth),
    (7, Notice::LicenseEndsInAWeek),
    (1, Notice::LicenseEndsTomorrow),
];
/// A day, in microseconds.
pub const DAY_MICROS: i64 = 86_400_000_000;

/// What a fact makes known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    /// What is told.
    pub notice: Notice,
    /// To whom.
    pub to: To,
    /// The license it is about.
    pub license: Option<LicenseId>,
}

/// To whom something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// The person with this id, of a customer or of the vendor.
    Person(Uuid),
    /// Whoever got this grant.
    HolderOf(GrantId),
    /// The admins of the account whose license it is.
    AdminsOf(LicenseId),
}

/// When somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Not at all: the person does not want it.
    Never,
    /// From this instant on, by itself.
    At(Timestamp),
    /// From this instant on, in one mail with others.
    Together(Timestamp),
}

/// What a fact makes known; `None`: nothing. What whoever runs the service imported tells nobody, except of security.
#[must_use]
pub fn happening(recorded: &RecordedEvent) -> Option<Happening> {
    let stream = recorded.header.stream.id;
    let found = match &recorded.event {
        LedgerEvent::Access(event) => {
            let told = of_access(event)?;
            // The first fact of somebody's credentials changes none: whoever runs the service let the person in.
            if recorded.header.revision == 0 {
                return None;
            }
            Happening { notice: told, to: To::Person(stream), license: None }
        }
        LedgerEvent::Account(event) => of_account(event)?,
        LedgerEvent::License(event) => of_license(LicenseId::new(stream), event)?,
        LedgerEvent::Ledger(_)
        | LedgerEvent::Product(_)
        | LedgerEvent::Meter(_)
        | LedgerEvent::Staff(_)
        | LedgerEvent::Claim(_)
        | LedgerEvent::Notices(_)
        | LedgerEvent::Policy(_) => return None,
    };
    let imported = recorded.header.actor == Actor::Operator;
    (!imported || is_security(topic(found.notice))).then_some(found)
}

/// Whether somebody is told: nobody is told of what it did itself, except of security.
#[must_use]
pub fn concerns(notice: Notice, person: Uuid, actor: Actor) -> bool {
    is_security(topic(notice)) || actor != Actor::Member(MemberId::new(person))
}

/// When somebody who made these choices and lives by this clock is told by a channel of what was recorded at `since`.
#[must_use]
pub fn when(
    notice: Notice,
    channel: Channel,
    choices: &NotificationChoices,
    zone: &TimeZone,
    since: Timestamp,
) -> When {
    let topic = topic(notice);
    // INVARIANT (security is told): at once, at every hour, whatever was chosen.
    if is_security(topic) {
        return When::At(since);
    }
    if choices.muted.contains(&Muted { topic, channel }) {
        return When::Never;
    }
    match (channel, choices.rhythm) {
        (Channel::Portal, _) => When::At(since),
        (Channel::Mail, Rhythm::AtOnce) => When::At(awake(since, choices.quiet_hours, zone)),
        (Channel::Mail, Rhythm::Daily) => {
            let morning = next(since, Time::constant(DAILY_HOUR, 0, 0, 0), zone);
            When::Together(awake(morning, choices.quiet_hours, zone))
        }
    }
}

/// The zone with this name; that of nobody, UTC, where there is none.
#[must_use]
pub fn zone(name: Option<&str>) -> TimeZone {
    let found = name.and_then(|name| TimeZoneDatabase::bundled().get(name).ok());
    found.unwrap_or(TimeZone::UTC)
}

/// The reminders about a term that ends then, of which the time came within `[since, now]`.
pub fn reminders(
    end: Timestamp,
    since: Timestamp,
    now: Timestamp,
) -> impl Iterator<Item = (Notice, Timestamp)> {
    let due = REMINDERS.into_iter().map(move |(days, notice)| {
        (notice, Timestamp::from_micros(end.micros().saturating_sub(days * DAY_MICROS)))
    });
    // Of several that came due while nobody told, the nearest to the end says all.
    let due: Vec<_> = due.filter(|(_, at)| since <= *at && *at <= now && now < end).collect();
    due.into_iter().next_back().into_iter()
}

fn of_access(event: &AccessEvent) -> Option<Notice> {
    match event {
        AccessEvent::PasswordSet(_) => Some(Notice::PasswordSet),
        AccessEvent::SecondFactorSet(_) => Some(Notice::SecondFactorSet),
        AccessEvent::SecondFactorRemoved(_) => Some(Notice::SecondFactorRemoved),
        AccessEvent::RecoveryCodeUsed(_) => Some(Notice::RecoveryCodeUsed),
        AccessEvent::PasskeyAdded(_) => Some(Notice::PasskeyAdded),
        AccessEvent::PasskeyRemoved(_) => Some(Notice::PasskeyRemoved),
        AccessEvent::ApiTokenCreated(_) => Some(Notice::ProgramTokenMade),
        AccessEvent::PasswordLinkIssued(_)
        | AccessEvent::SecondFactorUsed(_)
        | AccessEvent::TokenIssued(_)
        | AccessEvent::TokenRevoked(_)
        | AccessEvent::TokenConfirmed(_)
        | AccessEvent::TokenRenewed(_)
        | AccessEvent::SingleSignOnUsed(_)
        | AccessEvent::PasskeyUsed(_)
        | AccessEvent::ApiTokenRevoked(_)
        | AccessEvent::ApiTokenUsed(_)
        | AccessEvent::PreferencesSet(_)
        | AccessEvent::NotificationChoicesSet(_)
        | AccessEvent::AccessDenied(_) => None,
    }
}

fn of_account(event: &AccountEvent) -> Option<Happening> {
    let person = |notice, member: MemberId| {
        Some(Happening { notice, to: To::Person(member.uuid()), license: None })
    };
    match event {
        AccountEvent::MemberProfileChanged(fact) if fact.email_before.is_some() => {
            person(Notice::SignInEmailChanged, fact.member)
        }
        AccountEvent::IdentityLinked(fact) => person(Notice::IdentityLinked, fact.member),
        AccountEvent::IdentityUnlinked(fact) => person(Notice::IdentityUnlinked, fact.member),
        AccountEvent::MemberRoleChanged(fact) => person(Notice::RoleChanged, fact.member),
        AccountEvent::RoleGranted(fact) => person(Notice::RoleGranted, fact.member),
        AccountEvent::RoleGrantEnded(fact) => Some(Happening {
            notice: Notice::RoleEnded,
            to: To::HolderOf(fact.grant),
            license: None,
        }),
        AccountEvent::AccountOpened(_)
        | AccountEvent::AccountPromoted(_)
        | AccountEvent::ContractDefaultsSet(_)
        | AccountEvent::MemberAdded(_)
        | AccountEvent::MemberSuspended(_)
        | AccountEvent::MemberRestored(_)
        | AccountEvent::SecondFactorRuleSet(_)
        | AccountEvent::MemberErased(_)
        | AccountEvent::MemberProfileChanged(_)
        | AccountEvent::AccountErased(_)
        | AccountEvent::PartnerLinked(_)
        | AccountEvent::PartnerUnlinked(_)
        | AccountEvent::IdentityProviderConnected(_)
        | AccountEvent::IdentityProviderDisconnected(_)
        | AccountEvent::SingleSignOnRequired(_)
        | AccountEvent::SingleSignOnNoLongerRequired(_)
        | AccountEvent::LegalHoldPlaced(_)
        | AccountEvent::LegalHoldLifted(_) => None,
    }
}

fn of_license(license: LicenseId, event: &LicenseEvent) -> Option<Happening> {
    let person = |notice, member: MemberId| {
        Some(Happening { notice, to: To::Person(member.uuid()), license: Some(license) })
    };
    let admins =
        |notice| Some(Happening { notice, to: To::AdminsOf(license), license: Some(license) });
    match event {
        LicenseEvent::SeatAssigned(fact) => person(Notice::SeatGiven, fact.member),
        LicenseEvent::SeatUnassigned(fact) => person(Notice::SeatTaken, fact.member),
        LicenseEvent::DeviceActivated(fact) => person(Notice::DeviceAdded, fact.member?),
        LicenseEvent::BlockerSet(_) => admins(Notice::LicenseSuspended),
        LicenseEvent::BlockerCleared(_) => admins(Notice::LicenseResumed),
        LicenseEvent::LicenseRenewed(_) => admins(Notice::LicenseRenewed),
        LicenseEvent::OfferingSwitched(_) => admins(Notice::LicenseSwitched),
        LicenseEvent::LicenseRevoked(_) => admins(Notice::LicenseRevoked),
        LicenseEvent::LicenseIssued(_)
        | LicenseEvent::TermStarted(_)
        | LicenseEvent::SeatsAllocated(_)
        | LicenseEvent::DeviceSeen(_)
        | LicenseEvent::DeviceDeactivated(_)
        | LicenseEvent::DevicesRetired(_)
        | LicenseEvent::DomainActivated(_)
        | LicenseEvent::DomainDeactivated(_)
        | LicenseEvent::BundleApplied(_)
        | LicenseEvent::BundleRemoved(_)
        | LicenseEvent::LicenseKeyRevealed(_)
        | LicenseEvent::LicenseContractSet(_) => None,
    }
}

/// The instant itself, or the end of the quiet hours that it lies in.
fn awake(at: Timestamp, quiet: Option<QuietHours>, zone: &TimeZone) -> Timestamp {
    let Some(hours) = quiet else { return at };
    let Some(local) = local(at, zone) else { return at };
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()));
    let minute = minute.unwrap_or_default();
    let (from, until) = (hours.from_minute, hours.until_minute);
    let is_quiet = if from < until {
        (from..until).contains(&minute)
    } else {
        minute >= from || minute < until
    };
    if is_quiet { next(at, time_of(until), zone) } else { at }
}

/// The next instant after `at` at which the clock shows this time. Where it is never shown, as an hour is left out in
/// spring, the instant at which it would have been; where it is shown twice, the first.
fn next(at: Timestamp, time: Time, zone: &TimeZone) -> Timestamp {
    let Some(now) = local(at, zone) else { return at };
    let on = |day: DateTime| {
        let shown = zone.to_ambiguous_timestamp(day.with().time(time).build().ok()?).compatible();
        Some(Timestamp::from_micros(shown.ok()?.as_microsecond()))
    };
    let today = now.datetime();
    let days = [Some(today), today.checked_add(1.day()).ok(), today.checked_add(2.days()).ok()];
    days.into_iter().flatten().filter_map(on).find(|found| *found > at).unwrap_or(at)
}

fn time_of(minute: u16) -> Time {
    let after_midnight = SignedDuration::from_mins(i64::from(minute));
    Time::midnight().wrapping_add(after_midnight)
}

fn local(at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    let at = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
    Some(at.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests;
