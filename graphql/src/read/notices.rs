//! What the caller was told without asking.

use async_graphql::Error;
use projections::TenantScope;
use schemas::{LicenseId, Revision};

use super::page_of;
use crate::gate::Gate;
use crate::notices::{advice, title};
use crate::scalars::LedgerPosition;
use crate::types::notification::{Notification, NotificationChoices, NotificationConnection};

const LIST: &str = "notifications";

/// A page of what the caller was told, the newest first.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn notifications(
    gate: &Gate,
    scope: &TenantScope,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<NotificationConnection, Error> {
    let position = gate.projections.position().map(LedgerPosition);
    let own = gate.projections.read(|views| views.own_credentials(scope).cloned());
    let read = own.as_ref().and_then(|own| own.notices.read);
    let rows = own.iter().flat_map(|own| own.notices.list());
    // The newest has the largest number, and stands first.
    let rows =
        rows.map(|(number, row)| ((Revision::MAX - number).to_be_bytes().to_vec(), (number, *row)));
    let (rows, meta) = page_of(LIST, rows.collect(), first, after, position)?;
    let told = rows.into_iter().map(|(cursor, (number, row))| {
        let license = row.license.and_then(|license| known(gate, scope, license));
        let told = Notification {
            number: i32::try_from(number).unwrap_or(i32::MAX),
            topic: row.topic.into(),
            title: title(row.notice).to_owned(),
            text: advice(row.notice).to_owned(),
            at: row.at.into(),
            read: Some(number) <= read,
            license_id: license.as_ref().map(|(license, _)| license.to_string().into()),
            product_name: license.map(|(_, name)| name),
        };
        (cursor, told)
    });
    Ok(NotificationConnection::new(told.collect(), meta))
}

/// How many of them the caller has not seen.
pub fn unread(gate: &Gate, scope: &TenantScope) -> i32 {
    let own = gate.projections.read(|views| views.own_credentials(scope).cloned());
    own.map_or(0, |own| i32::try_from(own.notices.unread()).unwrap_or(i32::MAX))
}

/// What the caller wants to be told.
pub fn choices(gate: &Gate, scope: &TenantScope) -> NotificationChoices {
    let own = gate.projections.read(|views| views.own_credentials(scope).cloned());
    let chosen = own.and_then(|own| own.notification_choices().cloned());
    NotificationChoices::of(&chosen.unwrap_or_default())
}

/// A license and the name of its product, as long as the caller may see it.
fn known(gate: &Gate, scope: &TenantScope, license: LicenseId) -> Option<(LicenseId, String)> {
    gate.projections.read(|views| {
        let row = views.license(scope, license)?;
        let product = views.product(scope, row.product)?;
        Some((license, product.state.published.as_ref()?.name.clone()))
    })
}
