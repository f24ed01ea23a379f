//! Lists of devices and domains, and of seat holders.

use async_graphql::{Context, ID, Result};
use schemas::{AccountId, ActivationId, Actor, LicenseId, MemberId};

use super::{Seen, page_of};
use crate::gate::{Gate, Reader, with_scope};
use crate::scalars::LedgerPosition;
use crate::types::device::{BindingKind, Device, DeviceConnection, DeviceStatus};
use crate::types::holder::{Member, MemberConnection, SeatHolder, SeatHolderConnection};

/// Which devices are wanted.
#[derive(Debug, Clone, Default)]
pub struct DeviceFilter {
    /// Only devices, or only domains.
    pub kind: Option<BindingKind>,
    /// Only those that stand so.
    pub status: Option<Vec<DeviceStatus>>,
}

/// The only person whose own seat and devices of each license the reader sees; `None`: everybody's.
fn only_member(
    gate: &Gate,
    reader: Reader,
    licenses: impl Iterator<Item = LicenseId>,
) -> Vec<Option<MemberId>> {
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let whole = licenses.map(|license| views.sees_whole_license(scope, license));
            whole.map(|whole| reader.member().filter(|_| !whole)).collect()
        })
    })
}

/// The same of one license.
fn only_member_of(gate: &Gate, reader: Reader, license: LicenseId) -> Option<MemberId> {
    only_member(gate, reader, std::iter::once(license)).into_iter().next().flatten()
}

/// The devices of these licenses that the reader may see, in the order of license and binding.
#[must_use]
pub fn all_devices(
    gate: &Gate,
    reader: Reader,
    rows: &[Seen],
    wanted: &DeviceFilter,
) -> Vec<(Vec<u8>, Device)> {
    let mut devices = Vec::new();
    let only = only_member(gate, reader, rows.iter().map(|seen| seen.facts.license.license));
    for (seen, only) in rows.iter().zip(only) {
        let row = &seen.facts.license;
        for (id, activation) in &row.state.activations {
            let mine = only.is_none() || (only.is_some() && activation.member == only);
            let shown = Device::new(&seen.facts, *id, seen.at).filter(|device| {
                wanted.kind.is_none_or(|kind| kind == device.kind)
                    && wanted.status.as_ref().is_none_or(|wanted| wanted.contains(&device.status))
            });
            if let Some(device) = shown.filter(|_| mine) {
                devices.push(([row.license.bytes(), id.bytes()].concat(), device));
            }
        }
    }
    devices
}

/// A page of the devices of these licenses.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn devices_of(
    gate: &Gate,
    reader: Reader,
    rows: &[Seen],
    wanted: &DeviceFilter,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<DeviceConnection> {
    let position = rows.first().and_then(|seen| seen.position);
    let devices = all_devices(gate, reader, rows, wanted);
    let (rows, meta) = page_of("devices", devices, first, after, position)?;
    Ok(DeviceConnection::new(rows, meta))
}

/// A page of who sits on a license.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn seat_holders(
    ctx: &Context<'_>,
    seen: &Seen,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<SeatHolderConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let row = &seen.facts.license;
    let only = only_member_of(gate, reader, row.license);
    let holders = row.state.seats.iter();
    let holders = holders.map(|(member, seat)| (member, seat, person(gate, reader, *member)));
    // Who does not read everything of the license sees those whom it may know.
    let holders = holders
        .filter(|(.., person)| only.is_none() || person.is_some())
        .map(|(member, seat, person)| {
            let origin = row.seats.get(member);
            let holder = SeatHolder {
                member: person,
                member_id: member.to_string().into(),
                assigned_at: seat.assigned_at.into(),
                assigned_by: origin.map(|origin| actor_name(gate, reader, origin.actor)),
                last_used_at: row.seat_last_used_at(*member).map(Into::into),
            };
            (member.bytes().to_vec(), holder)
        })
        .collect();
    let (rows, meta) = page_of("seat_holders", holders, first, after, seen.position)?;
    Ok(SeatHolderConnection::new(rows, meta))
}

/// A page of who may get a seat of a license, in the order of names: people who have none and are not suspended, and to
/// whom the caller may give one.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn seat_candidates(
    ctx: &Context<'_>,
    seen: &Seen,
    text: Option<&str>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<MemberConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let row = &seen.facts.license;
    let found = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let people = views.may_be_seated(scope, row.license, text.unwrap_or_default());
            let wanted = people.filter(|one| {
                one.suspended_at.is_none() && !row.state.seats.contains_key(&one.member)
            });
            wanted.map(|one| (one.by_name(), Member::from(&**one))).collect()
        })
    });
    let (rows, meta) = page_of("seat_candidates", found, first, after, seen.position)?;
    Ok(MemberConnection::new(rows, meta))
}

/// A page of who may be granted a role on a license: nobody grants one to oneself.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn grant_candidates(
    ctx: &Context<'_>,
    seen: &Seen,
    text: Option<&str>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<MemberConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let own = reader.member();
    let found = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let top = views.top_account(scope, seen.facts.license.account);
            let people = views.people_of_tree(scope, top, text.unwrap_or_default());
            let wanted = people.filter(|one| one.suspended_at.is_none() && Some(one.member) != own);
            wanted.map(|one| (one.by_name(), Member::from(&**one))).collect()
        })
    });
    let (rows, meta) = page_of("grant_candidates", found, first, after, seen.position)?;
    Ok(MemberConnection::new(rows, meta))
}

/// A page of the people of an account and of those below it, in the order of names. A member without a role of its own
/// finds itself only.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn people(
    ctx: &Context<'_>,
    account: AccountId,
    text: Option<&str>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<MemberConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let (found, position) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let found = views.people_of_tree(scope, account, text.unwrap_or_default());
            let shown = found.map(|one| (one.by_name(), Member::from(&**one)));
            (shown.collect(), views.position().map(LedgerPosition))
        })
    });
    let (rows, meta) = page_of("people", found, first, after, position)?;
    Ok(MemberConnection::new(rows, meta))
}

/// A person that the reader may see.
#[must_use]
pub fn person(gate: &Gate, reader: Reader, member: MemberId) -> Option<Member> {
    gate.projections.read(|views| {
        with_scope!(reader, |scope| views.member(scope, member).map(|row| Member::from(&**row)))
    })
}

/// How somebody is called whose data was erased.
pub const ERASED: &str = "somebody whose data was erased";

/// Who acted, in words that the reader may hear: people of the vendor have no names for customers.
#[must_use]
pub fn actor_name(gate: &Gate, reader: Reader, actor: Actor) -> String {
    match actor {
        Actor::System => "the service".to_owned(),
        Actor::Operator => "the vendor's operator".to_owned(),
        Actor::Token(_) => "a program".to_owned(),
        Actor::License(_) => "software with the license key".to_owned(),
        Actor::Member(member) => {
            // Whoever is known without a name was erased.
            let found = person(gate, reader, member);
            let name = found.map(|person| person.name.unwrap_or_else(|| ERASED.to_owned()));
            name.unwrap_or_else(|| "a person of the account".to_owned())
        }
        Actor::Staff(staff) => match reader {
            Reader::Tenant(_) => "the vendor".to_owned(),
            Reader::Vendor(scope) => {
                let name = gate.projections.read(|views| {
                    let profile = &views.staff(&scope, staff)?.profile.value;
                    let name = profile.as_ref().map(|profile| profile.name.clone());
                    Some(name.unwrap_or_else(|| ERASED.to_owned()))
                });
                name.unwrap_or_else(|| "a person of the vendor".to_owned())
            }
        },
    }
}

/// A device or domain by the id of its binding; `None` when it is unknown or somebody else's.
///
/// # Errors
/// When the caller has too many licenses to look through.
pub fn device(gate: &Gate, reader: Reader, id: &ID) -> Result<Option<Device>> {
    let Ok(activation) = id.parse::<ActivationId>() else { return Ok(None) };
    let now = gate.now();
    let owned = super::licenses::find_live(gate, reader, |row| {
        row.state.activations.contains_key(&activation)
    })?;
    let owned = owned.filter(|facts| {
        let only = only_member_of(gate, reader, facts.license.license);
        let bound = facts.license.state.activations.get(&activation);
        bound.is_some_and(|one| only.is_none() || one.member == only)
    });
    Ok(owned.and_then(|facts| Device::new(&facts, activation, now)))
}
