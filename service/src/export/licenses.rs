//! The licenses of a moment as a table for finance, folded from the log: the same moment gives the same bytes.

use std::collections::BTreeMap;
use std::io::Write;

use ledger::Decider;
use ledger::license::{ActivationKind, LicenseRules, State};
use ledger::license_key::mask;
use ledger::product::{self, ProductRules};
use ledger::status::status;
use ledger_log::RecordedEvent;
use schemas::account::{AccountEvent, AccountProfile};
use schemas::catalog::SourceRef;
use schemas::license::{Acquisition, LicenseEvent, LicenseSecret};
use schemas::{AccountId, LedgerEvent, LicenseId, Personal, ProductId, Quantity, Timestamp};

use super::table::text;
use super::{ExportError, Ledger, Selection};
use crate::moment::rfc3339;

const BATCH: usize = 1_000;

/// The columns of the table.
pub const COLUMNS: [&str; 17] = [
    "license",
    "license_external_id",
    "key",
    "account",
    "customer_external_id",
    "customer",
    "product",
    "source",
    "source_version",
    "acquired",
    "issued_at",
    "term_start",
    "term_end",
    "status",
    "seats",
    "seats_assigned",
    "devices_active",
];

/// What the table is made of.
#[derive(Default)]
struct Fold {
    products: BTreeMap<ProductId, product::State>,
    accounts: BTreeMap<AccountId, Personal<AccountProfile>>,
    licenses: BTreeMap<LicenseId, License>,
}

#[derive(Default)]
struct License {
    state: State,
    secret: Option<LicenseSecret>,
}

/// Writes the table as it was, with the status at this instant, and returns how many licenses it has.
pub(super) async fn write(
    ledger: &Ledger<'_>,
    selection: &Selection,
    at: Timestamp,
    out: &mut (dyn Write + Send),
) -> Result<u64, ExportError> {
    let mut fold = Fold::default();
    let mut after = None;
    'log: loop {
        let batch = ledger.log.read_all(after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = Some(last.position);
        for stored in &batch {
            if !ledger.upper.holds(stored) {
                break 'log;
            }
            let event = ledger.decode(stored, selection.with_personal)?;
            fold.remember(&event);
        }
    }
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let failed = |error: csv::Error| ExportError::Write(std::io::Error::other(error));
    writer.write_record(COLUMNS).map_err(failed)?;
    let mut rows = 0;
    for (id, license) in &fold.licenses {
        let Some(row) = fold.row(*id, license, selection, at) else { continue };
        writer.write_record(&row).map_err(failed)?;
        rows += 1;
    }
    writer.flush().map_err(ExportError::Write)?;
    Ok(rows)
}

impl Fold {
    fn remember(&mut self, recorded: &RecordedEvent) {
        let (id, at) = (recorded.header.stream.id, recorded.header.effective_at);
        match &recorded.event {
            LedgerEvent::Product(event) => {
                let state = self.products.entry(ProductId::new(id)).or_default();
                ProductRules::evolve(state, event, at);
            }
            LedgerEvent::Account(AccountEvent::AccountOpened(opened)) => {
                self.accounts.insert(opened.account, opened.personal.clone());
            }
            LedgerEvent::Account(AccountEvent::AccountPromoted(promoted)) => {
                self.accounts.insert(AccountId::new(id), promoted.personal.clone());
            }
            LedgerEvent::Account(AccountEvent::MemberProfileChanged(changed)) => {
                let called = self.accounts.get_mut(&AccountId::new(id));
                // The account of a person is called as the person is.
                if let Some(called) = called.filter(|one| one.subject == changed.personal.subject) {
                    let person = changed.personal.value.as_ref();
                    called.value = person.map(|person| AccountProfile {
                        name: person.name.clone(),
                        external_id: person.external_id.clone(),
                    });
                }
            }
            LedgerEvent::License(event) => {
                let license = self.licenses.entry(LicenseId::new(id)).or_default();
                if let LicenseEvent::LicenseIssued(issued) = event {
                    license.secret.clone_from(&issued.personal.value);
                }
                LicenseRules::evolve(&mut license.state, event, at);
            }
            LedgerEvent::Account(
                AccountEvent::MemberAdded(_)
                | AccountEvent::MemberRoleChanged(_)
                | AccountEvent::MemberSuspended(_)
                | AccountEvent::MemberRestored(_)
                | AccountEvent::MemberErased(_)
                | AccountEvent::ContractDefaultsSet(_)
                | AccountEvent::AccountErased(_)
                | AccountEvent::RoleGranted(_)
                | AccountEvent::RoleGrantEnded(_)
                | AccountEvent::PartnerLinked(_)
                | AccountEvent::PartnerUnlinked(_)
                | AccountEvent::SecondFactorRuleSet(_)
                | AccountEvent::LegalHoldPlaced(_)
                | AccountEvent::LegalHoldLifted(_)
                | AccountEvent::IdentityProviderConnected(_)
                | AccountEvent::IdentityProviderDisconnected(_)
                | AccountEvent::IdentityLinked(_)
                | AccountEvent::IdentityUnlinked(_)
                | AccountEvent::SingleSignOnRequired(_)
                | AccountEvent::SingleSignOnNoLongerRequired(_),
            )
            | LedgerEvent::Ledger(_)
            | LedgerEvent::Meter(_)
            | LedgerEvent::Staff(_)
            | LedgerEvent::Access(_)
            | LedgerEvent::Claim(_)
            | LedgerEvent::Policy(_)
            | LedgerEvent::Notices(_) => {}
        }
    }

    fn row(
        &self,
        id: LicenseId,
        license: &License,
        selection: &Selection,
        at: Timestamp,
    ) -> Option<[String; COLUMNS.len()]> {
        let state = &license.state;
        let issued = state.issued.as_ref()?;
        if selection.tenant.is_some_and(|tenant| tenant != issued.account) {
            return None;
        }
        let product = self.products.get(&issued.product);
        let code = product.and_then(|product| product.published.as_ref());
        let code = code.map(|published| published.code.to_string()).unwrap_or_default();
        let (source, version) = state.source.map(|source| named(product, source))?;
        let customer = self.accounts.get(&issued.account).and_then(|one| one.value.as_ref());
        let secret = license.secret.as_ref();
        let cell = |value: Option<&str>| text(value.unwrap_or_default()).into_owned();
        Some([
            id.to_string(),
            cell(secret.and_then(|secret| secret.external_id.as_deref())),
            cell(secret.map(|secret| mask(&secret.key)).as_deref()),
            issued.account.to_string(),
            cell(customer.and_then(|customer| customer.external_id.as_deref())),
            cell(customer.map(|customer| customer.name.as_str())),
            code,
            source,
            version.to_string(),
            acquired(issued.acquired).to_owned(),
            rfc3339(issued.at),
            state.term.map(|term| rfc3339(term.from)).unwrap_or_default(),
            state.term.and_then(|term| term.until).map(rfc3339).unwrap_or_default(),
            status(state, at).displayed.name().to_owned(),
            quantity(state.seats_granted()),
            state.seats_assigned().to_string(),
            state.live_count(ActivationKind::Device).to_string(),
        ])
    }
}

/// The code and version of what a license is on.
fn named(product: Option<&product::State>, source: SourceRef) -> (String, u32) {
    match source {
        SourceRef::Offering(source) => {
            let known = product.and_then(|product| product.offering_version(source));
            (known.map(|known| known.code.to_string()).unwrap_or_default(), source.version)
        }
        SourceRef::Bundle(source) => {
            let known = product.and_then(|product| product.bundle_version(source));
            (known.map(|known| known.code.to_string()).unwrap_or_default(), source.version)
        }
    }
}

const fn acquired(acquired: Acquisition) -> &'static str {
    match acquired {
        Acquisition::Order => "order",
        Acquisition::Import => "import",
        Acquisition::Promotion => "promotion",
        Acquisition::Trial => "trial",
    }
}

fn quantity(quantity: Quantity) -> String {
    quantity.limit().map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string())
}
