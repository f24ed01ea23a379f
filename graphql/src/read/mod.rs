//! Reads that both doors share: live or as of a past moment, always under the scope of whoever
//! asks.

mod catalog;
mod devices;
mod licenses;
pub mod notices;
mod partners;
mod roles;
pub mod sign_ins;

use async_graphql::{Context, Error, InputObject, Result};
use projections::as_of::{AsOf, Known};
use projections::evaluation::EvaluationFacts;
use schemas::{LicenseId, LogPosition, Timestamp};

use crate::error::{bad_input, coded, load_fault};
use crate::gate::{Gate, Reader, with_scope};
use crate::page::{PageMeta, decode_cursor, encode_cursor, rows_asked};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::license::License;

pub use catalog::{account, accounts, dashboard, products};
pub use devices::{
    DeviceFilter, ERASED, actor_name, all_devices, device, devices_of, grant_candidates, people,
    person, seat_candidates, seat_holders,
};
pub use licenses::{
    LicenseWanted, binding_digests, counts, entitlements, every_license, licenses, note_narrowing,
};
pub use partners::{allocations, customers_of, partners_of, seats};
pub use roles::{grant, grants_in, grants_of, grants_on};

/// A license with its product and meters, the instant it is looked at from, and where in the ledger
/// that is true.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The facts.
    pub facts: EvaluationFacts,
    /// The instant.
    pub at: Timestamp,
    /// The place.
    pub position: Option<LedgerPosition>,
}

/// A moment of the past: what was so then, as far as it was known at some other moment. Leave
/// everything out for now.
#[derive(Debug, Clone, Copy, Default, InputObject)]
pub struct AsOfInput {
    /// The instant that is asked about; else the moment of `position` or `knownAt`, else now.
    pub at: Option<DateTime>,
    /// Only what the ledger knew at this place.
    pub position: Option<LedgerPosition>,
    /// Only what the ledger knew at this instant. Not together with `position`.
    pub known_at: Option<DateTime>,
}

/// When a read looks.
#[derive(Debug, Clone, Copy)]
pub enum Moment {
    /// Now, at the newest place that the views know.
    Live(Timestamp),
    /// At a past moment.
    Past(AsOf),
}

impl Moment {
    /// The instant that is looked from.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Live(now) => *now,
            Self::Past(as_of) => as_of.effective,
        }
    }
}

/// The moment that a caller asks for. Waits until the views know what `at_least` names.
///
/// # Errors
/// When the moment contradicts itself, or the views do not get that far in time.
pub async fn moment(
    gate: &Gate,
    as_of: Option<AsOfInput>,
    at_least: Option<&str>,
) -> Result<Moment> {
    if let Some(token) = at_least {
        wait(gate, token).await?;
    }
    let now = gate.now();
    let Some(asked) = as_of else { return Ok(Moment::Live(now)) };
    let (known, known_from) = match (asked.position, asked.known_at) {
        (Some(_), Some(_)) => {
            return Err(bad_input("`asOf` takes either `position` or `knownAt`"));
        }
        (Some(LedgerPosition(position)), None) => {
            (Known::Position(position), recorded_at(gate, position).await?)
        }
        (None, Some(DateTime(known_at))) => (Known::Time(known_at), known_at),
        (None, None) => (Known::Latest, now),
    };
    let effective = asked.at.map_or(known_from, |DateTime(at)| at);
    match (asked.at, known) {
        (None, Known::Latest) => Ok(Moment::Live(now)),
        _ => Ok(Moment::Past(AsOf { effective, known })),
    }
}

async fn wait(gate: &Gate, token: &str) -> Result<()> {
    let token = gate
        .projections
        .parse_token(token)
        .map_err(|error| coded(error.code(), &error.to_string()))?;
    gate.projections.at_least(&token).await.map_err(|error| coded(error.code(), &error.to_string()))
}

/// When the event at a place was recorded: the moment that a caller who names a place means.
async fn recorded_at(gate: &Gate, position: LogPosition) -> Result<Timestamp> {
    let before = position.0.checked_sub(1).map(LogPosition);
    let found = gate.ledger.log().read_all(before, 1).await;
    let found = found.map_err(|error| crate::error::fault(&error))?;
    match found.first() {
        Some(event) if event.position == position => Ok(event.header.recorded_at),
        Some(_) | None => Err(bad_input("`asOf.position` is not a place in this ledger")),
    }
}

/// A license that the caller may see, at this moment.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn seen(
    gate: &Gate,
    reader: Reader,
    license: LicenseId,
    moment: Moment,
) -> Result<Option<Seen>> {
    match moment {
        Moment::Live(at) => Ok(gate.projections.read(|views| {
            let position = views.position().map(LedgerPosition);
            let facts = with_scope!(reader, |scope| views.facts(scope, license));
            facts.map(|facts| Seen { facts, at, position })
        })),
        Moment::Past(as_of) => {
            let facts = with_scope!(reader, |scope| {
                gate.projections.facts_as_of(scope, license, as_of).await
            });
            let facts = facts.map_err(|error| load_fault(&error))?;
            let position = position_of(gate, as_of.known);
            Ok(facts.map(|facts| Seen { facts, at: as_of.effective, position }))
        }
    }
}

fn position_of(gate: &Gate, known: Known) -> Option<LedgerPosition> {
    let position = match known {
        Known::Latest => gate.projections.position(),
        Known::Position(position) => Some(position),
        Known::Time(at) => gate.projections.read(|views| views.position_at(at)),
    };
    position.map(LedgerPosition)
}

/// The license that was seen, as both doors show it.
#[must_use]
pub fn shown(gate: &Gate, reader: Reader, seen: Seen) -> License {
    let account = seen.facts.license.account;
    let name = gate.projections.read(|views| {
        let row = with_scope!(reader, |scope| views.account(scope, account).cloned());
        row.and_then(|row| row.profile.value.as_ref().map(|profile| profile.name.clone()))
    });
    License::new(seen, name)
}

/// A license by its id: null when it is unknown or somebody else's.
///
/// # Errors
/// When the moment is wrong, or the ledger cannot be read.
pub async fn license(
    ctx: &Context<'_>,
    license: LicenseId,
    as_of: Option<AsOfInput>,
    at_least: Option<&str>,
) -> Result<Option<License>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let moment = moment(gate, as_of, at_least).await?;
    let found = seen(gate, reader, license, moment).await?;
    Ok(found.map(|found| shown(gate, reader, found)))
}

/// A page of rows that are already in memory, in the order of their keys.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn page_of<T>(
    list: &str,
    mut rows: Vec<(Vec<u8>, T)>,
    first: Option<i32>,
    after: Option<&str>,
    position: Option<LedgerPosition>,
) -> Result<(Vec<(String, T)>, PageMeta), Error> {
    let limit = rows_asked(first)?;
    let after = after.map(|cursor| decode_cursor(list, cursor)).transpose()?;
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let total = rows.len();
    let skipped = after.as_ref().map_or(0, |after| rows.partition_point(|(key, _)| key <= after));
    let meta = PageMeta {
        more_before: skipped > 0,
        more_after: total.saturating_sub(skipped) > limit,
        total,
        position,
    };
    let page = rows.into_iter().skip(skipped).take(limit);
    let page = page.map(|(key, row)| (encode_cursor(list, &key), row)).collect();
    Ok((page, meta))
}
