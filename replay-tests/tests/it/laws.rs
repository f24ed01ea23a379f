//! For any commands: what the portal shows is what is enforced, what is granted is never overrun, and a repeated
//! command decides nothing.

use std::sync::Arc;

use ledger::license::ActivationKind;
use ledger_log::{Clock, Codec, EventLog, Keystore, Ledger, ManualClock, MemoryLog};
use projections::as_of::{AsOf, Known};
use projections::{Options, Projections};
use replay_tests::chance::Chance;
use replay_tests::fold::{Folded, fold};
use replay_tests::moves::{Board, Held, let_time_pass, questions};
use replay_tests::orbit::{Answer, Ask, FEATURES, Orbit, Sent, T0, key};
use schemas::{Digest, FeatureKey, LicenseId, LogPosition, Timestamp};

/// As many as the acceptance of a single source for portal and enforcement asks for.
const COMMANDS: u32 = 10_000;

/// A vendor with customers on a ledger in memory, with live views.
pub struct House {
    /// The vendor.
    pub orbit: Orbit,
    /// Its views.
    pub projections: Projections,
    /// The log below both.
    pub log: Arc<dyn EventLog>,
    /// Customers and licenses.
    pub board: Board,
}

impl House {
    /// A house with this many customers and licenses.
    pub async fn build(chance: Chance, customers: usize, licenses: usize) -> Self {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
        let codec = Arc::new(Codec::new(Arc::new(Keystore::in_memory().unwrap())));
        let clock = Arc::new(ManualClock::new(T0));
        let options = Options::in_memory();
        let projections =
            Projections::start(Arc::clone(&log), Arc::clone(&codec), options).await.unwrap();
        let ledger = Ledger::new(Arc::clone(&log), codec, Arc::clone(&clock) as Arc<dyn Clock>)
            .with_inline(Arc::new(projections.clone()));
        let mut orbit = Orbit::on(ledger, clock, chance);
        orbit.publish().await;
        let mut board = Board::open(&mut orbit, customers).await;
        for _ in 0..licenses {
            board.issue(&mut orbit).await;
        }
        Self { orbit, projections, log, board }
    }

    /// Sends the next command of the game, and now and then issues a license or lets time pass.
    pub async fn play(&mut self) -> (Sent, Answer) {
        let_time_pass(&mut self.orbit);
        if self.orbit.chance.one_in(150) {
            self.board.issue(&mut self.orbit).await;
        }
        let sent = self.board.next(&mut self.orbit).await;
        let answer = self.orbit.send(&sent).await;
        (sent, answer)
    }

    fn durable(&self) -> Option<LogPosition> {
        *self.log.durable().borrow()
    }

    async fn folded(&self, license: LicenseId) -> Folded {
        fold(&self.orbit, license, self.orbit.product, &metered(), |_| true).await
    }

    /// Compares everything that the views answer about a license with a fold of its streams.
    async fn assert_portal_is_enforcement(&mut self, held: &Held) {
        let now = self.orbit.clock.now();
        let folded = self.folded(held.license).await;
        let asked = questions(now, held, &mut self.orbit.chance);
        let live = self.projections.read(|views| {
            let operator = views.authenticate_operator().unwrap();
            views.facts(&operator, held.license)
        });
        let live = live.unwrap_or_else(|| panic!("{} is not in the views", held.license));
        assert_eq!(live.facts().license, &folded.license);
        assert_eq!(live.status(now), ledger::status::status(&folded.license, now));
        let listed = ledger::entitlements::entitlements(&folded.facts(), now);
        assert_eq!(live.entitlements(now), listed);
        for request in asked {
            let enforced = ledger::evaluate::evaluate(&folded.facts(), &request);
            assert_eq!(live.evaluate(&request), enforced, "{request:?}");
        }
        assert_nothing_is_overrun(&folded);
    }
}

fn metered() -> Vec<FeatureKey> {
    vec![key("api_calls"), key("storage")]
}

/// INVARIANT (seats fit): no license has more seats, devices or domains in use than it grants.
fn assert_nothing_is_overrun(folded: &Folded) {
    let license = &folded.license;
    let seats = license.seats_assigned();
    assert!(license.seats_granted().covers(seats), "{seats} seats: {license:?}");
    for kind in [ActivationKind::Device, ActivationKind::Domain] {
        let live = license.live_count(kind);
        assert!(license.slots_granted(kind).covers(live), "{live} of {kind:?}: {license:?}");
    }
    for (feature, meter) in &folded.meters {
        let balance = meter.balance(Timestamp::MAX);
        let found = balance.remaining + balance.consumed + balance.expired;
        assert_eq!(balance.granted, found, "units of {feature} are neither lost nor made");
    }
}

#[tokio::test]
async fn what_the_portal_shows_is_what_is_enforced_at_every_position() {
    let chance = Chance::printed("laws");
    let mut house = House::build(chance, 6, 12).await;
    let mut accepted = 0_u32;
    for command in 0..COMMANDS {
        let before = house.durable();
        let (sent, answer) = house.play().await;
        let after = house.durable();
        assert_eq!(house.projections.position(), after, "the answer came before the views knew");
        match &answer {
            Answer::Done { events, .. } if !events.is_empty() => {
                accepted += 1;
                assert!(after > before, "{sent:?} was accepted and is not in the log");
            }
            Answer::Done { .. } | Answer::Refused(_) => {
                assert!(after >= before, "{sent:?} moved the log backwards");
            }
        }
        let touched = house.board.held.iter().find(|held| sent.stream == held.license.into());
        let touched = touched.unwrap_or_else(|| {
            let place = usize::try_from(command).unwrap() % house.board.held.len();
            &house.board.held[place]
        });
        house.assert_portal_is_enforcement(&touched.clone()).await;
    }
    assert!(accepted > COMMANDS / 4, "only {accepted} of {COMMANDS} commands were accepted");
    assert!(house.projections.health().is_healthy());
    house.projections.scrub().unwrap();
    for held in house.board.held.clone() {
        house.assert_portal_is_enforcement(&held).await;
    }
}

#[tokio::test]
async fn a_repeated_command_decides_nothing() {
    let chance = Chance::printed("repeats");
    let mut house = House::build(chance, 4, 8).await;
    let mut recorded: Vec<(Sent, Answer)> = Vec::new();
    for _ in 0..2_000 {
        let (sent, answer) = house.play().await;
        if let Answer::Done { events, .. } = &answer
            && !events.is_empty()
        {
            recorded.push((sent, answer));
        }
        if recorded.is_empty() {
            continue;
        }
        let (sent, first) = house.orbit.chance.pick(&recorded).clone();
        let before = house.durable();
        let again = house.orbit.send(&sent).await;
        let (Answer::Done { events, .. }, Answer::Done { events: repeated, replayed, .. }) =
            (&first, &again)
        else {
            panic!("{sent:?} was accepted and is now answered {again:?}");
        };
        assert_eq!(events, repeated, "{sent:?}");
        assert!(replayed, "{sent:?}");

        let mut other = sent.clone();
        other.meta.request_digest = Digest([7; 32]);
        let refused = house.orbit.send(&other).await;
        assert_eq!(refused, Answer::Refused("IDEMPOTENCY_MISMATCH"), "{sent:?}");
        assert_eq!(house.durable(), before, "a repeated command was recorded again: {sent:?}");
    }
}

#[tokio::test]
async fn many_at_once_never_overrun_the_seats() {
    let chance = Chance::printed("many at once");
    let mut house = House::build(chance, 3, 6).await;
    for _ in 0..60 {
        let_time_pass(&mut house.orbit);
        let held = house.orbit.chance.pick(&house.board.held).clone();
        let mut asks = Vec::new();
        for member in &held.customer.members {
            let ask = if house.orbit.chance.one_in(3) {
                ledger::license::Command::UnassignSeat { member: *member }
            } else {
                ledger::license::Command::AssignSeat { member: *member, accounts: Vec::new() }
            };
            let tenant = Some(held.customer.account);
            asks.push(house.orbit.ask(held.license.into(), tenant, Ask::License(ask)));
        }
        let running = asks.into_iter().map(|sent| {
            let orbit = house.orbit.clone();
            tokio::spawn(async move { orbit.send(&sent).await })
        });
        let mut won = 0;
        for task in running.collect::<Vec<_>>() {
            let answer = task.await.unwrap();
            won += u32::from(matches!(answer, Answer::Done { .. }));
        }
        house.assert_portal_is_enforcement(&held).await;
        let stopped = house.folded(held.license).await.license.revoked.is_some();
        assert!(won > 0 || stopped || expired(&house, &held).await, "somebody must have won");
    }
}

async fn expired(house: &House, held: &Held) -> bool {
    let folded = house.folded(held.license).await;
    let status = ledger::status::status(&folded.license, house.orbit.clock.now());
    !matches!(
        status.displayed.name(),
        "ASSIGNED" | "ACTIVE" | "EXPIRING" | "assigned" | "active" | "expiring"
    )
}

#[tokio::test]
async fn the_past_is_the_fold_of_what_was_known_and_true_then() {
    let chance = Chance::printed("the past");
    let mut house = House::build(chance, 4, 8).await;
    let mut moments = Vec::new();
    for _ in 0..1_200 {
        house.play().await;
        moments.push((house.orbit.clock.now(), house.durable().unwrap()));
    }
    let features: Vec<_> = FEATURES.iter().map(|feature| key(feature)).collect();
    let operator = house.projections.read(|views| views.authenticate_operator().unwrap());
    let mut differed = 0;
    for _ in 0..300 {
        let held = house.orbit.chance.pick(&house.board.held).clone();
        let (effective, _) = *house.orbit.chance.pick(&moments);
        let (_, known) = *house.orbit.chance.pick(&moments);
        let as_of = AsOf { effective, known: Known::Position(known) };
        let past = house.projections.facts_as_of(&operator, held.license, as_of).await.unwrap();
        let keep = |event: &ledger_log::RecordedEvent| {
            event.position <= known && event.header.effective_at <= effective
        };
        let folded = fold(&house.orbit, held.license, house.orbit.product, &features, keep).await;
        let Some(past) = past else {
            assert_eq!(folded.license.issued, None, "{as_of:?}");
            continue;
        };
        assert_eq!(past.facts().license, &folded.license, "{as_of:?}");
        let listed = ledger::entitlements::entitlements(&folded.facts(), effective);
        assert_eq!(past.entitlements(effective), listed, "{as_of:?}");
        let now = house.folded(held.license).await;
        differed += u32::from(now.license != folded.license);
    }
    assert!(differed > 100, "the past hardly ever differed from the present: {differed}");
}
