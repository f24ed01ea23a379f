//! What the rules say about every license of a ledger at a few fixed instants, as plain lines that do not depend on
//! how a program keeps its state. Version 1 of this text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use ledger::evaluate::{Facts, Request, evaluate};
use ledger::license::{ActivationKind, LicenseRules};
use ledger::meter::MeterRules;
use ledger::product::ProductRules;
use ledger::{Decider, entitlements, status, timeline};
use ledger_log::Codec;
use schemas::{LedgerEvent, Quantity, StoredEvent, StreamKind, Timestamp};
use uuid::Uuid;

use crate::orbit::{DAY, T0, after};

/// Days after the story's beginning at which the rules are asked.
const ASKED_DAYS: [i64; 7] = [0, 3, 21, 36, 41, 380, 800];

/// All answers, as text.
#[must_use]
pub fn answers(codec: &Codec, events: &[StoredEvent]) -> String {
    let licenses = folded::<LicenseRules>(codec, events, StreamKind::License);
    let meters = folded::<MeterRules>(codec, events, StreamKind::Meter);
    let products = folded::<ProductRules>(codec, events, StreamKind::Product);
    let mut out = String::from("answers 1\n");
    for (id, license) in &licenses {
        let issued = license.issued.as_ref().unwrap();
        let product = &products[&issued.product.uuid()];
        let counted = meters.values().filter_map(|meter| Some((meter.opened.as_ref()?, meter)));
        let counted: BTreeMap<_, _> = counted
            .filter(|(opened, _)| opened.license == issued.license)
            .map(|(opened, meter)| (opened.feature.clone(), meter.clone()))
            .collect();
        let facts = Facts { license, product, meters: &counted };
        writeln!(out, "license {id} of {} {:?}", issued.account, issued.acquired).unwrap();
        held(&mut out, license);
        for milestone in timeline::timeline(license) {
            let at = milestone.at.micros();
            writeln!(out, "  milestone {at} then {}", milestone.status_after.name()).unwrap();
        }
        for day in ASKED_DAYS {
            asked(&mut out, &facts, day);
        }
    }
    out
}

fn folded<D: Decider>(
    codec: &Codec,
    events: &[StoredEvent],
    kind: StreamKind,
) -> BTreeMap<Uuid, D::State> {
    let mut states: BTreeMap<Uuid, D::State> = BTreeMap::new();
    for stored in events.iter().filter(|event| event.header.stream.kind == kind) {
        let recorded = codec.decode_closed(stored).unwrap();
        let event: LedgerEvent = recorded.event;
        let Ok(event) = D::Event::try_from(event) else { panic!("an event of another kind") };
        let state = states.entry(stored.header.stream.id).or_default();
        D::evolve(state, &event, stored.header.effective_at);
    }
    states
}

fn held(out: &mut String, license: &ledger::license::State) {
    for (what, granted, used) in [
        ("seats", license.seats_granted(), license.seats_assigned()),
        ("devices", license.devices_granted(), license.live_count(ActivationKind::Device)),
        ("domains", license.domains_granted(), license.live_count(ActivationKind::Domain)),
    ] {
        writeln!(out, "  {what} {used} of {}", bound(granted)).unwrap();
    }
    for member in license.seats.keys() {
        writeln!(out, "  seated {member}").unwrap();
    }
    for (id, activation) in &license.activations {
        let ended = activation.ended.map_or(0, |ended| ended.at.micros());
        writeln!(out, "  binding {id} {} ended {ended}", activation.digest).unwrap();
    }
    let blockers: BTreeSet<_> = license.blockers.keys().map(|one| format!("{one:?}")).collect();
    writeln!(out, "  blockers {blockers:?}").unwrap();
    let revoked = license.revoked.map(Timestamp::micros);
    writeln!(out, "  revoked {revoked:?}").unwrap();
}

fn asked(out: &mut String, facts: &Facts<'_>, day: i64) {
    let at = after(day * DAY);
    debug_assert!(at >= T0);
    let displayed = status::status(facts.license, at).displayed;
    writeln!(out, "  day {day} status {}", displayed.name()).unwrap();
    let answer = evaluate(facts, &Request::new(at));
    let code = answer.code.map_or("-", ledger::evaluate::Code::name);
    writeln!(out, "  day {day} allowed {} code {code}", answer.allowed).unwrap();
    for row in entitlements::entitlements(facts, at) {
        let limit = row.limit.map_or("-".to_owned(), bound);
        let usage = row.usage.map_or("-".to_owned(), |usage| usage.to_string());
        let resets = row.resets_at.map_or(0, Timestamp::micros);
        let until = row.valid_until.map_or(0, Timestamp::micros);
        writeln!(
            out,
            "  day {day} feature {} {} used {usage} of {limit} resets {resets} until {until}",
            row.feature,
            value(&row.value),
        )
        .unwrap();
    }
}

fn bound(quantity: Quantity) -> String {
    quantity.limit().map_or("unlimited".to_owned(), |limit| limit.to_string())
}

fn value(value: &schemas::catalog::FeatureValue) -> String {
    use schemas::catalog::FeatureValue;
    match value {
        FeatureValue::Enabled(on) => format!("enabled {on}"),
        FeatureValue::Config(text) => format!("config {text}"),
        FeatureValue::Choice(choice) => format!("choice {choice}"),
        FeatureValue::Allowance(allowance) => format!("allowance {}", bound(allowance.amount)),
    }
}
