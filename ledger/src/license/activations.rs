//! Devices and domains: binding, calling home, freeing, retiring.

use std::collections::BTreeSet;

use schemas::license::{
    DeviceActivated, DeviceDeactivated, DeviceSeen, DevicesRetired, DomainActivated,
    DomainDeactivated, LicenseEvent, TermStarted,
};
use schemas::{ActivationId, Digest, Personal, Timestamp};

use super::state::count;
use super::{
    ActivateDevice, ActivateDomain, Activation, ActivationKind, Decided, Ended, Ending, Rejection,
    Replace, State, Term, guard, term,
};
use crate::decider::{Context, Decision};

const RULE_LIVE: &str = "license.activation_is_live";

pub(super) fn device(state: &State, device: &ActivateDevice, context: &Context) -> Decided {
    let account = guard::live(state, context)?.account;
    let (kind, asked) = (ActivationKind::Device, (device.activation, &device.fingerprint));
    bind(state, kind, asked, device.replace, context, || {
        let personal = Personal::new(account, device.profile.clone());
        let (activation, fingerprint) = (device.activation, device.fingerprint);
        let (member, version) = (device.member, device.version.clone());
        DeviceActivated { activation, fingerprint, member, version, personal }.into()
    })
}

pub(super) fn domain(state: &State, domain: &ActivateDomain, context: &Context) -> Decided {
    let account = guard::live(state, context)?.account;
    let (kind, asked) = (ActivationKind::Domain, (domain.activation, &domain.domain));
    bind(state, kind, asked, Replace::Nothing, context, || {
        let personal = Personal::new(account, domain.profile.clone());
        let (activation, domain) = (domain.activation, domain.domain);
        DomainActivated { activation, domain, personal }.into()
    })
}

/// INVARIANT (devices fit), (domains fit): live bindings never exceed what is granted.
fn bind(
    state: &State,
    kind: ActivationKind,
    (activation, digest): (ActivationId, &Digest),
    replace: Replace,
    context: &Context,
    event: impl FnOnce() -> LicenseEvent,
) -> Decided {
    let rule = rule_fit(kind);
    if state.live(kind).any(|(_, live)| live.digest == *digest) {
        return Ok(Decision::already_so(rule));
    }
    guard::in_order(state, context)?;
    guard::usable(state, context)?;
    if state.activations.contains_key(&activation) {
        return Err(Rejection::ActivationIdTaken);
    }
    let given_way = given_way(state, kind, replace)?;
    let live = state.live_count(kind).saturating_sub(count(given_way.len()));
    let slots = state.slots_granted(kind);
    if let Some(granted) = slots.limit().filter(|granted| live >= *granted) {
        return Err(match kind {
            ActivationKind::Device => Rejection::TooManyDevices { granted, live },
            ActivationKind::Domain => Rejection::TooManyDomains { granted, live },
        });
    }
    // INVARIANT (one first term): whichever activation comes first starts the term, in the same
    // append; the next one is decided on a state that has a term.
    let starts = state.terms.filter(|_| state.term.is_none());
    let started = starts.map(|terms| {
        let Term { from, until } =
            term::first(&terms, state.contract.time_zone.as_ref(), context.effective_at);
        TermStarted { from, until }.into()
    });
    let freed = given_way.into_iter().map(|activation| DeviceDeactivated { activation }.into());
    Ok(Decision::record(rule, started.into_iter().chain(freed).chain([event()])))
}

/// The live devices whose slots are freed for another one.
fn given_way(
    state: &State,
    kind: ActivationKind,
    replace: Replace,
) -> Result<Vec<ActivationId>, Rejection> {
    let live = || state.live(kind);
    match replace {
        Replace::Nothing => Ok(Vec::new()),
        Replace::All => Ok(live().map(|(id, _)| id).collect()),
        Replace::One(wanted) => {
            find(state, kind, wanted).ok_or(Rejection::ActivationNotFound)?;
            Ok(live().map(|(id, _)| id).filter(|id| *id == wanted).collect())
        }
        Replace::Oldest => {
            let is_full = state
                .slots_granted(kind)
                .limit()
                .is_some_and(|granted| granted <= state.live_count(kind));
            let silent = live().min_by_key(|(id, one)| (one.last_seen_at, one.activated_at, *id));
            Ok(silent.filter(|_| is_full).map(|(id, _)| id).into_iter().collect())
        }
    }
}

fn rule_fit(kind: ActivationKind) -> &'static str {
    match kind {
        ActivationKind::Device => "license.devices_fit",
        ActivationKind::Domain => "license.domains_fit",
    }
}

pub(super) fn seen(
    state: &State,
    activation: ActivationId,
    version: Option<&str>,
    context: &Context,
) -> Decided {
    const RULE: &str = "license.seen_once_a_day";
    guard::live(state, context)?;
    let device = find(state, ActivationKind::Device, activation);
    let seen_already = device.is_some_and(|device| {
        device.ended.is_none()
            && same_day(device.last_seen_at, context.effective_at)
            && version.is_none_or(|version| device.version.as_deref() == Some(version))
    });
    if seen_already {
        return Ok(Decision::already_so(RULE));
    }
    guard::in_order(state, context)?;
    match device.ok_or(Rejection::ActivationNotFound)?.ended {
        None => {
            let version = version.map(str::to_owned);
            Ok(Decision::record(RULE, [DeviceSeen { activation, version }.into()]))
        }
        Some(Ended { how: Ending::Retired, at }) => Err(Rejection::Retired { at }),
        Some(Ended { how: Ending::Deactivated, at }) => Err(Rejection::NotActivated { at }),
    }
}

/// A slot can always be freed, also on a license that is suspended or expired.
pub(super) fn deactivate(
    state: &State,
    kind: ActivationKind,
    activation: ActivationId,
    context: &Context,
) -> Decided {
    guard::live(state, context)?;
    let found = find(state, kind, activation);
    if found.is_some_and(|found| found.ended.is_some()) {
        return Ok(Decision::already_so(RULE_LIVE));
    }
    guard::in_order(state, context)?;
    found.ok_or(Rejection::ActivationNotFound)?;
    let event = match kind {
        ActivationKind::Device => DeviceDeactivated { activation }.into(),
        ActivationKind::Domain => DomainDeactivated { activation }.into(),
    };
    Ok(Decision::record(RULE_LIVE, [event]))
}

pub(super) fn retire(
    state: &State,
    activations: &BTreeSet<ActivationId>,
    context: &Context,
) -> Decided {
    guard::live(state, context)?;
    let find = |id: &ActivationId| find(state, ActivationKind::Device, *id);
    if activations.iter().all(|id| find(id).is_some_and(|one| one.ended.is_some())) {
        return Ok(Decision::already_so(RULE_LIVE));
    }
    guard::in_order(state, context)?;
    if activations.iter().any(|id| find(id).is_none()) {
        return Err(Rejection::ActivationNotFound);
    }
    let live = activations.iter().filter(|id| find(id).is_some_and(|one| one.ended.is_none()));
    let retired = DevicesRetired { activations: live.copied().collect() };
    Ok(Decision::record(RULE_LIVE, [retired.into()]))
}

fn find(state: &State, kind: ActivationKind, activation: ActivationId) -> Option<&Activation> {
    state.activations.get(&activation).filter(|found| found.kind == kind)
}

const MICROS_A_DAY: i64 = 86_400_000_000;

fn same_day(one: Timestamp, two: Timestamp) -> bool {
    one.micros().div_euclid(MICROS_A_DAY) == two.micros().div_euclid(MICROS_A_DAY)
}
