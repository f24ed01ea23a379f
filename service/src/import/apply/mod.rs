//! What a row becomes: references are found, a command is made, and the ledger's own rules decide it.

mod catalog;
mod claims;
mod compare;
mod license;
mod party;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::account::AccountRules;
use ledger::license::{Issued, LicenseRules};
use ledger::product::ProductRules;
use ledger::{account, product};
use ledger_log::CommandMeta;
use ledger_log::derive::request_digest;
use schemas::{
    AccountId, Actor, CommandId, CorrelationId, Digest, LicenseId, ProductId, Timestamp,
};

use super::names::Names;
use super::report::{Fault, codes};
use super::rows::Row;
use super::target::{Done, Refusal, Target};

pub(crate) use compare::conflict;

/// Turns rows into commands. One for each import; all lanes share it.
pub(crate) struct Importer {
    target: Target,
    names: Names,
    keystore: Arc<ledger_log::Keystore>,
    correlation: CorrelationId,
    accounts: Known<AccountId, account::State>,
    products: Known<ProductId, product::State>,
    licenses: Known<LicenseId, Issued>,
}

/// A row on its way to a command: under which identity, and from when it is true.
struct Intent<'a> {
    row: &'a Row,
    command: CommandId,
    digest: Digest,
    at: Option<Timestamp>,
}

impl Importer {
    pub(crate) fn new(
        target: Target,
        keystore: Arc<ledger_log::Keystore>,
        correlation: CorrelationId,
    ) -> Self {
        Self {
            target,
            names: Names::new(Arc::clone(&keystore)),
            keystore,
            correlation,
            accounts: Known::default(),
            products: Known::default(),
            licenses: Known::default(),
        }
    }

    /// Imports one row.
    pub(crate) async fn apply(&self, row: &Row) -> Result<Done, Refusal> {
        let kind = row.kind().name();
        let intent = Intent {
            row,
            command: self.names.command(kind, &row.identity()),
            digest: request_digest(&self.keystore, kind, &[&row.content()]),
            at: row.at(),
        };
        let done = match row {
            Row::Catalog(item) => self.catalog(&intent, item).await,
            Row::Staff(staff) => self.staff(&intent, staff).await,
            Row::Customer(customer) => self.customer(&intent, customer).await,
            Row::Member(member) => self.member(&intent, member).await,
            Row::License(license) => self.license(&intent, license).await,
            Row::Renewal(renewal) => self.renewal(&intent, renewal).await,
            Row::Seat(seat) => self.seat(&intent, seat).await,
            Row::Device(device) => self.device(&intent, device).await,
            Row::Sighting(sighting) => self.sighting(&intent, sighting).await,
            Row::Blocker(blocker) => self.blocker(&intent, blocker).await,
            Row::Usage(usage) => self.usage(&intent, usage).await,
        };
        done.map_err(|refusal| at_column(row, refusal))
    }

    /// Whether an earlier run took this row; if it took it with other content, what differs.
    async fn taken(&self, intent: &Intent<'_>, tenant: Option<AccountId>) -> Result<bool, Refusal> {
        match self.target.recorded(tenant, intent.command, intent.digest).await? {
            None => Ok(false),
            Some(Ok(())) => Ok(true),
            Some(Err(mismatch)) => {
                let event = self.target.event(mismatch.stream, mismatch.revision).await?;
                Err(conflict(&self.names, intent.row, event.as_ref()).into())
            }
        }
    }

    fn meta(&self, intent: &Intent<'_>, tenant: Option<AccountId>) -> CommandMeta {
        let mut meta = CommandMeta::new(intent.command, intent.digest, Actor::Operator)
            .for_tenant(tenant)
            .correlated(self.correlation);
        meta.effective_at = intent.at;
        meta
    }

    /// A customer that exists. Its members are those of the time it was first asked for: they are imported before
    /// anything that refers to them.
    async fn account(&self, id: AccountId) -> Result<Option<Arc<account::State>>, Refusal> {
        if let Some(known) = self.accounts.get(&id) {
            return Ok(Some(known));
        }
        let state = self.target.state::<AccountRules>(id.into()).await?;
        // Nothing is imported into an account whose data is erased.
        let there = state.opened.is_some() && state.erased.is_none();
        Ok(there.then(|| self.accounts.keep(id, state)))
    }

    /// A product that exists, as the catalog files left it.
    async fn product(&self, id: ProductId) -> Result<Option<Arc<product::State>>, Refusal> {
        if let Some(known) = self.products.get(&id) {
            return Ok(Some(known));
        }
        let state = self.target.state::<ProductRules>(id.into()).await?;
        Ok(state.published.is_some().then(|| self.products.keep(id, state)))
    }

    /// What a license was issued as; that never changes.
    async fn issued(&self, external_id: &str) -> Result<Arc<Issued>, Refusal> {
        let id = self.names.license(external_id);
        if let Some(known) = self.licenses.get(&id) {
            return Ok(known);
        }
        let state = self.target.state::<LicenseRules>(id.into()).await?;
        let issued = state.issued.ok_or_else(|| {
            let message = format!("there is no license `{external_id}`");
            Fault::new("license_external_id", codes::UNKNOWN_REFERENCE, message)
        })?;
        Ok(self.licenses.keep(id, issued))
    }

    /// What was remembered of accounts before their members came is forgotten.
    pub(crate) fn forget(&self) {
        self.accounts.clear();
        self.products.clear();
    }
}

/// A refusal about the time belongs to the column with the time.
fn at_column(row: &Row, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Row(mut fault) => {
            if fault.column.is_none() && fault.code.starts_with("EFFECTIVE_") {
                fault.column = row.time_column();
            }
            Refusal::Row(fault)
        }
        Refusal::Stop(stop) => Refusal::Stop(stop),
    }
}

/// Things that were looked up, kept for the next row. Bounded: when it is full it starts over.
struct Known<K, V>(Mutex<HashMap<K, Arc<V>>>);

/// The most things of one sort that are kept.
const KNOWN_MAX: usize = 16_384;

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash, V> Known<K, V> {
    fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep(&self, key: K, value: V) -> Arc<V> {
        let value = Arc::new(value);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, Arc::clone(&value));
        value
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
