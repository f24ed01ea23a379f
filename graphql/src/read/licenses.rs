//! Lists over licenses: the list itself, counts by status, entitlements by product and module,
//! seats.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, Result};
use ledger::status::Displayed;
use projections::as_of::AsOf;
use projections::page::Window;
use projections::views::Views;
use projections::views::directory::{Found, SEARCH_RESULTS_MAX};
use projections::views::entitlements::{LicenseFilter, LicenseRow, Searched};
use schemas::{AccountId, Digest, LicenseId, ProductId, Timestamp};

use super::{AsOfInput, Moment, Seen, moment, page_of, position_of, shown};
use crate::error::{bad_input, load_fault};
use crate::gate::{Gate, Reader, key_uuid, with_scope};
use crate::page::{PageMeta, decode_cursor, encode_cursor, rows_asked};
use crate::scalars::LedgerPosition;
use crate::types::entitlement::{Entitlement, ModuleEntitlements, ProductEntitlements};
use crate::types::license::License;
use crate::types::lists::LicenseConnection;
use crate::types::status::LicenseStatus;
use crate::vain::Counting;

const LIST: &str = "licenses";
/// How many rows one read of the views gives: the lock is held for so many rows at most.
const ROWS_PER_READ: usize = 1_000;
/// The most licenses that an answer which is not a page looks at.
const LICENSES_PER_ANSWER_MAX: usize = 10_000;

/// Which licenses are wanted.
#[derive(Debug, Clone, Default)]
pub struct LicenseWanted {
    /// Of this account and those below it.
    pub account: Option<AccountId>,
    /// Of this product.
    pub product: Option<ProductId>,
    /// That stand so.
    pub status: Option<Vec<LicenseStatus>>,
    /// Which a search for this text finds.
    pub text: Option<String>,
}

impl LicenseWanted {
    fn filter(&self, searched: Option<Searched>) -> LicenseFilter {
        let displayed = self.status.as_ref().map(|wanted| {
            wanted.iter().map(|status| Displayed::from(*status)).collect::<BTreeSet<_>>()
        });
        LicenseFilter {
            account: self.account,
            sub_accounts: true,
            product: self.product,
            member: None,
            displayed,
            searched,
        }
    }
}

/// A page of licenses, in the order of their ids.
///
/// # Errors
/// When an argument is wrong, or the ledger cannot be read.
pub async fn licenses(
    ctx: &Context<'_>,
    wanted: LicenseWanted,
    first: Option<i32>,
    after: Option<&str>,
    as_of: Option<AsOfInput>,
    at_least: Option<&str>,
) -> Result<LicenseConnection> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    note_narrowing(ctx, gate, reader, &wanted);
    match moment(gate, as_of, at_least).await? {
        Moment::Live(at) => {
            let counted = ctx.look_ahead().field("totalCount").exists();
            let filter = wanted.filter(searched(gate, reader, &wanted).await);
            live((gate, reader), &filter, counted, at, first, after)
        }
        at @ Moment::Past(_) => {
            let rows = every_license(gate, reader, &wanted, at).await?;
            let position = rows.first().and_then(|seen| seen.position);
            let rows = rows.into_iter().map(|seen| (key_of(seen.facts.license.license), seen));
            let (rows, meta) = page_of(LIST, rows.collect(), first, after, position)?;
            let rows = rows.into_iter().map(|(cursor, seen)| (cursor, shown(gate, reader, seen)));
            Ok(LicenseConnection::new(rows.collect(), meta))
        }
    }
}

/// A list of what is somebody else's is empty: that it was asked for does not show in the answer.
pub fn note_narrowing(ctx: &Context<'_>, gate: &Gate, reader: Reader, wanted: &LicenseWanted) {
    let Some(account) = wanted.account else { return };
    let sees = gate
        .projections
        .read(|views| with_scope!(reader, |scope| views.sees_account(scope, account)));
    if !sees {
        Counting::note(ctx, "NOT_FOUND");
    }
}

/// The list as it is now, read page by page from the view itself.
fn live(
    (gate, reader): (&Gate, Reader),
    filter: &LicenseFilter,
    counted: bool,
    at: Timestamp,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<LicenseConnection> {
    let limit = rows_asked(first)?;
    let after = after.map(|cursor| decode_cursor(LIST, cursor)).transpose()?;
    let after = after.map(|key| key_uuid(&key).map(LicenseId::new).ok_or_else(wrong_cursor));
    let window = Window::first(limit).after(after.transpose()?);
    let (rows, meta) = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let page = views.licenses(scope, filter, at, &window);
            // Counting looks at every license: only for who wants to know.
            let counts = counted.then(|| views.license_counts(scope, filter, at));
            let total: u64 = counts.map_or(0, |counts| counts.values().sum());
            let position = views.position().map(LedgerPosition);
            let facts = page.rows.iter().filter_map(|row| views.facts(scope, row.license));
            let seen = facts.map(|facts| Seen { facts, at, position }).collect::<Vec<_>>();
            let total = usize::try_from(total).unwrap_or(usize::MAX);
            let (more_before, more_after) = (page.more_before, page.more_after);
            (seen, PageMeta { more_before, more_after, total, position })
        })
    });
    let rows = rows.into_iter().map(|seen| {
        let cursor = encode_cursor(LIST, &key_of(seen.facts.license.license));
        (cursor, shown(gate, reader, seen))
    });
    Ok(LicenseConnection::new(rows.collect::<Vec<(String, License)>>(), meta))
}

fn wrong_cursor() -> async_graphql::Error {
    bad_input("`after` is not a cursor of this list")
}

fn key_of(license: LicenseId) -> Vec<u8> {
    license.bytes().to_vec()
}

/// Every license that is wanted, at this moment, in the order of their ids.
///
/// # Errors
/// When there are too many for one answer, or the ledger cannot be read.
pub async fn every_license(
    gate: &Gate,
    reader: Reader,
    wanted: &LicenseWanted,
    moment: Moment,
) -> Result<Vec<Seen>> {
    let searched = searched(gate, reader, wanted).await;
    match moment {
        Moment::Live(at) => {
            let filter = wanted.filter(searched);
            gate.projections.read(|views| {
                let position = views.position().map(LedgerPosition);
                let rows = with_scope!(reader, |scope| {
                    all_rows(|window| views.licenses(scope, &filter, at, window).rows)
                })?;
                let facts = rows.iter().filter_map(|row| facts(views, reader, row.license));
                Ok(facts.map(|facts| Seen { facts, at, position }).collect())
            })
        }
        Moment::Past(as_of) => {
            let ids = past_ids(gate, reader, wanted, as_of)?;
            let position = position_of(gate, as_of.known);
            let facts = with_scope!(reader, |scope| {
                gate.projections.facts_of_licenses_as_of(scope, &ids, as_of).await
            });
            let displayed = wanted.filter(None).displayed;
            let facts = facts.map_err(|error| load_fault(&error))?.into_iter().filter(|facts| {
                let status = facts.status(as_of.effective).displayed;
                displayed.as_ref().is_none_or(|wanted| wanted.contains(&status))
                    && searched.as_ref().is_none_or(|searched| searched.leads_to(&facts.license))
            });
            Ok(facts.map(|facts| Seen { facts, at: as_of.effective, position }).collect())
        }
    }
}

fn facts(
    views: &Views,
    reader: Reader,
    license: LicenseId,
) -> Option<projections::evaluation::EvaluationFacts> {
    with_scope!(reader, |scope| views.facts(scope, license))
}

/// All rows of a list that is read by windows.
fn all_rows(
    read: impl Fn(&Window<LicenseId>) -> Vec<std::sync::Arc<LicenseRow>>,
) -> Result<Vec<std::sync::Arc<LicenseRow>>> {
    let mut rows: Vec<std::sync::Arc<LicenseRow>> = Vec::new();
    loop {
        let after = rows.last().map(|row| row.license);
        let next = read(&Window::first(ROWS_PER_READ).after(after));
        let is_last = next.len() < ROWS_PER_READ;
        rows.extend(next);
        if is_last {
            return Ok(rows);
        }
        if rows.len() >= LICENSES_PER_ANSWER_MAX {
            return Err(bad_input(
                "there are too many licenses for one answer: narrow the question",
            ));
        }
    }
}

/// The licenses that there may have been at a past moment: those of the account and of the accounts below it, without
/// those of later.
fn past_ids(
    gate: &Gate,
    reader: Reader,
    wanted: &LicenseWanted,
    as_of: AsOf,
) -> Result<Vec<LicenseId>> {
    let root = wanted.account.or(reader.home());
    let root = root.ok_or_else(|| bad_input("with `asOf`, name the account"))?;
    let filter = LicenseFilter {
        account: Some(root),
        sub_accounts: true,
        product: wanted.product,
        ..LicenseFilter::default()
    };
    let rows = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            all_rows(|window| views.licenses(scope, &filter, as_of.effective, window).rows)
        })
    })?;
    let there = rows
        .iter()
        .filter(|row| row.state.issued.as_ref().is_some_and(|issued| issued.at <= as_of.effective));
    Ok(there.map(|row| row.license).collect())
}

/// What a search finds: by key, number, fingerprint or domain, by the beginning of a word in the names of products,
/// accounts, people and devices, by the end of a key.
async fn searched(gate: &Gate, reader: Reader, wanted: &LicenseWanted) -> Option<Searched> {
    let text = ledger::license_key::shown_end(wanted.text.as_deref()?);
    gate.projections.searchable().await;
    let keystore = gate.ledger.codec().keystore();
    let key = keystore.digest("license_key", ledger::license_key::normalize(text).as_bytes());
    let digests = binding_digests(gate, text);
    Some(gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let mut found = BTreeSet::new();
            found.extend(views.find_license_by_key(scope, &key).map(Found::License));
            found.extend(views.find_by_external_id(scope, text));
            for (_, digest) in digests {
                found.extend(views.find_bindings(scope, &digest).into_iter().map(Found::Device));
            }
            found.extend(views.search(scope, text, SEARCH_RESULTS_MAX));
            Searched { found, products: views.search_products(scope, text).into_iter().collect() }
        })
    }))
}

/// The keyed hashes by which a `device` with this fingerprint, or this `domain`, is found.
#[must_use]
pub fn binding_digests(gate: &Gate, text: &str) -> Vec<(&'static str, Digest)> {
    let keystore = gate.ledger.codec().keystore();
    let device = ("device", keystore.digest("device", text.as_bytes()));
    let domain = ledger::domain_name::normalize(text).ok();
    let domain = domain.map(|name| ("domain", keystore.digest("domain", name.as_str().as_bytes())));
    [device].into_iter().chain(domain).collect()
}

/// How many licenses stand how, under the same filter as the list; and where in the ledger that is
/// true.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn counts(
    gate: &Gate,
    reader: Reader,
    wanted: &LicenseWanted,
    moment: Moment,
) -> Result<(BTreeMap<Displayed, u64>, Option<LedgerPosition>)> {
    if let Moment::Live(at) = moment {
        let filter = wanted.filter(searched(gate, reader, wanted).await);
        return Ok(gate.projections.read(|views| {
            let counts = with_scope!(reader, |scope| views.license_counts(scope, &filter, at));
            (counts, views.position().map(LedgerPosition))
        }));
    }
    let mut counts = BTreeMap::new();
    let rows = every_license(gate, reader, wanted, moment).await?;
    for seen in &rows {
        *counts.entry(seen.facts.status(seen.at).displayed).or_insert(0) += 1;
    }
    Ok((counts, rows.first().and_then(|seen| seen.position)))
}

/// What these licenses give, by product and module.
#[must_use]
pub fn entitlements(rows: &[Seen]) -> Vec<ProductEntitlements> {
    type Modules = BTreeMap<Option<String>, Vec<Entitlement>>;
    let mut products: BTreeMap<ProductId, (ProductEntitlements, Modules)> = BTreeMap::new();
    for Seen { facts, at, .. } in rows {
        let product = &facts.product;
        let (_, modules) = products.entry(product.product).or_insert_with(|| {
            let shown = ProductEntitlements {
                product_id: product.product.to_string().into(),
                product_code: product.code().map(ToString::to_string).unwrap_or_default(),
                product_name: product.name().unwrap_or_default().to_owned(),
                modules: Vec::new(),
            };
            (shown, Modules::new())
        });
        for row in facts.entitlements(*at) {
            let shown = Entitlement::new(facts, &row);
            modules.entry(row.module.clone()).or_default().push(shown);
        }
    }
    let shown = products.into_values().map(|(mut product, modules)| {
        let modules = modules.into_iter();
        product.modules =
            modules.map(|(module, features)| ModuleEntitlements { module, features }).collect();
        product
    });
    shown.collect()
}

/// The first license that the reader may see and that is as wanted.
pub(super) fn find_live(
    gate: &Gate,
    reader: Reader,
    wanted: impl Fn(&LicenseRow) -> bool,
) -> Result<Option<projections::evaluation::EvaluationFacts>> {
    let filter = LicenseFilter::default();
    let at = gate.now();
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let mut after = None;
            loop {
                let window = Window::first(ROWS_PER_READ).after(after);
                let page = views.licenses(scope, &filter, at, &window);
                if let Some(row) = page.rows.iter().find(|row| wanted(row)) {
                    return Ok(views.facts(scope, row.license));
                }
                after = page.rows.last().map(|row| row.license);
                if !page.more_after {
                    return Ok(None);
                }
            }
        })
    })
}
