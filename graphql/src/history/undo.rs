//! What takes a fact of a license back: offered beside the newest fact about a matter, where the rules allow it now
//! and the reader may do it.

use std::collections::BTreeMap;

use ledger::authority::{Action, Resource};
use ledger::license::{Command, LicenseRules, State};
use ledger::{Context, Decider};
use projections::views::catalog::ProductRow;
use schemas::catalog::BundleRef;
use schemas::license::{Blocker, LicenseEvent};
use schemas::{BundleId, EventId, LicenseId, MemberId};

use super::words;
use crate::act::grants;
use crate::gate::{Gate, Reader, with_scope};

/// What takes a fact back.
#[derive(Debug)]
pub(crate) struct Undo {
    /// The act.
    pub(crate) command: Command,
    /// What it is, for the decision about who may.
    pub(crate) action: Action,
    /// What it is about, for that decision.
    pub(crate) resource: Resource,
    /// The act in plain words, such as `free the seat of Ann`.
    pub(super) text: String,
    /// Whether it is still the thing to do.
    pub(crate) stands: bool,
}

/// What a fact decides on. A newer fact about the same matter replaces it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Matter {
    Seat(MemberId),
    Bundle(BundleId),
    Blocker(Blocker),
}

/// The act that reverses a fact.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reversal {
    FreeSeat(MemberId),
    GiveSeat(MemberId),
    RemoveBundle(BundleRef),
    AddBundle(BundleRef),
    ClearBlocker(Blocker),
}

/// What a fact decides on, and the act that reverses it.
fn read(event: &LicenseEvent) -> Option<(Matter, Option<Reversal>)> {
    let (matter, reversal) = match event {
        LicenseEvent::SeatAssigned(fact) => {
            (Matter::Seat(fact.member), Some(Reversal::FreeSeat(fact.member)))
        }
        LicenseEvent::SeatUnassigned(fact) => {
            (Matter::Seat(fact.member), Some(Reversal::GiveSeat(fact.member)))
        }
        LicenseEvent::BundleApplied(fact) => {
            (Matter::Bundle(fact.bundle.bundle), Some(Reversal::RemoveBundle(fact.bundle)))
        }
        LicenseEvent::BundleRemoved(fact) => {
            (Matter::Bundle(fact.bundle.bundle), Some(Reversal::AddBundle(fact.bundle)))
        }
        LicenseEvent::BlockerSet(fact) => {
            (Matter::Blocker(fact.blocker), Some(Reversal::ClearBlocker(fact.blocker)))
        }
        // Setting it again takes a reason.
        LicenseEvent::BlockerCleared(fact) => (Matter::Blocker(fact.blocker), None),
        // A device comes back by being activated where it is; time, offerings and revocation have acts of their
        // own, with a choice to make.
        LicenseEvent::LicenseIssued(_)
        | LicenseEvent::TermStarted(_)
        | LicenseEvent::LicenseRenewed(_)
        | LicenseEvent::SeatsAllocated(_)
        | LicenseEvent::DeviceActivated(_)
        | LicenseEvent::DeviceSeen(_)
        | LicenseEvent::DeviceDeactivated(_)
        | LicenseEvent::DevicesRetired(_)
        | LicenseEvent::DomainActivated(_)
        | LicenseEvent::DomainDeactivated(_)
        | LicenseEvent::OfferingSwitched(_)
        | LicenseEvent::LicenseRevoked(_)
        | LicenseEvent::LicenseContractSet(_)
        | LicenseEvent::LicenseKeyRevealed(_) => return None,
    };
    Some((matter, reversal))
}

/// The facts of a license that can be reversed, and the newest one about each matter.
#[derive(Debug, Default)]
pub(super) struct Matters {
    reversals: BTreeMap<EventId, Reversal>,
    newest: BTreeMap<Matter, EventId>,
}

impl Matters {
    /// Remembers a fact, in the order of the stream.
    pub(super) fn note(&mut self, id: EventId, event: &LicenseEvent) {
        let Some((matter, reversal)) = read(event) else { return };
        self.newest.insert(matter, id);
        self.reversals.extend(reversal.map(|reversal| (id, reversal)));
    }

    /// What takes this fact back; `state` is the license with all its facts.
    pub(super) fn undo(
        &self,
        gate: &Gate,
        reader: Reader,
        state: &State,
        id: EventId,
    ) -> Option<Undo> {
        let reversal = *self.reversals.get(&id)?;
        let license = state.issued.as_ref()?.license;
        let (command, action, resource) = act(gate, reader, license, reversal)?;
        let now = gate.now();
        let context = Context { now, effective_at: now, actor: reader.actor(), basis: None };
        let decided = LicenseRules::decide(state, &command, &context);
        let does = decided.is_ok_and(|decision| !decision.events.is_empty());
        let stands = self.newest.values().any(|newest| *newest == id) && does;
        let may = gate.projections.read(|views| {
            with_scope!(reader, |scope| views.verdict(scope, action, resource).allowed())
        });
        let (stands, text) = (stands && may, words::reversal(gate, reader, reversal));
        Some(Undo { command, action, resource, text, stands })
    }
}

fn act(
    gate: &Gate,
    reader: Reader,
    license: LicenseId,
    reversal: Reversal,
) -> Option<(Command, Action, Resource)> {
    let offered = |bundle: BundleRef| offered(gate, reader, license, bundle.bundle);
    let whole = Resource::License(license);
    let seat = |member| {
        let line = gate
            .projections
            .read(|views| with_scope!(reader, |scope| views.seat_line(scope, license, member)));
        line.map(|(home, accounts)| (Resource::Seats(license, home), accounts))
    };
    match reversal {
        Reversal::FreeSeat(member) => {
            let (resource, _) = seat(member)?;
            Some((Command::UnassignSeat { member }, Action::ManageSeats, resource))
        }
        Reversal::GiveSeat(member) => {
            let (resource, accounts) = seat(member)?;
            Some((Command::AssignSeat { member, accounts }, Action::ManageSeats, resource))
        }
        Reversal::RemoveBundle(bundle) => {
            offered(bundle)?;
            let command = Command::RemoveBundle { bundle: bundle.bundle };
            Some((command, Action::ManageBundles, whole))
        }
        Reversal::AddBundle(bundle) => Some((offered(bundle)?, Action::ManageBundles, whole)),
        Reversal::ClearBlocker(blocker) => {
            Some((Command::ClearBlocker { blocker }, Action::Operate, whole))
        }
    }
}

/// The command that adds the bundle, where this reader may add it and take it away.
fn offered(gate: &Gate, reader: Reader, license: LicenseId, bundle: BundleId) -> Option<Command> {
    let facts =
        gate.projections.read(|views| with_scope!(reader, |scope| views.facts(scope, license)))?;
    let product: &ProductRow = &facts.product;
    grants::application(product, &bundle.to_string(), reader).ok()
}
