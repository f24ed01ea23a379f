//! Seats that are for the people of one account: a row for each rejection, and what the numbers come to.

use ledger::license::{Command, LicenseRules, Rejection, Share, Shares};
use schemas::license::{LicenseEvent, SeatAssigned, UsageOnSwitch};

use crate::fixture::*;

const ALLOCATED: &[&str] = &["seats_allocated.v1"];
const SEATED: &[&str] = &["seat_assigned.v2"];

/// L1 with 25 seats.
fn growth() -> Story<LicenseRules> {
    let mut story = l1();
    story.must(t0(), &switch_to(&orbit().state, GROWTH, UsageOnSwitch::Carry));
    story
}

fn told(story: &mut Story<LicenseRules>, rows: Vec<(&str, Command, Expected)>) {
    for (says, command, expected) in rows {
        let decided = story.ask(at("2026-08-11"), &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}

#[test]
fn s0_25_ten_for_each_of_two_and_five_for_both() {
    let [europe, _, america] = below();
    let mut story = growth();
    story.must(t0(), &allocate(&europe, 10, false));
    story.must(t0(), &allocate(&america, 10, false));
    // Europe has ten of its own and the five that are nobody's.
    for number in 1..=15 {
        story.must(t0(), &assign_in(number, &europe));
    }
    let full = Rejection::NoSeatAvailable { granted: 25, assigned: 15 };
    let text = full.to_string();
    assert_eq!(text, "15 of 25 seats are assigned, and 10 are set aside for others");
    assert_eq!(story.ask(t0(), &assign_in(16, &europe)), Err(full));
    // America's ten are there for America, the owner's own people find none.
    for number in 21..=30 {
        story.must(t0(), &assign_in(number, &america));
    }
    let rows: Vec<(&str, Command, Expected)> = vec![
        ("nobody is left out of count", assign_in(31, &america), Err("NO_SEAT_AVAILABLE")),
        ("nor the owner", assign(40), Err("NO_SEAT_AVAILABLE")),
        ("a seat of Europe is freed", unassign(1), Ok(&["seat_unassigned.v1"])),
        ("and is one of the five: anybody takes it", assign(40), Ok(SEATED)),
        ("a further one is Europe's own again", unassign(2), Ok(&["seat_unassigned.v1"])),
        ("", unassign(3), Ok(&["seat_unassigned.v1"])),
        ("", unassign(4), Ok(&["seat_unassigned.v1"])),
        ("", unassign(5), Ok(&["seat_unassigned.v1"])),
        ("", unassign(6), Ok(&["seat_unassigned.v1"])),
        ("the owner takes the last of the five", assign(41), Ok(SEATED)),
        ("", assign(42), Ok(SEATED)),
        ("", assign(43), Ok(SEATED)),
        ("", assign(44), Ok(SEATED)),
        ("and no more", assign(45), Err("NO_SEAT_AVAILABLE")),
    ];
    told(&mut story, rows);
    // Of Europe's fifteen six were freed.
    let shares = Shares::of(&story.state);
    assert_eq!((shares.accounts[&europe[0]].assigned, shares.taken), (9, 25));
    assert_eq!(shares.free(europe[0], story.state.seats_granted()), Some(1));
    told(&mut story, vec![("Europe's tenth is kept for it", assign_in(1, &europe), Ok(SEATED))]);
}

#[test]
fn what_is_for_one_account_fits_what_there_is() {
    let [europe, germany, america] = below();
    let owner = [account_id()];
    let mut story = growth();
    let rows: Vec<(&str, Command, Expected)> = vec![
        ("nothing was there to take back", allocate(&europe, 0, false), Ok(&[])),
        ("not for the owner itself", allocate(&owner, 5, false), Err("ALLOCATED_TO_OWNER")),
        ("not more than there is", allocate(&europe, 26, false), Err("SEATS_NOT_FREE")),
        ("all of it", allocate(&europe, 25, false), Ok(ALLOCATED)),
        ("once", allocate(&europe, 25, false), Ok(&[])),
        ("nothing is left for others", allocate(&america, 1, false), Err("SEATS_NOT_FREE")),
        ("less", allocate(&europe, 10, false), Ok(ALLOCATED)),
        ("of those some for Germany", allocate(&germany, 4, true), Ok(ALLOCATED)),
        ("not more than Europe has", allocate(&germany, 11, true), Err("ALLOCATIONS_EXCEED")),
        ("nor Europe less than Germany", allocate(&europe, 3, false), Err("ALLOCATIONS_EXCEED")),
        ("a person of Germany", assign_in(1, &germany), Ok(SEATED)),
        ("", assign_in(2, &germany), Ok(SEATED)),
        ("", assign_in(3, &germany), Ok(SEATED)),
        ("", assign_in(4, &germany), Ok(SEATED)),
        ("that was all it may have", assign_in(5, &germany), Err("ALLOCATION_USED_UP")),
        ("not less than it uses", allocate(&germany, 3, true), Err("ALLOCATION_IN_USE")),
        ("without a cap it takes of Europe's", allocate(&germany, 3, false), Ok(ALLOCATED)),
        ("the fifth too", assign_in(5, &germany), Ok(SEATED)),
        ("none of its own any more", allocate(&germany, 0, false), Ok(ALLOCATED)),
        ("none at all for America", allocate(&america, 0, true), Ok(ALLOCATED)),
        ("so nobody there gets one", assign_in(6, &america), Err("ALLOCATION_USED_UP")),
        ("until that is taken back", allocate(&america, 0, false), Ok(ALLOCATED)),
        ("then somebody does", assign_in(6, &america), Ok(SEATED)),
    ];
    told(&mut story, rows);
    let shares = Shares::of(&story.state);
    let europe_has = shares.accounts[&europe[0]];
    let expected = Share { seats: 10, assigned: 5, taken: 5, ..Share::default() };
    assert_eq!((europe_has, shares.taken), (expected, 11));
    let revoked = [("not on a revoked license", revoke(), Ok(&["license_revoked.v1"] as &[_]))];
    told(&mut story, revoked.into());
    told(&mut story, vec![("", allocate(&america, 1, false), Err("REVOKED"))]);
}

#[test]
fn what_grants_seats_does_not_go_while_they_are_somebodys_own() {
    let [europe, ..] = below();
    let product = orbit().state;
    let mut story = growth();
    story.must(t0(), &allocate(&europe, 10, false));
    let down = switch_to(&product, STARTER, UsageOnSwitch::Carry);
    let five = Rejection::SeatsExceedTarget { granted: 5, taken: 10, need_to_free: 5 };
    assert_eq!(story.ask(t0(), &down), Err(five));
    story.must(t0(), &allocate(&europe, 5, false));
    story.must(t0(), &down);
    // All may be somebody's own where there is no bound, too.
    let mut story = l1();
    story.must(t0(), &switch_to(&product, ENTERPRISE, UsageOnSwitch::Carry));
    story.must(t0(), &allocate(&europe, 1_000_000, true));
    assert_eq!(
        Shares::of(&story.state).free(europe[0], story.state.seats_granted()),
        Some(1_000_000)
    );
}

#[test]
fn where_somebody_belongs_is_told_by_giving_the_seat_again() {
    let [europe, ..] = below();
    let mut story = growth();
    // As version 1 recorded it.
    let before = SeatAssigned { member: member(1), accounts: None };
    <LicenseRules as ledger::Decider>::evolve(&mut story.state, &before.into(), t0());
    story.must(t0(), &allocate(&europe, 10, false));
    assert_eq!(Shares::of(&story.state).taken, 11, "nobody knows that it is one of Europe's");
    let events = story.must(at("2026-08-10"), &assign_in(1, &europe));
    let again = SeatAssigned { member: member(1), accounts: Some(europe.clone()) };
    assert_eq!(events, vec![LicenseEvent::from(again)]);
    assert_eq!(Shares::of(&story.state).taken, 10);
    assert_eq!(story.state.seats[&member(1)].assigned_at, t0(), "the person had it all along");
    assert_eq!(story.must(at("2026-08-10"), &assign_in(1, &europe)), vec![]);
}
