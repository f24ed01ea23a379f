//! Who acts for whom, and whose seats are whose, as the caller may know it.

use ledger::authority::{self, Action, Resource};
use ledger::license::Shares;
use projections::{Scope, Views};
use schemas::AccountId;

use super::Seen;
use crate::gate::{Gate, Reader, with_scope};
use crate::scalars::BigInt;
use crate::types::entitlement::{SeatAllocation, SeatCounts};
use crate::types::partner::PartnerLink;

/// How many links are told at most.
const LINKS_TOLD_MAX: usize = 100;

fn shown<'a>(
    gate: &Gate,
    views: &Views,
    scope: &impl Scope,
    links: impl Iterator<Item = &'a authority::PartnerLink>,
    over: bool,
) -> Vec<PartnerLink> {
    let at = gate.now();
    let row = |link: &authority::PartnerLink| {
        let customer = Resource::Account(link.customer);
        let may_end = link.ended_at.is_none()
            && views.verdict(scope, Action::ManagePartners, customer).allowed();
        PartnerLink::new(link, views.linked_names(link), link.is_live(at), may_end)
    };
    links.filter(|link| over || link.is_live(at)).take(LINKS_TOLD_MAX).map(row).collect()
}

/// Who acts for an account and those below it; with `over` also what is over.
#[must_use]
pub fn partners_of(
    gate: &Gate,
    reader: Reader,
    account: AccountId,
    over: bool,
) -> Vec<PartnerLink> {
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            shown(gate, views, scope, views.partners(scope, account), over)
        })
    })
}

/// For whom the people of an account act; with `over` also what is over.
#[must_use]
pub fn customers_of(
    gate: &Gate,
    reader: Reader,
    account: AccountId,
    over: bool,
) -> Vec<PartnerLink> {
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            shown(gate, views, scope, views.customers_of(scope, account), over)
        })
    })
}

/// Which accounts have seats of a license for their own people, as far as the caller reads everything of them.
#[must_use]
pub fn allocations(gate: &Gate, reader: Reader, seen: &Seen) -> Vec<SeatAllocation> {
    let row = &seen.facts.license;
    let (shares, granted) = (Shares::of(&row.state), row.state.seats_granted());
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let whole = views.sees_whole_license(scope, row.license);
            let told = shares
                .accounts
                .iter()
                .filter(|(account, _)| whole || views.sees_whole_account(scope, **account));
            let told = told.map(|(account, share)| {
                let resource = Resource::Seats(row.license, *account);
                SeatAllocation {
                    account_id: account.to_string().into(),
                    account_name: views
                        .name_with_seats(scope, row.license, *account)
                        .map(str::to_owned),
                    seats: BigInt(share.seats),
                    capped: share.capped,
                    assigned: BigInt(share.assigned),
                    available: shares.free(*account, granted).map(BigInt),
                    may_change: views.verdict(scope, Action::AllocateSeats, resource).allowed(),
                }
            });
            told.collect()
        })
    })
}

/// The seats of these licenses together: where a license is another account's, those that are for the people of the account
/// that is asked about, or for those whom the caller reads everything of. Licenses that are over for good have none.
#[must_use]
pub fn seats(gate: &Gate, reader: Reader, account: Option<AccountId>, rows: &[Seen]) -> SeatCounts {
    let live = rows.iter().filter(|seen| seen.facts.license.state.revoked.is_none());
    live.fold(SeatCounts::none(), |total, seen| {
        let row = &seen.facts.license;
        let counted = gate.projections.read(|views| {
            with_scope!(reader, |scope| views.seats_counted_for(scope, row.license, account))
        });
        let one = match counted {
            None => ledger::entitlements::seats(&row.state).into(),
            Some(accounts) => {
                let shares = Shares::of(&row.state);
                let own = accounts.iter().filter_map(|account| shares.accounts.get(account));
                own.fold(SeatCounts::none(), |sum, share| sum.and(&SeatCounts::from(*share)))
            }
        };
        total.and(&one)
    })
}
