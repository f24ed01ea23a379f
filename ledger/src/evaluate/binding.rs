//! The checks on who and where: a seat for the person, a live activation for the device or domain.

use std::collections::BTreeMap;

use schemas::{ActivationId, Digest, MemberId, Quantity, Timestamp};

use super::{Code, Findings, Fix, Numbers, Request, bound, number};
use crate::calendar::text;
use crate::license::{Activation, ActivationKind, Ending, Shares, State};

pub(super) fn check(license: &State, request: &Request, findings: &mut Findings) {
    if let Some(member) = request.member {
        check_seat(license, member, request.at, findings);
    }
    if let Some(device) = &request.device {
        check_binding(license, ActivationKind::Device, device, request.at, findings);
    }
    if let Some(domain) = &request.domain {
        check_binding(license, ActivationKind::Domain, domain, request.at, findings);
    }
}

fn check_seat(license: &State, member: MemberId, at: Timestamp, findings: &mut Findings) {
    const RULE: &str = "license.user_is_seated";
    let (granted, assigned) = (license.seats_granted(), license.seats_assigned());
    let numbers = counted("seats_granted", granted, "seats_assigned", assigned);
    let seat = license.seats.get(&member).filter(|seat| seat.assigned_at <= at);
    if let Some(seat) = seat {
        let message = format!("the person has a seat since {}", text(seat.assigned_at));
        return findings.pass(Code::UserNotSeated, RULE, message, numbers);
    }
    if granted == Quantity::ZERO {
        let message = "the license has no named seats, it does not ask who uses it".to_owned();
        return findings.pass(Code::UserNotSeated, RULE, message, numbers);
    }
    let free = granted.remaining(Shares::of(license).taken) != Some(0);
    let message = match granted.limit() {
        Some(limit) => format!("the person has no seat, {assigned} of {limit} are assigned"),
        None => "the person has no seat".to_owned(),
    };
    let fix = if free { Fix::AssignSeat } else { Fix::FreeSeat };
    findings.fail(Code::UserNotSeated, RULE, message, numbers, fix);
}

fn check_binding(
    license: &State,
    kind: ActivationKind,
    digest: &Digest,
    at: Timestamp,
    findings: &mut Findings,
) {
    const RULE: &str = "license.activation_is_live";
    let granted = license.slots_granted(kind);
    let live: Vec<(ActivationId, &Activation)> = live_at(license, kind, at).collect();
    let used = u64::try_from(live.len()).unwrap_or(u64::MAX);
    let words = words(kind);
    let numbers = counted(words.granted, granted, words.live, used);
    if let Some((id, found)) = live.iter().find(|(_, one)| one.digest == *digest) {
        let message = format!("this {} is active since {}", words.one, text(found.activated_at));
        findings.activation = Some(*id);
        return findings.pass(Code::NoActivation, RULE, message, numbers);
    }
    if let Some(retired_at) = retired(license, kind, digest, at) {
        let message = format!("this {} was retired at {}", words.one, text(retired_at));
        findings.fail(Code::Retired, RULE, message, numbers.clone(), Fix::Activate);
    } else if live.is_empty() {
        let message = format!("no {} is active on the license", words.one);
        findings.fail(Code::NoActivation, RULE, message, numbers.clone(), Fix::Activate);
    } else {
        let message = format!("this {} is not among the {used} that are active", words.one);
        findings.fail(words.mismatch, RULE, message, numbers.clone(), Fix::Activate);
    }
    check_slots(kind, granted, used, numbers, findings);
}

/// Something that is not active needs a slot first, so it matters whether one is free.
fn check_slots(
    kind: ActivationKind,
    granted: Quantity,
    used: u64,
    numbers: Numbers,
    findings: &mut Findings,
) {
    let words = words(kind);
    match granted.remaining(used) {
        Some(0) => {
            let limit = granted.limit().unwrap_or(used);
            let message = format!("{used} of {limit} {} are active", words.many);
            findings.fail(words.too_many, words.fit, message, numbers, words.free);
        }
        Some(left) => {
            let message = format!("{left} more {} can be activated", words.many);
            findings.pass(words.too_many, words.fit, message, numbers);
        }
        None => {
            let message = format!("any number of {} can be activated", words.many);
            findings.pass(words.too_many, words.fit, message, numbers);
        }
    }
}

fn live_at(
    license: &State,
    kind: ActivationKind,
    at: Timestamp,
) -> impl Iterator<Item = (ActivationId, &Activation)> {
    license.activations.iter().map(|(id, one)| (*id, one)).filter(move |(_, one)| {
        one.kind == kind && one.activated_at <= at && one.ended.is_none_or(|ended| at < ended.at)
    })
}

/// When the newest binding of this thing was retired, if that is how it ended.
fn retired(
    license: &State,
    kind: ActivationKind,
    digest: &Digest,
    at: Timestamp,
) -> Option<Timestamp> {
    let all = license.activations.values();
    let newest = all
        .filter(|one| one.kind == kind && one.digest == *digest && one.activated_at <= at)
        .max_by_key(|one| one.activated_at)?;
    newest.ended.filter(|ended| ended.how == Ending::Retired).map(|ended| ended.at)
}

fn counted(
    granted_name: &'static str,
    granted: Quantity,
    used_name: &'static str,
    used: u64,
) -> Numbers {
    let mut numbers = BTreeMap::from([(used_name, number(used))]);
    numbers.extend(bound(granted_name, granted));
    numbers
}

/// How a kind of binding is spoken of.
struct Words {
    one: &'static str,
    many: &'static str,
    granted: &'static str,
    live: &'static str,
    fit: &'static str,
    mismatch: Code,
    too_many: Code,
    free: Fix,
}

const fn words(kind: ActivationKind) -> Words {
    match kind {
        ActivationKind::Device => Words {
            one: "device",
            many: "devices",
            granted: "devices_granted",
            live: "devices_active",
            fit: "license.devices_fit",
            mismatch: Code::FingerprintMismatch,
            too_many: Code::TooManyDevices,
            free: Fix::FreeDevice,
        },
        ActivationKind::Domain => Words {
            one: "domain",
            many: "domains",
            granted: "domains_granted",
            live: "domains_active",
            fit: "license.domains_fit",
            mismatch: Code::DomainMismatch,
            too_many: Code::TooManyDomains,
            free: Fix::FreeDomain,
        },
    }
}
