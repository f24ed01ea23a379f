//! What people are told: each fact once by each way, and what concerns security whatever was chosen.

use ledger::notices::{Command, NoticesRules, topic};
use ledger::{access, decider::Decider};
use schemas::notices::{
    Channel, FailureReason, Muted, Notice, NotificationChoices, NotificationFailed,
    NotificationSent, QuietHours, Topic,
};
use schemas::{EventId, SubjectId};

use crate::fixture::*;

fn sent(cause: u128, notice: Notice, channel: Channel) -> NotificationSent {
    NotificationSent {
        notice,
        topic: topic(notice),
        channel,
        template_version: 1,
        cause: EventId::new(uuid(cause)),
        license: None,
        digest: false,
    }
}

fn failed(cause: u128) -> Command {
    Command::RecordFailed(NotificationFailed {
        notice: Notice::SeatGiven,
        topic: Topic::Seats,
        channel: Channel::Mail,
        template_version: 1,
        cause: EventId::new(uuid(cause)),
        attempts: 11,
        reason: FailureReason::Unreachable,
    })
}

#[test]
fn each_fact_is_told_once_by_each_way_and_nobody_has_seen_what_was_not_told() {
    const SENT: &str = "notification_sent.v1";
    let (seat, mail, portal) = (Notice::SeatGiven, Channel::Mail, Channel::Portal);
    let mut story = Story::<NoticesRules>::default();
    let tell = |told: &[(u128, Channel)]| {
        Command::RecordSent(told.iter().map(|(cause, way)| sent(*cause, seat, *way)).collect())
    };
    let rows: Vec<(&str, Command, Expected)> = vec![
        ("nothing to see", Command::MarkRead { up_to: 0 }, Err("NOTIFICATION_NOT_FOUND")),
        ("in the list", tell(&[(1, portal)]), Ok(&[SENT])),
        ("again", tell(&[(1, portal)]), Ok(&[])),
        ("by mail too, with another", tell(&[(1, mail), (2, mail)]), Ok(&[SENT, SENT])),
        ("only what is new of several", tell(&[(2, mail), (3, mail)]), Ok(&[SENT])),
        ("what was told did not fail", failed(3), Ok(&[])),
        ("another did", failed(4), Ok(&["notification_failed.v1"])),
        ("and is over", tell(&[(4, mail)]), Ok(&[])),
        ("and fails once", failed(4), Ok(&[])),
        ("seen", Command::MarkRead { up_to: 2 }, Ok(&["notifications_read.v1"])),
        ("seen before", Command::MarkRead { up_to: 1 }, Ok(&[])),
        ("not there", Command::MarkRead { up_to: 6 }, Err("NOTIFICATION_NOT_FOUND")),
    ];
    let now = at("2026-08-10");
    for (what, command, expected) in rows {
        assert_eq!(outcome(&story.ask(now, &command)), expected.map(<[_]>::to_vec), "{what}");
    }
    assert_eq!((story.state.facts, story.state.read), (6, Some(2)));
    // What was told long ago is forgotten, so that this does not grow for ever: nothing so old is told any more.
    story.must(at("2026-11-10"), &tell(&[(5, mail)]));
    assert_eq!(story.state.told.len(), 1);
    assert_eq!(NoticesRules::KIND.name(), "notices");
}

#[test]
fn what_concerns_security_is_not_muted_and_quiet_hours_are_hours() {
    let mut story = Story::<access::AccessRules>::default();
    let now = at("2026-08-10");
    let subject = SubjectId::from(member(1));
    let hours = |from_minute, until_minute| Some(QuietHours { from_minute, until_minute });
    let mut asked = |muted: Vec<Muted>, quiet_hours| {
        let choices = NotificationChoices { muted, quiet_hours, ..NotificationChoices::default() };
        let command = access::Command::SetNotificationChoices { subject, choices };
        let done = story.ask(now, &command);
        done.map(|done| done.len()).map_err(|refused| {
            use ledger::Rejection;
            (refused.code(), refused.rule())
        })
    };
    for topic in Topic::ALL {
        let security = matches!(topic, Topic::Credentials | Topic::Rights | Topic::Programs);
        for channel in [Channel::Mail, Channel::Portal] {
            let found = asked(vec![Muted { topic, channel }], None);
            let refused = Err(("SECURITY_NOT_MUTED", "access.security_is_told"));
            assert_eq!(found, if security { refused } else { Ok(1) }, "{topic:?} {channel:?}");
        }
    }
    let refused = Err(("QUIET_HOURS", "access.security_is_told"));
    for (quiet, expected) in [
        (hours(1320, 420), Ok(1)),
        (hours(0, 1439), Ok(1)),
        (hours(60, 60), refused),
        (hours(0, 1440), refused),
        (hours(1440, 0), refused),
    ] {
        assert_eq!(asked(Vec::new(), quiet), expected, "{quiet:?}");
    }
}
