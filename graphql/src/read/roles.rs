//! What was granted to whom, as the caller may know it.

use async_graphql::{Context, Result};
use ledger::authority::Grant;
use projections::{Scope, Views};
use schemas::{AccountId, GrantId, LicenseId, MemberId};

use super::page_of;
use crate::gate::{Gate, Reader, with_scope};
use crate::scalars::LedgerPosition;
use crate::types::role::{RoleGrant, RoleGrantConnection};

/// How many grants of one person are told at most.
const GRANTS_TOLD_MAX: usize = 100;
/// How many of one license: they are told in lists of licenses too.
const GRANTS_ON_LICENSE_TOLD_MAX: usize = 20;

/// What was granted and is not over: of a person, of a license, or in an account.
fn shown<'a>(
    gate: &Gate,
    views: &Views,
    scope: &impl Scope,
    grants: impl Iterator<Item = &'a Grant>,
    over: bool,
) -> Vec<RoleGrant> {
    let at = gate.now();
    let wanted = grants.filter(|grant| over || grant.is_live(at));
    let row = |grant: &Grant| {
        let may_end = grant.ended_at.is_none() && views.verdict_on_ending(scope, grant).allowed();
        RoleGrant::new(grant, grant.counts(views, at), may_end)
    };
    wanted.map(row).collect()
}

/// What a person may do beside its own role, now.
#[must_use]
pub fn grants_of(gate: &Gate, reader: Reader, member: MemberId) -> Vec<RoleGrant> {
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let mut told = shown(gate, views, scope, views.grants_of(scope, member), false);
            told.truncate(GRANTS_TOLD_MAX);
            told
        })
    })
}

/// Who looks after one license beside those who look after the whole account, now.
#[must_use]
pub fn grants_on(
    gate: &Gate,
    reader: Reader,
    account: AccountId,
    license: LicenseId,
) -> Vec<RoleGrant> {
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let all = views.grants_in(scope, account);
            let on = all.filter(|grant| grant.license == Some(license));
            let mut told = shown(gate, views, scope, on, false);
            told.truncate(GRANTS_ON_LICENSE_TOLD_MAX);
            told
        })
    })
}

/// A grant by its id, as it is now.
#[must_use]
pub fn grant(gate: &Gate, reader: Reader, grant: GrantId) -> Option<RoleGrant> {
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            shown(gate, views, scope, views.granted(scope, grant).into_iter(), true).pop()
        })
    })
}

/// A page of what was granted in an account, in those below it, and on their licenses, account by account.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn grants_in(
    ctx: &Context<'_>,
    account: AccountId,
    over: bool,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<RoleGrantConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let (found, position) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let found = shown(gate, views, scope, views.grants_in_tree(scope, account), over);
            (found, views.position().map(LedgerPosition))
        })
    });
    let key = |grant: &RoleGrant| [grant.account_id.as_bytes(), grant.id.as_bytes()].concat();
    let mut rows: Vec<_> = found.into_iter().map(|grant| (key(&grant), grant)).collect();
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (rows, meta) = page_of("grants", rows, first, after, position)?;
    Ok(RoleGrantConnection::new(rows, meta))
}
