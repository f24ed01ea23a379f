//! Laws that hold for any commands: what is taken fits what is granted, a repeated command decides
//! nothing, revoked is final, usage fits its quota, and the evaluator answers everything. A
//! failing case is printed with its seed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop when the world is not as it must be"
)]

mod fixture;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fixture::*;
use ledger::calendar::{Window, window_at};
use ledger::evaluate::{Code, Evaluation, Facts, Fix, Request, evaluate};
use ledger::license::{self, ActivationKind, Command, LicenseRules, Renew};
use ledger::meter::{self, MeterRules, Metered};
use ledger::status::{Displayed, Finality, access_end, status};
use ledger::timeline::timeline;
use ledger::{Decider, entitlements, product};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use schemas::catalog::RenewalBasis;
use schemas::license::{Blocker, UsageOnSwitch};
use schemas::{AccountId, FeatureKey, Period, Quantity, Timestamp};

static PRODUCT: LazyLock<product::State> = LazyLock::new(|| orbit().state);

const BLOCKERS: [Blocker; 5] = [
    Blocker::Billing,
    Blocker::Abuse,
    Blocker::VendorHold,
    Blocker::CustomerHold,
    Blocker::Compliance,
];

fn config() -> ProptestConfig {
    let beside_this_file = FileFailurePersistence::WithSource("regressions");
    ProptestConfig {
        failure_persistence: Some(Box::new(beside_this_file)),
        ..ProptestConfig::default()
    }
}

/// One thing somebody may try. Numbers pick among what is there when it is tried.
#[derive(Debug, Clone)]
enum Try {
    Assign(u128, usize),
    Allocate(usize, u64, bool),
    Unassign(u128),
    Device(u8),
    Deactivate(usize),
    Seen(usize),
    Retire(usize),
    Domain(u8),
    DeactivateDomain(usize),
    Block(usize),
    Clear(usize),
    Switch(u128, bool),
    Apply(u128),
    Remove(u128),
    Renew(u32, RenewalBasis),
    Revoke,
}

/// A try, so many hours after the one before, backdated by so many hours.
#[derive(Debug, Clone)]
struct Step {
    hours: i64,
    backdated: i64,
    what: Try,
}

fn basis() -> impl Strategy<Value = RenewalBasis> {
    prop_oneof![
        Just(RenewalBasis::FromExpiry),
        Just(RenewalBasis::FromNow),
        Just(RenewalBasis::FromNowIfExpired),
    ]
}

fn anything() -> impl Strategy<Value = Try> {
    prop_oneof![
        6 => (0u128..30, 0usize..4).prop_map(|(who, place)| Try::Assign(who, place)),
        3 => (0usize..3, 0u64..12, any::<bool>())
            .prop_map(|(place, seats, capped)| Try::Allocate(place, seats, capped)),
        3 => (0u128..30).prop_map(Try::Unassign),
        6 => (0u8..6).prop_map(Try::Device),
        2 => (0usize..9).prop_map(Try::Deactivate),
        2 => (0usize..9).prop_map(Try::Seen),
        1 => (0usize..9).prop_map(Try::Retire),
        2 => (0u8..3).prop_map(Try::Domain),
        1 => (0usize..9).prop_map(Try::DeactivateDomain),
        1 => (0usize..5).prop_map(Try::Block),
        2 => (0usize..5).prop_map(Try::Clear),
        2 => (STARTER..=EXTRA_CALLS, any::<bool>()).prop_map(|(to, carry)| Try::Switch(to, carry)),
        2 => (STARTER..=EXTRA_CALLS).prop_map(Try::Apply),
        2 => (STARTER..=EXTRA_CALLS).prop_map(Try::Remove),
        2 => (1u32..500, basis()).prop_map(|(days, basis)| Try::Renew(days, basis)),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Revocation ends the story, so it is rare.
    let what = prop_oneof![60 => anything(), 1 => Just(Try::Revoke)];
    let backdated = prop_oneof![4 => Just(0i64), 1 => 1i64..60];
    let step = (0i64..200, backdated, what).prop_map(|(hours, backdated, what)| Step {
        hours,
        backdated,
        what,
    });
    prop::collection::vec(step, 0..60)
}

/// The command that a try is, on this license. `fresh` numbers a new activation.
fn command(what: &Try, state: &license::State, fresh: u128) -> Command {
    let pick = |place: usize| {
        let ids: Vec<_> = state.activations.keys().copied().collect();
        ids.get(place % ids.len().max(1)).copied().unwrap_or_else(|| activation(0))
    };
    match what {
        // Now and then somebody of the owner's own account, which is below none.
        Try::Assign(number, place) => {
            assign_in(*number, below().get(*place).map_or(&[], Vec::as_slice))
        }
        Try::Allocate(place, seats, capped) => allocate(&below()[*place], *seats, *capped),
        Try::Unassign(number) => unassign(*number),
        Try::Device(number) => device(*number, 1000 + fresh),
        Try::Deactivate(place) => Command::DeactivateDevice { activation: pick(*place) },
        Try::Seen(place) => Command::RecordDeviceSeen { activation: pick(*place), version: None },
        Try::Retire(place) => {
            Command::RetireDevices { activations: BTreeSet::from([pick(*place), pick(place + 1)]) }
        }
        Try::Domain(number) => domain(*number, 1000 + fresh),
        Try::DeactivateDomain(place) => Command::DeactivateDomain { activation: pick(*place) },
        Try::Block(number) => block(BLOCKERS[*number]),
        Try::Clear(number) => Command::ClearBlocker { blocker: BLOCKERS[*number] },
        Try::Switch(to, carry) => {
            let usage = if *carry { UsageOnSwitch::Carry } else { UsageOnSwitch::Restart };
            switch_to(&PRODUCT, *to, usage)
        }
        Try::Apply(number) => apply(&PRODUCT, *number),
        Try::Remove(number) => remove(*number),
        Try::Renew(days, basis) => Command::Renew(Renew {
            ending: state.term.and_then(|term| term.until),
            period: Some(Period::days(*days)),
            basis: Some(*basis),
        }),
        Try::Revoke => revoke(),
    }
}

fn fits(state: &license::State) -> Result<(), TestCaseError> {
    let (seats, assigned) = (state.seats_granted(), state.seats_assigned());
    prop_assert!(seats.covers(assigned), "{assigned} seats of {seats:?}");
    allocations_fit(state)?;
    for kind in [ActivationKind::Device, ActivationKind::Domain] {
        let (slots, live) = (state.slots_granted(kind), state.live_count(kind));
        prop_assert!(slots.covers(live), "{live} of {slots:?} {kind:?}");
    }
    Ok(())
}

/// Seats everybody one by one in what is free: in what is one's own account's, else in what is above it, in the end in
/// what is nobody's own. Nobody may be left without, and no account has more than the one above it.
fn allocations_fit(state: &license::State) -> Result<(), TestCaseError> {
    let allocations = &state.allocations;
    let above =
        |line: &[AccountId]| line.iter().copied().find(|account| allocations.contains_key(account));
    let mut free: BTreeMap<Option<AccountId>, i128> = BTreeMap::new();
    free.insert(None, state.seats_granted().limit().map_or(i128::MAX / 2, i128::from));
    for (account, one) in allocations {
        *free.entry(Some(*account)).or_default() += i128::from(one.seats);
        *free.entry(above(&one.above)).or_default() -= i128::from(one.seats);
    }
    prop_assert!(free.values().all(|free| *free >= 0), "{free:?} in {allocations:?}");
    let mut deepest_first: Vec<_> = state.seats.values().collect();
    deepest_first.sort_by_key(|seat| std::cmp::Reverse(seat.accounts.as_ref().map(Vec::len)));
    for seat in deepest_first {
        let mut at = seat.accounts.as_deref().and_then(above);
        loop {
            let left = free.get_mut(&at).unwrap();
            if *left > 0 {
                *left -= 1;
                break;
            }
            let here = at.map(|account| &allocations[&account]);
            prop_assert!(here.is_some_and(|one| !one.capped), "{seat:?} fits nowhere in {state:?}");
            at = here.and_then(|one| above(&one.above));
        }
    }
    Ok(())
}

/// Plays the steps and checks the laws of each on the way.
fn play(steps: &[Step]) -> Result<(Story<LicenseRules>, Timestamp), TestCaseError> {
    let mut story = l1();
    let mut now = t0();
    for (fresh, step) in (0u128..).zip(steps) {
        now = now.plus_seconds(3600 * step.hours);
        let effective_at = now.plus_seconds(-3600 * step.backdated);
        let command = command(&step.what, &story.state, fresh);
        let before = story.state.clone();
        let context = context(now, effective_at);
        let Ok(decision) = LicenseRules::decide(&before, &command, &context) else { continue };
        for event in &decision.events {
            LicenseRules::evolve(&mut story.state, event, effective_at);
            fits(&story.state)?;
        }
        let again =
            LicenseRules::decide(&story.state, &command, &context).map(|again| again.events);
        prop_assert_eq!(again, Ok(vec![]), "a repeated command decides nothing");
        prop_assert!(before.effective_last <= story.state.effective_last);
        if before.revoked.is_some() {
            prop_assert!(story.state.revoked.is_some());
            let only_earlier = matches!(command, Command::Revoke { .. });
            prop_assert!(decision.events.is_empty() || only_earlier);
        }
        if decision.events.is_empty() {
            prop_assert_eq!(&story.state, &before);
        }
    }
    Ok((story, now))
}

fn asked(state: &license::State, request: &Request) -> Result<Evaluation, TestCaseError> {
    let meters = BTreeMap::new();
    let facts = Facts { license: state, product: &PRODUCT, meters: &meters };
    let evaluation = evaluate(&facts, request);
    let failing = evaluation.failing().next().map(|check| check.code);
    prop_assert_eq!(evaluation.allowed, failing.is_none());
    prop_assert_eq!(evaluation.code, failing);
    prop_assert!(evaluation.checks.is_sorted_by_key(|check| check.code));
    prop_assert_eq!(&evaluation, &evaluate(&facts, request), "the same facts, the same answer");
    Ok(evaluation)
}

fn requests() -> impl Strategy<Value = Request> {
    let features = ["core", "advanced_analytics", "api_calls", "theme", "reports", "nothing"];
    let feature = prop::option::of(prop::sample::select(features.to_vec()));
    let version = prop::option::of(prop::sample::select(vec!["2.3.0", "2.4.0", "3.0.0", "x"]));
    let choice = prop::option::of(prop::sample::select(vec!["basic", "plus", "full", "x"]));
    let who = (prop::option::of(0u128..30), prop::option::of(0u8..6), prop::option::of(0u8..3));
    (feature, version, choice, who, prop::option::of(any::<u64>())).prop_map(
        |(feature, version, choice, (person, device, domain), quantity)| Request {
            feature: feature.map(key),
            member: person.map(member),
            device: device.map(digest),
            domain: domain.map(digest),
            version: version.map(str::to_owned),
            quantity,
            choice: choice.map(str::to_owned),
            ..Request::default()
        },
    )
}

fn given(state: &license::State) -> Vec<(FeatureKey, Option<entitlements::Granted>)> {
    let features = PRODUCT.features.keys();
    features.map(|key| (key.clone(), entitlements::granted(state, &PRODUCT, key))).collect()
}

/// Commands that carry out the fixes which an evaluation proposes, those that make room first.
fn carry_out(evaluation: &Evaluation, request: &Request, state: &license::State) -> Vec<Command> {
    let fixes: BTreeSet<(Code, Fix)> =
        evaluation.failing().filter_map(|check| Some((check.code, check.fix?))).collect();
    let wanted = |fix: Fix| fixes.iter().any(|(_, wanted)| *wanted == fix);
    let mut commands = Vec::new();
    if wanted(Fix::ClearBlocker) {
        commands.extend(state.blockers.keys().map(|one| Command::ClearBlocker { blocker: *one }));
    }
    if wanted(Fix::Renew) {
        let (period, basis) = (Some(Period::days(365)), Some(RenewalBasis::FromNow));
        commands.push(Command::Renew(Renew { ending: None, period, basis }));
    }
    if wanted(Fix::FreeSeat) {
        // Some may be free, and be for other people.
        commands.extend(state.allocations.iter().map(|(account, one)| {
            allocate(&[&[*account], one.above.as_slice()].concat(), 0, false)
        }));
        let member = state.seats.keys().next();
        commands.extend(member.map(|member| Command::UnassignSeat { member: *member }));
    }
    if let Some(member) =
        request.member.filter(|_| wanted(Fix::FreeSeat) || wanted(Fix::AssignSeat))
    {
        commands.push(Command::AssignSeat { member, accounts: vec![] });
    }
    if wanted(Fix::FreeDevice) {
        let (activation, _) = state.live(ActivationKind::Device).next().unwrap();
        commands.push(Command::DeactivateDevice { activation });
    }
    if wanted(Fix::FreeDomain) {
        let (activation, _) = state.live(ActivationKind::Domain).next().unwrap();
        commands.push(Command::DeactivateDomain { activation });
    }
    if wanted(Fix::Activate) {
        commands.extend(request.device.map(|digest| device(digest.0[0], 5001)));
        commands.extend(request.domain.map(|digest| domain(digest.0[0], 5002)));
    }
    commands
}

fn allowances() -> impl Strategy<Value = Quantity> {
    prop_oneof![5 => (0u64..200).prop_map(Quantity::Limited), 1 => Just(Quantity::Unlimited)]
}

/// Hours since the step before, usage or a grant, how much, and for how many hours a grant lasts.
fn counting() -> impl Strategy<Value = (i64, bool, u64, Option<i64>)> {
    (0i64..300, any::<bool>(), 0u64..150, prop::option::of(1i64..2000))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_taken_fits_what_is_granted_and_commands_may_be_repeated(steps in steps()) {
        play(&steps)?;
    }

    #[test]
    fn revoked_is_final(steps in steps(), after in steps()) {
        let (mut story, now) = play(&steps)?;
        let now = now.plus_seconds(60 * 3600);
        story.must(now, &revoke());
        let since = story.state.revoked;
        for (fresh, step) in (500u128..).zip(&after) {
            let command = command(&step.what, &story.state, fresh);
            let decided = story.ask(now.plus_seconds(3600 * step.hours), &command);
            prop_assert!(decided.is_err() || decided == Ok(vec![]), "{command:?} {decided:?}");
        }
        prop_assert_eq!(story.state.revoked, since);
        let status = status(&story.state, Timestamp::MAX);
        prop_assert_eq!(status.finality, Finality::Revoked);
        prop_assert_eq!(status.displayed, Displayed::Revoked);
    }

    #[test]
    fn status_is_total_and_the_timeline_agrees_with_it(steps in steps(), hours in -500i64..50_000) {
        let (story, _) = play(&steps)?;
        let instant = t0().plus_seconds(3600 * hours);
        let shown = status(&story.state, instant);
        prop_assert!(Displayed::ALL.contains(&shown.displayed));
        prop_assert_eq!(shown.displayed == Displayed::Available, instant < t0());
        let milestones = timeline(&story.state);
        prop_assert!(milestones.is_sorted_by_key(|milestone| milestone.at));
        for milestone in milestones {
            let then = status(&story.state, milestone.at).displayed;
            prop_assert_eq!(then, milestone.status_after);
        }
    }

    #[test]
    fn the_evaluator_answers_everything(
        steps in steps(),
        request in requests(),
        hours in -500i64..50_000,
    ) {
        let (story, _) = play(&steps)?;
        asked(&story.state, &Request { at: t0().plus_seconds(3600 * hours), ..request.clone() })?;
        for at in [Timestamp::MIN, Timestamp::MAX] {
            asked(&story.state, &Request { at, ..request.clone() })?;
        }
        let nothing = asked(&license::State::default(), &request)?;
        prop_assert_eq!(nothing.code, Some(Code::NotFound));
    }

    #[test]
    fn access_ends_at_the_first_instant_outside(steps in steps()) {
        let (story, _) = play(&steps)?;
        let expired = |at| {
            let evaluation = asked(&story.state, &Request::new(at))?;
            let expired = evaluation.failing().any(|check| check.code == Code::Expired);
            Ok::<_, TestCaseError>((expired, evaluation.status.displayed == Displayed::Expired))
        };
        let end = access_end(&story.state).unwrap();
        prop_assert!(!expired(before(end))?.0);
        prop_assert!(expired(end)?.0);
        prop_assert!(!expired(before(end))?.1);
    }

    #[test]
    fn the_proposed_fixes_really_fix(steps in steps(), request in requests()) {
        let (mut story, now) = play(&steps)?;
        // Only what the license itself can fix is asked for here; a feature needs an upgrade.
        let now = now.plus_seconds(60 * 3600);
        let request = Request {
            at: now, feature: None, version: None, quantity: None, choice: None, ..request
        };
        let evaluation = asked(&story.state, &request)?;
        let beyond = story.state.revoked.is_some()
            || request.device.is_some() && story.state.devices_granted() == Quantity::ZERO
            || request.domain.is_some() && story.state.domains_granted() == Quantity::ZERO;
        prop_assume!(!beyond);
        for command in carry_out(&evaluation, &request, &story.state) {
            story.must(now, &command);
        }
        let fixed = asked(&story.state, &request)?;
        prop_assert!(fixed.allowed, "{:?}", fixed.failing().collect::<Vec<_>>());
    }

    #[test]
    fn a_bundle_that_comes_and_goes_leaves_no_trace(
        steps in steps(),
        number in STARTER..=EXTRA_CALLS,
    ) {
        let (mut story, now) = play(&steps)?;
        let now = now.plus_seconds(60 * 3600);
        prop_assume!(!story.state.bundles.contains_key(&bundle_id(number)));
        let before = (story.state.grants.clone(), story.state.bundles.clone(), given(&story.state));
        if story.ask(now, &apply(&PRODUCT, number)).is_ok() {
            prop_assert!(!story.must(now, &remove(number)).is_empty());
        }
        let after = (story.state.grants.clone(), story.state.bundles.clone(), given(&story.state));
        prop_assert_eq!(after, before);
    }

    #[test]
    fn usage_fits_allowance_and_grants_and_units_are_conserved(
        allowance in allowances(),
        steps in prop::collection::vec(counting(), 0..60),
    ) {
        let mut story = Story::<MeterRules>::default();
        let mut now = t0();
        let mut granted = 0;
        let mut from_grants = 0;
        for (hours, is_usage, amount, expires) in steps {
            now = now.plus_seconds(3600 * hours);
            let meter = Metered {
                license: license_id(),
                account: account_id(),
                feature: key("api_calls"),
            };
            let period: Window = window_at(t0(), Some(Period::months(1)), now);
            let expires_at = expires.map(|hours| now.plus_seconds(3600 * hours));
            let command = if is_usage {
                meter::Command::RecordUsage { meter, quantity: amount, allowance, period }
            } else {
                meter::Command::GrantUnits { meter, amount, expires_at }
            };
            let before = story.state.clone();
            let left = before.remaining(allowance, period, now);
            let decided = story.ask(now, &command);
            let fits = amount > 0 && (!is_usage || left.is_none_or(|left| amount <= left));
            prop_assert_eq!(decided.is_ok(), fits, "{:?}", decided);
            if decided.is_err() {
                prop_assert_eq!(&story.state, &before, "a refusal records nothing");
            } else if is_usage {
                let was = before.used_in(period).from_grants;
                from_grants += story.state.used_in(period).from_grants - was;
            } else {
                granted += amount;
            }
            let used = story.state.used_in(period);
            prop_assert!(allowance.covers(used.from_allowance));
            let balance = story.state.balance(now);
            prop_assert_eq!(balance.granted, granted);
            prop_assert_eq!(balance.consumed, from_grants);
            let elsewhere = balance.consumed + balance.expired;
            prop_assert_eq!(balance.granted, balance.remaining + elsewhere);
        }
    }
}
