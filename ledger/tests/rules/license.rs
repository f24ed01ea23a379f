//! A license: one row for each rejection, and what it says.

use std::collections::BTreeSet;

use ledger::license::{ActivationKind, Command, LicenseRules, Rejection, Replace};
use schemas::ProductId;
use schemas::catalog::BundleRef;
use schemas::license::{Blocker, LicenseEvent, UsageOnSwitch};

use crate::fixture::*;

struct Row {
    says: &'static str,
    past: Vec<Command>,
    command: Command,
    outcome: Expected,
}

fn row(
    says: &'static str,
    past: impl IntoIterator<Item = Command>,
    command: Command,
    outcome: Expected,
) -> Row {
    Row { says, past: past.into_iter().collect(), command, outcome }
}

fn check(rows: Vec<Row>) -> BTreeSet<&'static str> {
    let mut refused = BTreeSet::new();
    for row in rows {
        let mut story = l1();
        for command in &row.past {
            story.must(at("2026-08-10"), command);
        }
        let decided = story.ask(at("2026-08-11"), &row.command);
        assert_eq!(outcome(&decided), row.outcome.map(<[_]>::to_vec), "{}", row.says);
        refused.extend(row.outcome.err());
    }
    refused
}

fn seats(count: u128) -> Vec<Command> {
    (1..=count).map(assign).collect()
}

fn retire(ids: &[u128]) -> Command {
    Command::RetireDevices { activations: ids.iter().map(|id| activation(*id)).collect() }
}

fn seen(id: u128) -> Command {
    Command::RecordDeviceSeen { activation: activation(id), version: None }
}

fn deactivate(id: u128) -> Command {
    Command::DeactivateDevice { activation: activation(id) }
}

#[test]
fn seats_are_assigned_while_they_last() {
    let refused = check(vec![
        row("a free seat is given", seats(4), assign(5), Ok(&["seat_assigned.v2"])),
        row("the sixth finds none", seats(5), assign(6), Err("NO_SEAT_AVAILABLE")),
        row("who has a seat keeps it", seats(5), assign(5), Ok(&[])),
        row("a seat is freed", seats(5), unassign(5), Ok(&["seat_unassigned.v1"])),
        row("a free seat is free", seats(4), unassign(5), Ok(&[])),
        row("not on a revoked license", [revoke()], assign(1), Err("REVOKED")),
        row("nor free one on it", [assign(1), revoke()], unassign(1), Err("REVOKED")),
        row("not while suspended", [block(Blocker::Abuse)], assign(1), Err("SUSPENDED")),
        row(
            "but free one",
            [assign(1), block(Blocker::Abuse)],
            unassign(1),
            Ok(&["seat_unassigned.v1"]),
        ),
    ]);
    assert_eq!(refused, BTreeSet::from(["NO_SEAT_AVAILABLE", "REVOKED", "SUSPENDED"]));
}

#[test]
fn devices_and_domains_are_activated_while_slots_last() {
    let two = || vec![device(1, 11), device(2, 12)];
    let with = |last: Command| two().into_iter().chain([last]).collect::<Vec<_>>();
    check(vec![
        row("a slot is taken", [device(1, 11)], device(2, 12), Ok(&["device_activated.v1"])),
        row("the third finds none", two(), device(3, 13), Err("TOO_MANY_DEVICES")),
        row("an active device stays as it is", two(), device(2, 99), Ok(&[])),
        row(
            "a freed slot can be taken",
            with(deactivate(11)),
            device(3, 13),
            Ok(&["device_activated.v1"]),
        ),
        row(
            "a freed device may come back",
            with(deactivate(11)),
            device(1, 13),
            Ok(&["device_activated.v1"]),
        ),
        row(
            "not under an id that is in use",
            with(deactivate(11)),
            device(1, 11),
            Err("ACTIVATION_ID_TAKEN"),
        ),
        row("a slot is freed", two(), deactivate(11), Ok(&["device_deactivated.v1"])),
        row("a freed slot is free", with(deactivate(11)), deactivate(11), Ok(&[])),
        row(
            "an unknown binding cannot be freed",
            two(),
            deactivate(77),
            Err("ACTIVATION_NOT_FOUND"),
        ),
        row(
            "a device is no domain",
            two(),
            Command::DeactivateDomain { activation: activation(11) },
            Err("ACTIVATION_NOT_FOUND"),
        ),
        row("a domain slot is taken", [], domain(1, 21), Ok(&["domain_activated.v1"])),
        row(
            "the second domain finds none",
            [domain(1, 21)],
            domain(2, 22),
            Err("TOO_MANY_DOMAINS"),
        ),
        row("an active domain stays as it is", [domain(1, 21)], domain(1, 22), Ok(&[])),
        row(
            "a domain is freed",
            [domain(1, 21)],
            Command::DeactivateDomain { activation: activation(21) },
            Ok(&["domain_deactivated.v1"]),
        ),
    ]);
}

#[test]
fn a_device_gives_way_to_another_in_one_step() {
    let two = || vec![device(1, 11), device(2, 12)];
    let with = |last: Command| two().into_iter().chain([last]).collect::<Vec<_>>();
    let instead = |replace| replacing(device(3, 13), replace);
    let one_of = |id| Replace::One(activation(id));
    const SWAPPED: &[&str] = &["device_deactivated.v1", "device_activated.v1"];
    check(vec![
        row("the most silent one goes", two(), instead(Replace::Oldest), Ok(SWAPPED)),
        row(
            "none, while a slot is free",
            [device(1, 11)],
            instead(Replace::Oldest),
            Ok(&["device_activated.v1"]),
        ),
        row(
            "or all others",
            two(),
            instead(Replace::All),
            Ok(&["device_deactivated.v1", "device_deactivated.v1", "device_activated.v1"]),
        ),
        row("or this one", two(), instead(one_of(12)), Ok(SWAPPED)),
        row("an unknown one does not", two(), instead(one_of(77)), Err("ACTIVATION_NOT_FOUND")),
        row(
            "one that went already frees nothing more",
            [device(1, 11), deactivate(11), device(2, 12), device(4, 14)],
            instead(one_of(11)),
            Err("TOO_MANY_DEVICES"),
        ),
        row(
            "nothing goes for an active device",
            two(),
            replacing(device(2, 99), Replace::All),
            Ok(&[]),
        ),
        row(
            "nor on a license that may not be used",
            with(block(Blocker::Billing)),
            instead(Replace::Oldest),
            Err("SUSPENDED"),
        ),
    ]);
    let mut story = l1();
    story.must(at("2026-08-10"), &device(1, 11));
    story.must(at("2026-08-11"), &device(2, 12));
    story.must(at("2026-08-13"), &seen(11));
    story.must(at("2026-08-14"), &instead(Replace::Oldest));
    let live: Vec<_> = story.state.live(ActivationKind::Device).map(|(id, _)| id).collect();
    assert_eq!(live, [activation(11), activation(13)], "it was seen later than the other");
}

#[test]
fn devices_are_seen_once_a_day_and_retired_together() {
    let two = || vec![device(1, 11), device(2, 12)];
    let with = |last: Command| two().into_iter().chain([last]).collect::<Vec<_>>();
    check(vec![
        row("a call home is remembered", two(), seen(11), Ok(&["device_seen.v1"])),
        row("of an unknown device it is not", two(), seen(77), Err("ACTIVATION_NOT_FOUND")),
        row("a retired device is told so", with(retire(&[11])), seen(11), Err("RETIRED")),
        row("a deactivated one too", with(deactivate(11)), seen(11), Err("NOT_ACTIVATED")),
        row("all or none are retired", two(), retire(&[11, 77]), Err("ACTIVATION_NOT_FOUND")),
        row("devices are retired", two(), retire(&[11, 12]), Ok(&["devices_retired.v1"])),
        row(
            "those that are gone are passed over",
            with(deactivate(11)),
            retire(&[11, 12]),
            Ok(&["devices_retired.v1"]),
        ),
        row("none is left to retire", with(retire(&[11, 12])), retire(&[11, 12]), Ok(&[])),
        row(
            "a retired device may come back",
            with(retire(&[11])),
            device(1, 13),
            Ok(&["device_activated.v1"]),
        ),
        row(
            "if a slot is free",
            [device(1, 11), retire(&[11]), device(2, 12), device(3, 13)],
            device(1, 14),
            Err("TOO_MANY_DEVICES"),
        ),
    ]);
    let mut story = l1();
    story.must(at("2026-08-10"), &device(1, 11));
    story.must(at("2026-08-11T08:00:00Z"), &seen(11));
    assert_eq!(story.must(at("2026-08-11T23:59:59Z"), &seen(11)), vec![], "same day");
    assert_eq!(story.must(at("2026-08-12"), &seen(11)).len(), 1, "next day");
}

#[test]
fn each_blocker_stands_for_itself_and_revocation_is_final() {
    let clear = |blocker| Command::ClearBlocker { blocker };
    let both = || vec![block(Blocker::Billing), block(Blocker::Abuse)];
    check(vec![
        row("a blocker is set", [], block(Blocker::Billing), Ok(&["blocker_set.v1"])),
        row("once", both(), block(Blocker::Billing), Ok(&[])),
        row("a blocker is cleared", both(), clear(Blocker::Abuse), Ok(&["blocker_cleared.v1"])),
        row("what is not set is clear", [], clear(Blocker::Abuse), Ok(&[])),
        row(
            "one stays when the other goes",
            [block(Blocker::Billing), block(Blocker::Abuse), clear(Blocker::Abuse)],
            assign(1),
            Err("SUSPENDED"),
        ),
        row(
            "both cleared, it goes on",
            [block(Blocker::Billing), clear(Blocker::Billing)],
            assign(1),
            Ok(&["seat_assigned.v2"]),
        ),
        row("it is revoked", both(), revoke(), Ok(&["license_revoked.v1"])),
        row("once", [revoke()], revoke(), Ok(&[])),
        row("then nothing is set", [revoke()], block(Blocker::Abuse), Err("REVOKED")),
        row(
            "nor cleared",
            [block(Blocker::Abuse), revoke()],
            clear(Blocker::Abuse),
            Err("REVOKED"),
        ),
    ]);
}

#[test]
fn a_look_at_the_key_is_always_allowed_and_always_remembered() {
    let reveal = || Command::RevealKey;
    check(vec![
        row("it is remembered", [], reveal(), Ok(&["license_key_revealed.v1"])),
        row("each time", [reveal()], reveal(), Ok(&["license_key_revealed.v1"])),
        row(
            "also when suspended",
            [block(Blocker::Billing)],
            reveal(),
            Ok(&["license_key_revealed.v1"]),
        ),
        row("also when revoked", [revoke()], reveal(), Ok(&["license_key_revealed.v1"])),
    ]);
}

#[test]
fn what_grants_may_only_go_when_what_it_grants_is_free() {
    let product = orbit().state;
    let to = |number| switch_to(&product, number, UsageOnSwitch::Carry);
    let mut grown = vec![to(GROWTH)];
    grown.extend(seats(9));
    let other = ProductId::new(uuid(999));
    let Command::SwitchOffering(switch) = to(GROWTH) else { panic!("a switch") };
    let foreign = Command::SwitchOffering(ledger::license::SwitchOffering {
        product: other,
        ..switch.clone()
    });
    let empty =
        Command::SwitchOffering(ledger::license::SwitchOffering { grants: vec![], ..switch });
    let Command::ApplyBundle(extra) = apply(&product, EXTRA_CALLS) else { panic!("a bundle") };
    let second = BundleRef { version: 2, ..extra.bundle };
    let second =
        Command::ApplyBundle(ledger::license::ApplyBundle { bundle: second, ..extra.clone() });
    let foreign_bundle =
        Command::ApplyBundle(ledger::license::ApplyBundle { product: other, ..extra.clone() });
    let no_bundle = Command::ApplyBundle(ledger::license::ApplyBundle { grants: vec![], ..extra });
    check(vec![
        row("it switches up", seats(5), to(GROWTH), Ok(&["offering_switched.v1"])),
        row("to what it is on", [], to(STARTER), Ok(&[])),
        row("nine seats do not fit into five", grown, to(STARTER), Err("SEATS_EXCEED_TARGET")),
        row(
            "two devices do not fit into none",
            [device(1, 11), device(2, 12)],
            to(EXTRA_CALLS),
            Err("DEVICES_EXCEED_TARGET"),
        ),
        row("nor a domain", [domain(1, 21)], to(EXTRA_CALLS), Err("DOMAINS_EXCEED_TARGET")),
        row("to its own product only", [], foreign, Err("PRODUCT_MISMATCH")),
        row("to something that gives something", [], empty, Err("NOTHING_GRANTED")),
        row("a bundle is added", [], apply(&product, EXTRA_CALLS), Ok(&["bundle_applied.v1"])),
        row("once", [apply(&product, EXTRA_CALLS)], apply(&product, EXTRA_CALLS), Ok(&[])),
        row(
            "in one version",
            [apply(&product, EXTRA_CALLS)],
            second,
            Err("BUNDLE_VERSION_APPLIED"),
        ),
        row("of its own product", [], foreign_bundle, Err("PRODUCT_MISMATCH")),
        row("with content", [], no_bundle, Err("NOTHING_GRANTED")),
        row(
            "not while suspended",
            [block(Blocker::Billing)],
            apply(&product, EXTRA_CALLS),
            Err("SUSPENDED"),
        ),
        row(
            "a bundle is removed",
            [apply(&product, EXTRA_CALLS)],
            remove(EXTRA_CALLS),
            Ok(&["bundle_removed.v1"]),
        ),
        row("what is not there is removed", [], remove(EXTRA_CALLS), Ok(&[])),
        row(
            "not the seats people sit on",
            [apply(&product, GROWTH)].into_iter().chain(seats(6)),
            remove(GROWTH),
            Err("SEATS_EXCEED_TARGET"),
        ),
    ]);
}

#[test]
fn refusals_carry_their_numbers() {
    let product = orbit().state;
    let mut story = l1();
    for command in seats(5) {
        story.must(t0(), &command);
    }
    let full = Rejection::NoSeatAvailable { granted: 5, assigned: 5 };
    assert_eq!(story.ask(t0(), &assign(6)), Err(full));
    story.must(t0(), &switch_to(&product, GROWTH, UsageOnSwitch::Carry));
    for number in 6..=9 {
        story.must(t0(), &assign(number));
    }
    let down = switch_to(&product, STARTER, UsageOnSwitch::Carry);
    let four = Rejection::SeatsExceedTarget { granted: 5, taken: 9, need_to_free: 4 };
    assert_eq!(story.ask(t0(), &down), Err(four));
}

#[test]
fn re_activating_keeps_the_original_activation() {
    let mut story = l1();
    story.must(t0(), &device(2, 12));
    let original = story.state.clone();
    assert_eq!(story.must(at("2026-08-03"), &device(2, 13)), vec![]);
    assert_eq!(story.state, original);
    let found = story.state.newest_of(ActivationKind::Device, &digest(2)).map(|(id, _)| id);
    assert_eq!(found, Some(activation(12)));
}

#[test]
fn names_stay_in_the_personal_part() {
    let mut story = Story::<LicenseRules>::default();
    let events = story.must(t0(), &Command::Issue(issue_l1(&orbit().state)));
    let LicenseEvent::LicenseIssued(issued) = &events[0] else { panic!("issued first") };
    assert_eq!(issued.personal.subject, account_id().into());
    assert_eq!(issued.personal.value.as_ref().unwrap().key, "ORBT-AB12-CD34-7Q2K");
    let remembered = format!("{:?}", story.state);
    assert!(!remembered.contains("ORBT") && !remembered.contains("4711"), "{remembered}");
}
