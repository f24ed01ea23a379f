//! Finding things: by license key, device, domain, e-mail, a number of the vendor's own, or the
//! beginning of a word.

use async_graphql::{Context, Result, SimpleObject, Union};
use projections::views::directory::Found;
use std::collections::BTreeSet;

use crate::gate::{Gate, Reader, with_scope};
use crate::read::{self, Moment};
use crate::types::account::Account;
use crate::types::device::Device;
use crate::types::holder::Member;
use crate::types::license::License;

/// The most things that one search finds.
const FOUND_MAX: usize = 50;

/// Something that was found.
#[derive(Debug, Clone, Union)]
pub enum FoundThing {
    /// An account.
    Account(Account),
    /// A person of an account.
    Member(Member),
    /// A license.
    License(Box<License>),
    /// A device or domain.
    Device(Device),
}

/// What a search found, and by what.
#[derive(Debug, Clone, SimpleObject)]
pub struct FindResult {
    /// What was found.
    pub found: FoundThing,
    /// By what: `license_key`, `device`, `domain`, `email`, `external_id` or `text`.
    pub matched_by: String,
}

/// Everything that this text finds: exact keys, fingerprints, domains, e-mails and numbers first,
/// then beginnings.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn find(ctx: &Context<'_>, text: &str) -> Result<Vec<FindResult>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let text = ledger::license_key::shown_end(text.trim());
    if text.is_empty() {
        return Ok(Vec::new());
    }
    gate.projections.searchable().await;
    let mut results = Vec::new();
    for (found, matched_by) in things(gate, reader, text) {
        if results.len() >= FOUND_MAX {
            break;
        }
        if let Some(found) = show(gate, reader, found).await? {
            results.push(FindResult { found, matched_by: matched_by.to_owned() });
        }
    }
    Ok(results)
}

fn things(gate: &Gate, reader: Reader, text: &str) -> Vec<(Found, &'static str)> {
    let keystore = gate.ledger.codec().keystore();
    let key = keystore.digest("license_key", ledger::license_key::normalize(text).as_bytes());
    let email = keystore.digest("email", text.to_lowercase().as_bytes());
    let bindings = read::binding_digests(gate, text);
    gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let mut all = Vec::new();
            for (kind, digest) in bindings {
                all.extend(
                    views
                        .find_bindings(scope, &digest)
                        .into_iter()
                        .map(|bound| (Found::Device(bound), kind)),
                );
            }
            all.extend(
                views
                    .find_license_by_key(scope, &key)
                    .map(|license| (Found::License(license), "license_key")),
            );
            all.extend(
                views
                    .find_member_by_email(scope, &email)
                    .map(|member| (Found::Member(member), "email")),
            );
            all.extend(
                views
                    .find_by_external_id(scope, text)
                    .into_iter()
                    .map(|found| (found, "external_id")),
            );
            all.extend(
                views.search(scope, text, FOUND_MAX).into_iter().map(|found| (found, "text")),
            );
            let mut seen = BTreeSet::new();
            all.retain(|(found, _)| seen.insert(*found));
            all
        })
    })
}

async fn show(gate: &Gate, reader: Reader, found: Found) -> Result<Option<FoundThing>> {
    match found {
        Found::License(license) => {
            let seen = read::seen(gate, reader, license, Moment::Live(gate.now())).await?;
            let license = seen.map(|seen| read::shown(gate, reader, seen));
            Ok(license.map(|license| FoundThing::License(Box::new(license))))
        }
        Found::Device(bound) => {
            let seen = read::seen(gate, reader, bound.license, Moment::Live(gate.now())).await?;
            let device = seen.and_then(|seen| Device::new(&seen.facts, bound.activation, seen.at));
            Ok(device.map(FoundThing::Device))
        }
        Found::Member(member) => Ok(read::person(gate, reader, member).map(FoundThing::Member)),
        Found::Account(account) => Ok(gate.projections.read(|views| {
            let row = with_scope!(reader, |scope| views.account(scope, account).cloned());
            row.map(|row| FoundThing::Account(Account::from(&*row)))
        })),
    }
}
