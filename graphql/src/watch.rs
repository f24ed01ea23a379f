//! What subscriptions push: changes of a license or an account, once the views know them.

use async_graphql::{ID, SimpleObject};
use futures_util::Stream;
use projections::{Change, Heard};
use schemas::{AccountId, Actor, LicenseId, MeterId, StreamKind, StreamName};

use crate::gate::{Gate, Reader, with_scope};
use crate::read::{Moment, seen, shown};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::license::License;

/// A license changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct LicenseChange {
    /// The license after the change; null when the caller may no longer see it.
    pub license: Option<License>,
    /// What happened, as programs name it: `device_activated`; `missed` when changes came too fast
    /// to name each.
    pub fact: String,
    /// The place of the change in the ledger; null when changes were missed.
    pub position: Option<LedgerPosition>,
    /// When the ledger recorded it.
    pub recorded_at: Option<DateTime>,
}

/// Something of an account changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct AccountChange {
    /// The account.
    pub account_id: Option<ID>,
    /// The license, when the change is about one.
    pub license_id: Option<ID>,
    /// What happened, as programs name it: `seat_assigned`; `missed` when changes came too fast to
    /// name each.
    pub fact: String,
    /// The place of the change in the ledger; null when changes were missed.
    pub position: Option<LedgerPosition>,
    /// When the ledger recorded it.
    pub recorded_at: Option<DateTime>,
}

fn fact_of(change: &Change) -> String {
    change.wire_name.rsplit_once('.').map_or(change.wire_name, |(fact, _)| fact).to_owned()
}

/// Who reads, now: `None` once the sign-in that the subscription was made with no longer stands.
fn again(gate: &Gate, reader: Reader) -> Option<Reader> {
    let now = gate.now();
    gate.projections.read(|views| match reader {
        Reader::Tenant(scope) => views.tenant_scope_again(&scope, now).map(Reader::Tenant),
        Reader::Vendor(scope) => {
            views.is_vendor_scope_current(&scope, now).then_some(Reader::Vendor(scope))
        }
    })
}

/// The changes of one license, for as long as the caller may see it.
pub fn license(
    gate: Gate,
    reader: Reader,
    license: LicenseId,
) -> impl Stream<Item = LicenseChange> {
    let changes = gate.projections.changes();
    futures_util::stream::unfold((gate, changes), move |(gate, mut changes)| async move {
        loop {
            let heard = changes.next().await?;
            let reader = again(&gate, reader)?;
            let (fact, position, recorded_at) = match &heard {
                Heard::Change(change) if concerns(&gate, reader, license, change.stream) => {
                    let position = LedgerPosition(change.position);
                    (fact_of(change), Some(position), Some(change.recorded_at.into()))
                }
                Heard::Change(_) => continue,
                Heard::Missed => ("missed".to_owned(), None, None),
            };
            let now = Moment::Live(gate.now());
            let found = seen(&gate, reader, license, now).await.ok().flatten();
            let found = found.map(|seen| shown(&gate, reader, seen));
            let change = LicenseChange { license: found, fact, position, recorded_at };
            return Some((change, (gate, changes)));
        }
    })
}

fn concerns(gate: &Gate, reader: Reader, license: LicenseId, stream: StreamName) -> bool {
    match stream.kind {
        StreamKind::License => stream.id == license.uuid(),
        StreamKind::Meter => gate.projections.read(|views| {
            let meters = with_scope!(reader, |scope| views.meters(scope, license).cloned());
            let meter = MeterId::new(stream.id);
            meters.is_some_and(|meters| meters.notes.values().any(|note| note.meter == meter))
        }),
        StreamKind::Ledger
        | StreamKind::Product
        | StreamKind::Account
        | StreamKind::Staff
        | StreamKind::Access
        | StreamKind::Claim
        | StreamKind::Policy
        | StreamKind::Notices => false,
    }
}

/// The changes of an account and of those below it, as far as the caller may see them.
pub fn account(
    gate: Gate,
    reader: Reader,
    account: Option<AccountId>,
) -> impl Stream<Item = AccountChange> {
    let changes = gate.projections.changes();
    futures_util::stream::unfold((gate, changes), move |(gate, mut changes)| async move {
        loop {
            let heard = changes.next().await?;
            let reader = again(&gate, reader)?;
            let change = match heard {
                Heard::Missed => Some(AccountChange {
                    account_id: account.map(|account| account.to_string().into()),
                    license_id: None,
                    fact: "missed".to_owned(),
                    position: None,
                    recorded_at: None,
                }),
                Heard::Change(change) => of_account(&gate, reader, account, &change),
            };
            if let Some(change) = change {
                return Some((change, (gate, changes)));
            }
        }
    })
}

fn of_account(
    gate: &Gate,
    reader: Reader,
    account: Option<AccountId>,
    change: &Change,
) -> Option<AccountChange> {
    let tenant = change.tenant?;
    if account.is_some_and(|account| account != tenant) {
        return None;
    }
    // What somebody was told is that person's business alone.
    let is_own = matches!(reader.actor(), Actor::Member(own) if own.uuid() == change.stream.id);
    let license = match change.stream.kind {
        StreamKind::License => Some(LicenseId::new(change.stream.id)),
        StreamKind::Notices if is_own => None,
        // Credentials are nobody else's business, and a claim is no part of an account.
        StreamKind::Access
        | StreamKind::Claim
        | StreamKind::Notices
        | StreamKind::Staff
        | StreamKind::Ledger => return None,
        StreamKind::Account | StreamKind::Meter | StreamKind::Product | StreamKind::Policy => None,
    };
    let visible = gate.projections.read(|views| {
        with_scope!(reader, |scope| match license {
            Some(license) => views.license(scope, license).is_some(),
            None if change.stream.kind == StreamKind::Notices => true,
            None => views.sees_whole_account(scope, tenant),
        })
    });
    visible.then(|| AccountChange {
        account_id: Some(tenant.to_string().into()),
        license_id: license.map(|license| license.to_string().into()),
        fact: fact_of(change),
        position: Some(LedgerPosition(change.position)),
        recorded_at: Some(change.recorded_at.into()),
    })
}
