//! The rules of a license: what it grants, for how long, who sits on it, where it is activated,
//! what blocks it.

mod activations;
mod allocations;
mod blockers;
mod command;
mod contract;
mod evolve;
mod guard;
mod issue;
mod key;
mod offering;
mod rejection;
mod seats;
mod state;
mod term;

use schemas::license::LicenseEvent;
use schemas::{StreamKind, Timestamp};

use crate::decider::{Context, Decider, Decision};

pub use allocations::{Share, Shares};
pub use blockers::{blocker_advice, blocker_text};
pub use command::{
    ActivateDevice, ActivateDomain, AllocateSeats, ApplyBundle, Command, Issue, Renew, Replace,
    SwitchOffering,
};
pub use rejection::Rejection;
pub use state::{
    Activation, ActivationKind, Allocation, AppliedBundle, Ended, Ending, Issued, Renewed, Seat,
    State, Term,
};

/// The rules of a license.
#[derive(Debug, Clone, Copy)]
pub struct LicenseRules;

type Decided = Result<Decision<LicenseEvent>, Rejection>;

impl Decider for LicenseRules {
    const KIND: StreamKind = StreamKind::License;
    type State = State;
    type Command = Command;
    type Event = LicenseEvent;
    type Rejection = Rejection;

    fn decide(state: &State, command: &Command, context: &Context) -> Decided {
        match command {
            Command::Issue(issue) => issue::issue(state, issue, context),
            Command::Renew(renew) => term::renew(state, *renew, context),
            Command::AssignSeat { member, accounts } => {
                seats::assign(state, *member, accounts, context)
            }
            Command::AllocateSeats(allocate) => allocations::allocate(state, allocate, context),
            Command::UnassignSeat { member } => seats::unassign(state, *member, context),
            Command::ActivateDevice(device) => activations::device(state, device, context),
            Command::RecordDeviceSeen { activation, version } => {
                activations::seen(state, *activation, version.as_deref(), context)
            }
            Command::DeactivateDevice { activation } => {
                activations::deactivate(state, ActivationKind::Device, *activation, context)
            }
            Command::RetireDevices { activations } => {
                activations::retire(state, activations, context)
            }
            Command::ActivateDomain(domain) => activations::domain(state, domain, context),
            Command::DeactivateDomain { activation } => {
                activations::deactivate(state, ActivationKind::Domain, *activation, context)
            }
            Command::SetBlocker { blocker, reason } => {
                blockers::set(state, *blocker, reason, context)
            }
            Command::ClearBlocker { blocker } => blockers::clear(state, *blocker, context),
            Command::SwitchOffering(switch) => offering::switch(state, switch, context),
            Command::ApplyBundle(apply) => offering::apply(state, apply, context),
            Command::RemoveBundle { bundle } => offering::remove(state, *bundle, context),
            Command::Revoke { reason } => blockers::revoke(state, reason, context),
            Command::SetContract(contract) => contract::set(state, contract, context),
            Command::RevealKey => key::reveal(state, context),
        }
    }

    fn evolve(state: &mut State, event: &LicenseEvent, at: Timestamp) {
        evolve::evolve(state, event, at);
    }
}
