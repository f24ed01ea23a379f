//! What takes a fact of a license back: offered beside the newest fact about a matter, where the rules allow it now
//! and the reader may do it.

use std::collections::BTreeMap;

use ledger::license::{Command, LicenseRules, State};
use ledger::{Context, Decider};
use projections::views::catalog::ProductRow;
use schemas::license::{Blocker, LicenseEvent};
use schemas::{BundleId, EventId, LicenseId, MemberId};

use super::words;
use crate::act::{Right, grants, may};
use crate::gate::{Gate, Reader, with_scope};

/// What takes a fact back.
#[derive(Debug)]
pub(crate) struct Undo {
    /// The act.
    pub(crate) command: Command,
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

impl Matter {
    fn of(event: &LicenseEvent) -> Option<Self> {
        match event {
            LicenseEvent::SeatAssigned(fact) => Some(Self::Seat(fact.member)),
            LicenseEvent::SeatUnassigned(fact) => Some(Self::Seat(fact.member)),
            LicenseEvent::BundleApplied(fact) => Some(Self::Bundle(fact.bundle.bundle)),
            LicenseEvent::BundleRemoved(fact) => Some(Self::Bundle(fact.bundle.bundle)),
            LicenseEvent::BlockerSet(fact) => Some(Self::Blocker(fact.blocker)),
            LicenseEvent::BlockerCleared(fact) => Some(Self::Blocker(fact.blocker)),
            // A device comes back by being activated where it is; time, offerings and revocation have acts of
            // their own, with a choice to make.
            LicenseEvent::LicenseIssued(_)
            | LicenseEvent::TermStarted(_)
            | LicenseEvent::LicenseRenewed(_)
            | LicenseEvent::DeviceActivated(_)
            | LicenseEvent::DeviceSeen(_)
            | LicenseEvent::DeviceDeactivated(_)
            | LicenseEvent::DevicesRetired(_)
            | LicenseEvent::DomainActivated(_)
            | LicenseEvent::DomainDeactivated(_)
            | LicenseEvent::OfferingSwitched(_)
            | LicenseEvent::LicenseRevoked(_)
            | LicenseEvent::LicenseKeyRevealed(_) => None,
        }
    }
}

/// The facts of a license that decide on a matter, and which of them is the newest on its own.
#[derive(Debug, Default)]
pub(super) struct Matters {
    facts: BTreeMap<EventId, LicenseEvent>,
    newest: BTreeMap<Matter, EventId>,
}

impl Matters {
    /// Remembers a fact, in the order of the stream.
    pub(super) fn note(&mut self, id: EventId, event: &LicenseEvent) {
        if let Some(matter) = Matter::of(event) {
            self.newest.insert(matter, id);
            self.facts.insert(id, event.clone());
        }
    }

    /// What takes this fact back; `state` is the license with all its facts.
    pub(super) fn undo(
        &self,
        gate: &Gate,
        reader: Reader,
        state: &State,
        id: EventId,
    ) -> Option<Undo> {
        let event = self.facts.get(&id)?;
        let matter = Matter::of(event)?;
        let license = state.issued.as_ref()?.license;
        let (command, right) = reverse(gate, reader, license, event)?;
        let now = gate.now();
        let context = Context { now, effective_at: now, actor: reader.actor() };
        let decided = LicenseRules::decide(state, &command, &context);
        let does = decided.is_ok_and(|decision| !decision.events.is_empty());
        let stands = self.newest.get(&matter) == Some(&id) && does && may(reader, right);
        Some(Undo { command, text: words::undo(gate, reader, event), stands })
    }
}

fn reverse(
    gate: &Gate,
    reader: Reader,
    license: LicenseId,
    event: &LicenseEvent,
) -> Option<(Command, Right)> {
    match event {
        LicenseEvent::SeatAssigned(fact) => {
            Some((Command::UnassignSeat { member: fact.member }, Right::Manage))
        }
        LicenseEvent::SeatUnassigned(fact) => {
            Some((Command::AssignSeat { member: fact.member }, Right::Manage))
        }
        LicenseEvent::BundleApplied(fact) => {
            let command = Command::RemoveBundle { bundle: fact.bundle.bundle };
            offered(gate, reader, license, fact.bundle.bundle)?;
            Some((command, Right::Manage))
        }
        LicenseEvent::BundleRemoved(fact) => {
            Some((offered(gate, reader, license, fact.bundle.bundle)?, Right::Manage))
        }
        LicenseEvent::BlockerSet(fact) => {
            Some((Command::ClearBlocker { blocker: fact.blocker }, Right::Operate))
        }
        // A block that was cleared needs its reason again; nothing else is a matter.
        _ => None,
    }
}

/// The command that adds the bundle, where this reader may add it and take it away.
fn offered(gate: &Gate, reader: Reader, license: LicenseId, bundle: BundleId) -> Option<Command> {
    let facts =
        gate.projections.read(|views| with_scope!(reader, |scope| views.facts(scope, license)))?;
    let product: &ProductRow = &facts.product;
    grants::application(product, &bundle.to_string(), reader).ok()
}
