//! Real commands to a small vendor's ledger, chosen by chance alone: choosing one reads nothing.

use ledger::license::{ActivateDevice, Command, Renew, Replace};
use ledger::{account, meter};
use schemas::account::{MemberRole, PersonProfile};
use schemas::catalog::RenewalBasis;
use schemas::license::{Blocker, DeviceProfile};
use schemas::{ActivationId, MemberId, Period};

use crate::moves::{Board, Held};
use crate::orbit::{Ask, Orbit, Sent, key};

/// A command that anybody might send next.
pub fn next(orbit: &mut Orbit, board: &mut Board) -> Sent {
    let number = orbit.chance.below(board.held.len() as u64);
    let held = &mut board.held[usize::try_from(number).unwrap()];
    let tenant = Some(held.customer.account);
    match orbit.chance.below(20) {
        0..=2 => {
            let metered = meter::Metered {
                license: held.license,
                account: held.customer.account,
                feature: key("api_calls"),
            };
            let stream = orbit.meter(held.license, &metered.feature);
            let amount = 1 + orbit.chance.below(500);
            let grant = meter::Command::GrantUnits { meter: metered, amount, expires_at: None };
            orbit.ask(stream, tenant, Ask::Meter(grant))
        }
        3..=5 => {
            let account = held.customer.account;
            let member = add_member(orbit);
            orbit.ask(account.into(), tenant, Ask::Account(member))
        }
        _ => {
            let command = license_command(orbit, held);
            orbit.ask(held.license.into(), tenant, Ask::License(command))
        }
    }
}

fn add_member(orbit: &mut Orbit) -> account::Command {
    let member = MemberId::new(orbit.chance.id());
    let email = format!("{member}@customer.example");
    account::Command::AddMember {
        member,
        role: MemberRole::Member,
        email_digest: orbit.ledger.codec().keystore().digest("email", email.as_bytes()),
        profile: PersonProfile { name: "Somebody".to_owned(), email, external_id: None },
    }
}

fn license_command(orbit: &mut Orbit, held: &mut Held) -> Command {
    let member = *orbit.chance.pick(&held.customer.members);
    match orbit.chance.below(20) {
        0..=5 => Command::AssignSeat { member, accounts: Vec::new() },
        6..=10 => Command::UnassignSeat { member },
        11..=14 => activate(orbit, held, member),
        15 if !held.activations.is_empty() => {
            let activation = *orbit.chance.pick(&held.activations);
            Command::DeactivateDevice { activation }
        }
        16 | 17 => {
            Command::SetBlocker { blocker: Blocker::Billing, reason: "as it was found".to_owned() }
        }
        18 => Command::Renew(Renew {
            ending: None,
            period: Some(Period::days(30)),
            basis: Some(RenewalBasis::FromNow),
        }),
        _ => Command::ClearBlocker { blocker: Blocker::Billing },
    }
}

fn activate(orbit: &mut Orbit, held: &mut Held, member: MemberId) -> Command {
    let activation = ActivationId::new(orbit.chance.id());
    held.activations.push(activation);
    let fingerprint = format!("device-{}", orbit.chance.below(6));
    Command::ActivateDevice(ActivateDevice {
        activation,
        fingerprint: orbit.ledger.codec().keystore().digest("device", fingerprint.as_bytes()),
        member: Some(member),
        version: None,
        profile: DeviceProfile { name: "Workstation".to_owned(), fingerprint, platform: None },
        replace: Replace::Nothing,
    })
}
