//! Lists of products and accounts, an account at a past moment, and numbers at a glance.

use async_graphql::{Context, Result};
use projections::page::Window;
use schemas::{AccountId, ProductId};

use super::{AsOfInput, LicenseWanted, Moment, counts, every_license, moment, note_narrowing};
use crate::error::load_fault;
use crate::gate::{Gate, Reader, with_scope};
use crate::page::{PageMeta, encode_cursor};
use crate::scalars::LedgerPosition;
use crate::types::account::{Account, window};
use crate::types::catalog::Product;
use crate::types::dashboard::Dashboard;
use crate::types::lists::{AccountConnection, ProductConnection};

const PRODUCTS: &str = "products";
const ACCOUNTS: &str = "accounts";
/// How far the number of products is counted.
const COUNTED_MAX: usize = 1_000;

/// A page of products.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn products(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<ProductConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let window = window(PRODUCTS, first, after, ProductId::new)?;
    let (page, meta) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let page = views.products(scope, &window);
            let total = views.products(scope, &Window::first(COUNTED_MAX)).rows.len();
            let (more_before, more_after) = (page.more_before, page.more_after);
            let position = views.position().map(LedgerPosition);
            (page.rows, PageMeta { more_before, more_after, total, position })
        })
    });
    let rows = page.iter().filter_map(|row| {
        Some((encode_cursor(PRODUCTS, &row.product.bytes()), Product::new(&row.state)?))
    });
    Ok(ProductConnection::new(rows.collect(), meta))
}

/// A page of the accounts that the caller may see.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn accounts(
    ctx: &Context<'_>,
    roots: bool,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<AccountConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let window = window(ACCOUNTS, first, after, AccountId::new)?;
    let (page, meta) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let page = views.accounts(scope, roots, &window);
            let total = views.account_count(scope, roots);
            let (more_before, more_after) = (page.more_before, page.more_after);
            let position = views.position().map(LedgerPosition);
            (page.rows, PageMeta { more_before, more_after, total, position })
        })
    });
    let rows = page
        .iter()
        .map(|row| (encode_cursor(ACCOUNTS, &row.account.bytes()), Account::from(&**row)));
    Ok(AccountConnection::new(rows.collect(), meta))
}

/// An account; null when it is unknown or somebody else's.
///
/// # Errors
/// When the moment is wrong, or the ledger cannot be read.
pub async fn account(
    ctx: &Context<'_>,
    account: AccountId,
    as_of: Option<AsOfInput>,
    at_least: Option<&str>,
) -> Result<Option<Account>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let row = match moment(gate, as_of, at_least).await? {
        Moment::Live(_) => gate
            .projections
            .read(|views| with_scope!(reader, |scope| views.account(scope, account).cloned())),
        Moment::Past(as_of) => {
            let row = with_scope!(reader, |scope| {
                gate.projections.account_as_of(scope, account, as_of).await
            });
            row.map_err(|error| load_fault(&error))?
        }
    };
    Ok(row.map(|row| Account::from(&*row)))
}

/// Numbers at a glance. Seats, devices and health are looked at for who asks for them only: they take every
/// license.
///
/// # Errors
/// When the moment is wrong, there are too many licenses, or the ledger cannot be read.
pub async fn dashboard(
    ctx: &Context<'_>,
    wanted: &LicenseWanted,
    as_of: Option<AsOfInput>,
    at_least: Option<&str>,
) -> Result<Dashboard> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    note_narrowing(ctx, gate, reader, wanted);
    let moment = moment(gate, as_of, at_least).await?;
    let (counted, position) = counts(gate, reader, wanted, moment).await?;
    let ahead = ctx.look_ahead();
    let of_rows = ["seats", "devices", "health", "quotas", "quotaCount"];
    let rows = if of_rows.iter().any(|field| ahead.field(field).exists()) {
        every_license(gate, reader, wanted, moment).await?
    } else {
        Vec::new()
    };
    Ok(Dashboard::new(
        gate,
        reader,
        &counted,
        (wanted.account, &rows),
        moment.at().into(),
        position,
    ))
}
