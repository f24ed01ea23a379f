//! Between views and what a snapshot keeps of them: taken out quickly under the lock by sharing,
//! put back as lists and as rows that are still bytes.

use std::sync::Arc;

use ledger_log::Keystore;
use schemas::{AccountId, Code, LicenseId, ProductId};
use uuid::Uuid;

use super::Unfit;
use crate::digest::{Digests, ViewDigest};
use crate::kept::{FrozenRows, Place, Rows, Source};
use crate::views::access::{Access, CredentialsRow, FrozenAccess};
use crate::views::accounts::{AccountRow, Accounts, FrozenAccounts};
use crate::views::audit::{Audit, Trail};
use crate::views::catalog::{Catalog, NoticePolicyRow, ProductRow};
use crate::views::directory::{Directory, FrozenDirectory};
use crate::views::entitlements::{Entitlements, FrozenEntitlements, LicenseMeters, LicenseRow};
use crate::views::{LastEvent, Views};

/// What all views hold at one position.
pub(crate) struct Frozen {
    pub last: LastEvent,
    pub digests: Digests,
    pub codes: Vec<(Code, ProductId)>,
    pub products: Vec<Arc<ProductRow>>,
    pub notice: Vec<Arc<NoticePolicyRow>>,
    pub tables: Tables,
    pub accounts: FrozenRows<AccountId, AccountRow>,
    pub credentials: FrozenRows<Uuid, CredentialsRow>,
    pub licenses: FrozenRows<LicenseId, LicenseRow>,
    pub meters: FrozenRows<LicenseId, LicenseMeters>,
}

/// What views hold beside their rows.
pub(crate) struct Tables {
    pub access: FrozenAccess,
    pub accounts: FrozenAccounts,
    pub audit: Trail,
    pub directory: FrozenDirectory,
    pub entitlements: FrozenEntitlements,
}

/// Where the rows are.
pub(crate) struct Places {
    pub accounts: Vec<(AccountId, Place)>,
    pub credentials: Vec<(Uuid, Place)>,
    pub licenses: Vec<(LicenseId, Place)>,
    pub meters: Vec<(LicenseId, Place)>,
}

/// What the views hold now; `None` while they hold nothing.
pub(crate) fn freeze(views: &Views) -> Option<Frozen> {
    Some(Frozen {
        last: views.last?,
        digests: views.digests(),
        codes: views.catalog.codes(),
        products: views.catalog.rows().cloned().collect(),
        notice: views.catalog.notice().cloned().collect(),
        tables: Tables {
            access: views.access.freeze(),
            accounts: views.accounts.freeze(),
            audit: views.audit.freeze(),
            directory: views.directory.freeze(),
            entitlements: views.entitlements.freeze(),
        },
        accounts: views.accounts.rows().freeze(),
        credentials: views.access.credentials().freeze(),
        licenses: views.entitlements.licenses().freeze(),
        meters: views.entitlements.meters().freeze(),
    })
}

/// What a snapshot kept, read but not put together.
pub(crate) struct Thawing {
    pub last: LastEvent,
    /// The state of the audit trail, which is not hashed anew.
    pub audit: ViewDigest,
    pub codes: Vec<(Code, ProductId)>,
    pub products: Vec<ProductRow>,
    pub notice: Vec<NoticePolicyRow>,
    pub tables: Tables,
    pub places: Places,
}

impl Thawing {
    /// The views, their rows still bytes.
    pub(crate) fn finish(self, rows: Vec<u8>, keys: &Arc<Keystore>) -> Views {
        let Self { last, audit, codes, products, notice, tables, places } = self;
        let source = Arc::new(Source::new(rows, Arc::clone(keys)));
        let metered = tables.entitlements.metered.iter().copied().collect();
        let accounts = Rows::restored(places.accounts, &source);
        let credentials = Rows::restored(places.credentials, &source);
        let licenses = Rows::restored(places.licenses, &source);
        let meters = Rows::restored(places.meters, &source);
        let mut views = Views::new();
        views.last = Some(last);
        views.catalog = Catalog::restored(codes, products, notice);
        views.accounts = Accounts::restored(tables.accounts, accounts);
        views.directory = Directory::restored(tables.directory);
        views.entitlements = Entitlements::restored(tables.entitlements, licenses, meters);
        views.access = Access::restored(tables.access, credentials);
        views.audit = Audit::restored(tables.audit, &audit, metered);
        views.source = Some(source);
        views
    }
}

/// How many rows of each kind are looked into before a snapshot is used.
const ROWS_TRIED: usize = 16;

/// Whether rows from everywhere can be decoded and are what they were hashed to: a snapshot of
/// another version of the program shows itself here, if it was not found out before.
pub(crate) fn try_some(views: &Views) -> Result<(), Unfit> {
    views.first_wrong_row(ROWS_TRIED).map_or(Ok(()), |view| {
        let failure = views.source.as_ref().and_then(|source| source.failure());
        Err(failure
            .map_or_else(|| Unfit::State(view.to_string()), |why| Unfit::Row(why.to_owned())))
    })
}
