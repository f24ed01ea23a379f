use super::*;
use schemas::notices::Topic;

fn at(text: &str) -> Timestamp {
    Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

fn choices(rhythm: Rhythm, quiet: Option<(u16, u16)>) -> NotificationChoices {
    let quiet_hours =
        quiet.map(|(from_minute, until_minute)| QuietHours { from_minute, until_minute });
    NotificationChoices { muted: Vec::new(), rhythm, quiet_hours }
}

const NIGHT: Option<(u16, u16)> = Some((22 * 60, 7 * 60));
const LUNCH: Option<(u16, u16)> = Some((12 * 60, 13 * 60 + 30));

#[test]
fn a_mail_waits_for_the_end_of_quiet_hours_by_the_clock_of_the_person() {
    for (zone_name, quiet, since, told) in [
        // No quiet hours, or outside of them: at once.
        ("Europe/Paris", None, "2026-01-10T23:30:00Z", "2026-01-10T23:30:00Z"),
        ("Europe/Paris", NIGHT, "2026-01-10T20:59:59Z", "2026-01-10T20:59:59Z"),
        // Over midnight, before and after it; the first minute is quiet, the last is not.
        ("Europe/Paris", NIGHT, "2026-01-10T21:00:00Z", "2026-01-11T06:00:00Z"),
        ("Europe/Paris", NIGHT, "2026-01-11T05:59:59Z", "2026-01-11T06:00:00Z"),
        ("Europe/Paris", NIGHT, "2026-01-11T06:00:00Z", "2026-01-11T06:00:00Z"),
        // Within a day.
        ("Europe/Paris", LUNCH, "2026-01-10T11:15:00Z", "2026-01-10T12:30:00Z"),
        ("Europe/Paris", LUNCH, "2026-01-10T12:30:00Z", "2026-01-10T12:30:00Z"),
        // Where somebody lives counts.
        ("America/New_York", NIGHT, "2026-01-10T21:00:00Z", "2026-01-10T21:00:00Z"),
        ("America/New_York", NIGHT, "2026-01-11T03:00:00Z", "2026-01-11T12:00:00Z"),
        ("Pacific/Kiritimati", NIGHT, "2026-01-10T09:00:00Z", "2026-01-10T17:00:00Z"),
        // A zone that nobody knows is UTC.
        ("Nowhere/Atlantis", NIGHT, "2026-01-10T22:00:00Z", "2026-01-11T07:00:00Z"),
        // The clock goes forward in the night: 07:00 is an hour earlier in UTC than the day before.
        ("Europe/Paris", NIGHT, "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"),
        // It goes back: 07:00 is an hour later in UTC.
        ("Europe/Paris", NIGHT, "2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z"),
        // Quiet hours that end in the hour that is left out end where it would have been.
        ("Europe/Paris", Some((1320, 150)), "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),
        // Those that end in the hour that comes twice end the first time.
        ("Europe/Paris", Some((1320, 150)), "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z"),
    ] {
        let chosen = choices(Rhythm::AtOnce, quiet);
        let zone = zone(Some(zone_name));
        let found = when(Notice::SeatGiven, Channel::Mail, &chosen, &zone, at(since));
        assert_eq!(found, When::At(at(told)), "{zone_name} {quiet:?} {since}");
        let listed = when(Notice::SeatGiven, Channel::Portal, &chosen, &zone, at(since));
        assert_eq!(listed, When::At(at(since)), "the list wakes nobody");
    }
}

#[test]
fn a_daily_mail_comes_in_the_morning_that_follows() {
    for (zone_name, quiet, since, told) in [
        ("UTC", None, "2026-01-10T07:59:59Z", "2026-01-10T08:00:00Z"),
        ("UTC", None, "2026-01-10T08:00:00Z", "2026-01-11T08:00:00Z"),
        ("Asia/Tokyo", None, "2026-01-10T22:59:00Z", "2026-01-10T23:00:00Z"),
        ("Europe/Paris", None, "2026-03-28T12:00:00Z", "2026-03-29T06:00:00Z"),
        // Whoever sleeps longer gets it afterwards.
        ("UTC", Some((0, 10 * 60)), "2026-01-10T12:00:00Z", "2026-01-11T10:00:00Z"),
    ] {
        let chosen = choices(Rhythm::Daily, quiet);
        let zone = zone(Some(zone_name));
        let found = when(Notice::SeatTaken, Channel::Mail, &chosen, &zone, at(since));
        assert_eq!(found, When::Together(at(told)), "{zone_name} {quiet:?} {since}");
    }
}

#[test]
fn what_is_muted_is_not_told_by_that_way_and_security_always_is() {
    let since = at("2026-01-10T23:30:00Z");
    let both = [Channel::Mail, Channel::Portal];
    let muted =
        Topic::ALL.into_iter().flat_map(|topic| both.map(|channel| Muted { topic, channel }));
    // More than the rules let anybody choose.
    let nothing =
        NotificationChoices { muted: muted.collect(), ..choices(Rhythm::Daily, Some((0, 1439))) };
    for (notice, security) in [
        (Notice::PasswordSet, true),
        (Notice::SecondFactorRemoved, true),
        (Notice::PasskeyAdded, true),
        (Notice::SignInEmailChanged, true),
        (Notice::IdentityUnlinked, true),
        (Notice::RoleChanged, true),
        (Notice::RoleEnded, true),
        (Notice::ProgramTokenMade, true),
        (Notice::SeatGiven, false),
        (Notice::DeviceAdded, false),
        (Notice::LicenseEndsTomorrow, false),
        (Notice::LicenseRevoked, false),
    ] {
        let expected = if security { When::At(since) } else { When::Never };
        for channel in both {
            let found = when(notice, channel, &nothing, &TimeZone::UTC, since);
            assert_eq!(found, expected, "{notice:?} {channel:?}");
        }
    }
    let muted = vec![Muted { topic: Topic::Seats, channel: Channel::Mail }];
    let no_mail = NotificationChoices { muted, ..NotificationChoices::default() };
    for (notice, channel, told) in [
        (Notice::SeatGiven, Channel::Mail, false),
        (Notice::SeatTaken, Channel::Mail, false),
        (Notice::SeatGiven, Channel::Portal, true),
        (Notice::DeviceAdded, Channel::Mail, true),
    ] {
        let found = when(notice, channel, &no_mail, &TimeZone::UTC, since);
        assert_eq!(found != When::Never, told, "{notice:?} {channel:?}");
    }
}

#[test]
fn nobody_is_told_of_what_it_did_itself_except_of_security() {
    let (ann, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let by_ann = Actor::Member(MemberId::new(ann));
    for (notice, person, actor, told) in [
        (Notice::SeatGiven, bob, by_ann, true),
        (Notice::SeatGiven, ann, by_ann, false),
        (Notice::LicenseRenewed, ann, by_ann, false),
        (Notice::LicenseRenewed, ann, Actor::System, true),
        (Notice::PasswordSet, ann, by_ann, true),
        (Notice::ProgramTokenMade, ann, by_ann, true),
    ] {
        assert_eq!(concerns(notice, person, actor), told, "{notice:?} {actor:?}");
    }
}

#[test]
fn the_end_of_a_term_is_told_thirty_seven_and_one_days_before() {
    let end = at("2026-03-31T00:00:00Z");
    let month = Notice::LicenseEndsInAMonth;
    let (week, tomorrow) = (Notice::LicenseEndsInAWeek, Notice::LicenseEndsTomorrow);
    for (now, told) in [
        ("2026-02-28T23:59:59Z", None),
        ("2026-03-01T00:00:00Z", Some((month, "2026-03-01T00:00:00Z"))),
        ("2026-03-08T00:00:00Z", Some((month, "2026-03-01T00:00:00Z"))),
        // Longer ago than anybody is told of.
        ("2026-03-08T00:00:01Z", None),
        ("2026-03-24T00:00:00Z", Some((week, "2026-03-24T00:00:00Z"))),
        // Of two that came due, the nearer one says all.
        ("2026-03-30T12:00:00Z", Some((tomorrow, "2026-03-30T00:00:00Z"))),
        ("2026-03-31T00:00:00Z", None),
    ] {
        let now = at(now);
        let since = Timestamp::from_micros(now.micros() - 7 * DAY_MICROS);
        let found: Vec<_> = reminders(end, since, now).collect();
        let told: Vec<_> = told.into_iter().map(|(notice, text)| (notice, at(text))).collect();
        assert_eq!(found, told, "{}", now.micros());
    }
}
