//! Between views and the rows of a snapshot: taken out quickly under the lock by sharing, put back
//! one by one.

use std::sync::Arc;

use schemas::{Code, Digest, LicenseId, MemberId, ProductId, StaffId};
use serde::{Deserialize, Serialize};

use crate::digest::Digests;
use crate::views::access::{CredentialsRow, StaffRow};
use crate::views::accounts::AccountRow;
use crate::views::audit::{Audit, AuditRecord};
use crate::views::catalog::ProductRow;
use crate::views::entitlements::{Entitlements, LicenseMeters, LicenseRow};
use crate::views::{LastEvent, Views};

/// What all views hold at one position. The rows are shared with the views, not copied.
pub(crate) struct Frozen {
    pub last: LastEvent,
    pub digests: Digests,
    pub firsts: Firsts,
    pub audit: Vec<AuditRecord>,
    pub products: Vec<Arc<ProductRow>>,
    pub accounts: Vec<Arc<AccountRow>>,
    pub staff: Vec<Arc<StaffRow>>,
    pub credentials: Vec<Arc<CredentialsRow>>,
    pub licenses: Vec<Arc<LicenseRow>>,
    pub meters: Vec<(LicenseId, Arc<LicenseMeters>)>,
}

/// Who had a value first, where the order of the log decides and the rows do not tell.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Firsts {
    pub codes: Vec<(Code, ProductId)>,
    pub keys: Vec<(Digest, LicenseId)>,
    pub member_emails: Vec<(Digest, MemberId)>,
    pub staff_emails: Vec<(Digest, StaffId)>,
}

/// What the views hold now; `None` while they hold nothing.
pub(crate) fn freeze(views: &Views) -> Option<Frozen> {
    Some(Frozen {
        last: views.last?,
        digests: views.digests(),
        firsts: Firsts {
            codes: views.catalog.codes(),
            keys: views.directory.license_keys(),
            member_emails: views.access.member_emails(),
            staff_emails: views.access.staff_emails(),
        },
        audit: views.audit.records(),
        products: views.catalog.rows().cloned().collect(),
        accounts: views.accounts.rows().cloned().collect(),
        staff: views.access.staff_rows().cloned().collect(),
        credentials: views.access.credentials_rows().cloned().collect(),
        licenses: views.entitlements.rows().cloned().collect(),
        meters: views.entitlements.meter_rows().map(|(id, one)| (id, Arc::clone(one))).collect(),
    })
}

/// Views that are put back together.
#[derive(Default)]
pub(crate) struct Thawing(Views);

impl Thawing {
    pub(crate) fn firsts(&mut self, firsts: Firsts) {
        let views = &mut self.0;
        views.catalog.restore_codes(firsts.codes);
        for (email, member) in &firsts.member_emails {
            views.access.add_member(*email, *member);
        }
        views.directory.restore(firsts.keys, firsts.member_emails);
        views.access.restore_staff_emails(firsts.staff_emails);
    }

    /// The whole audit trail.
    pub(crate) fn audit(&mut self, audit: Audit) {
        self.0.audit = audit;
    }

    pub(crate) fn product(&mut self, row: ProductRow) {
        self.0.catalog.restore(row);
    }

    pub(crate) fn account(&mut self, row: AccountRow) {
        let views = &mut self.0;
        views.directory.add_account(&row);
        row.members.values().for_each(|member| views.directory.add_member(member));
        views.accounts.restore(row);
    }

    pub(crate) fn staff(&mut self, row: StaffRow) {
        self.0.access.restore_staff(row);
    }

    pub(crate) fn credentials(&mut self, row: CredentialsRow) {
        self.0.access.restore_credentials(row);
    }

    /// All licenses, still without their meters.
    pub(crate) fn licenses(&mut self, entitlements: Entitlements) {
        entitlements.rows().for_each(|row| self.0.directory.add_license(row));
        self.0.entitlements = entitlements;
    }

    pub(crate) fn meters(&mut self, license: LicenseId, meters: LicenseMeters) {
        for note in meters.notes.values() {
            self.0.audit.restore_meter(note.meter, license);
        }
        self.0.entitlements.restore_meters(license, meters);
    }

    pub(crate) fn finish(mut self, last: LastEvent) -> Views {
        self.0.last = Some(last);
        self.0
    }
}
