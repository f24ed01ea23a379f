//! What was so before and after each fact of a license, and what would take it back, from folding its stream once.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::Result;
use ledger::Decider;
use ledger::license::{ActivationKind, LicenseRules, Shares, State};
use ledger::status::status;
use ledger_log::{RecordedEvent, StreamSlice};
use schemas::license::LicenseEvent;
use schemas::{EventId, LedgerEvent, StreamName, Timestamp};

use super::undo::{Matters, Undo};
use crate::error::load_fault;
use crate::gate::{Gate, Reader, with_scope};
use crate::scalars::instant_text;
use crate::types::value::quantity_text;

/// How many facts of one license are folded for a page: beyond that, facts stand without before and
/// after.
const FOLDED_MAX: usize = 5_000;
/// How many facts of all licenses of a page together.
const FOLDED_OF_PAGE_MAX: usize = 50_000;

/// What the facts of one license changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    sides: BTreeMap<EventId, (String, String)>,
    matters: Matters,
    state: State,
    /// Whether every fact was folded.
    whole: bool,
}

impl Changes {
    /// What was so before and after this fact; `None` where the fact alone says it.
    pub(super) fn sides(&self, id: EventId) -> Option<&(String, String)> {
        self.sides.get(&id)
    }

    /// What takes this fact back.
    pub(super) fn undo(&self, gate: &Gate, reader: Reader, id: EventId) -> Option<Undo> {
        self.whole.then(|| self.matters.undo(gate, reader, &self.state, id)).flatten()
    }
}

/// What the facts of these licenses changed, from one trip to the log.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) async fn of_licenses(
    gate: &Gate,
    reader: Reader,
    licenses: BTreeSet<StreamName>,
) -> Result<BTreeMap<StreamName, Changes>> {
    let limit = FOLDED_MAX.min(FOLDED_OF_PAGE_MAX / licenses.len().max(1));
    let slices = licenses.iter().map(|stream| StreamSlice { stream: *stream, after: None, limit });
    let histories = gate.ledger.histories(slices.collect()).await;
    let histories = histories.map_err(|error| load_fault(&error))?;
    let changes = histories.iter().map(|events| folded(gate, reader, events, limit));
    Ok(licenses.into_iter().zip(changes).collect())
}

fn folded(gate: &Gate, reader: Reader, events: &[RecordedEvent], limit: usize) -> Changes {
    let mut changes = Changes { whole: events.len() < limit, ..Changes::default() };
    let offering = |state: &State| source_text(gate, reader, state);
    for recorded in events {
        let LedgerEvent::License(event) = &recorded.event else { continue };
        let at = recorded.header.effective_at;
        let id = recorded.header.event_id;
        let before = aspect(event, &changes.state, at, &offering);
        LicenseRules::evolve(&mut changes.state, event, at);
        let now = aspect(event, &changes.state, at, &offering);
        if let (Some(before), Some(now)) = (before, now) {
            changes.sides.insert(id, (before, now));
        }
        changes.matters.note(id, event);
    }
    changes
}

/// The side of a license that a fact changes, in words.
fn aspect(
    event: &LicenseEvent,
    state: &State,
    at: Timestamp,
    offering: &impl Fn(&State) -> String,
) -> Option<String> {
    let text = match event {
        LicenseEvent::LicenseIssued(_)
        | LicenseEvent::LicenseContractSet(_)
        | LicenseEvent::DeviceSeen(_)
        | LicenseEvent::LicenseKeyRevealed(_) => return None,
        LicenseEvent::TermStarted(_) | LicenseEvent::LicenseRenewed(_) => term_text(state),
        LicenseEvent::SeatAssigned(_) | LicenseEvent::SeatUnassigned(_) => {
            let granted = quantity_text(state.seats_granted());
            format!("{} of {granted} seats assigned", state.seats_assigned())
        }
        LicenseEvent::SeatsAllocated(_) => {
            let granted = quantity_text(state.seats_granted());
            let shares = Shares::of(state);
            // What an account passes on was counted with what it has.
            let topmost = shares.accounts.values().filter(|share| share.above.is_none());
            let aside: u64 = topmost.map(|share| share.seats).sum();
            format!("{aside} of {granted} seats set aside")
        }
        LicenseEvent::DeviceActivated(_)
        | LicenseEvent::DeviceDeactivated(_)
        | LicenseEvent::DevicesRetired(_) => slots_text(state, ActivationKind::Device, "devices"),
        LicenseEvent::DomainActivated(_) | LicenseEvent::DomainDeactivated(_) => {
            slots_text(state, ActivationKind::Domain, "domains")
        }
        LicenseEvent::BlockerSet(_)
        | LicenseEvent::BlockerCleared(_)
        | LicenseEvent::LicenseRevoked(_) => status(state, at).displayed.name().to_owned(),
        LicenseEvent::OfferingSwitched(_) => offering(state),
        LicenseEvent::BundleApplied(_) | LicenseEvent::BundleRemoved(_) => {
            format!("{} bundles added", state.bundles.len())
        }
    };
    Some(text)
}

fn slots_text(state: &State, kind: ActivationKind, what: &str) -> String {
    let granted = quantity_text(state.slots_granted(kind));
    format!("{} of {granted} {what} activated", state.live_count(kind))
}

fn term_text(state: &State) -> String {
    match state.term.map(|term| term.until) {
        None => "not started".to_owned(),
        Some(None) => "perpetual".to_owned(),
        Some(Some(until)) => format!("until {}", instant_text(until)),
    }
}

fn source_text(gate: &Gate, reader: Reader, state: &State) -> String {
    let Some(source) = state.source else { return "nothing".to_owned() };
    let found = gate.projections.read(|views| {
        let product = with_scope!(reader, |scope| views.product_of_source(scope, source).cloned());
        product.and_then(|product| super::words::source_name(&product.state, source))
    });
    found.unwrap_or_else(|| "something that is not published".to_owned())
}
