//! The past on both axes: what was true at one instant, by what was known at another. Rows of the
//! past are the same fold as the live ones, over fewer events. Who may read is decided by what is
//! so now: a scope is of now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger_log::{LoadError, RecordedEvent, StreamSlice};
use schemas::{
    AccountId, FeatureKey, LedgerEvent, LicenseId, LogPosition, MeterId, ProductId, StoredEvent,
    StreamName, Timestamp,
};

use crate::evaluation::EvaluationFacts;
use crate::runner::Projections;
use crate::scope::Scope;
use crate::views::accounts::AccountRow;
use crate::views::catalog::ProductRow;
use crate::views::entitlements::{LicenseMeters, LicenseRow};

/// How many events of a stream the first trip to the log brings.
const FIRST_TRIP_EVENTS: usize = 512;
/// How many times more each further trip brings, so that the longest history takes a few.
const FURTHER_TRIP_FACTOR: usize = 8;
/// How many licenses are read together: so many histories are held in memory at once.
pub const LICENSES_PER_TRIP: usize = 500;

/// A moment of the past, on both axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// What was true at this instant…
    pub effective: Timestamp,
    /// …by what was known then.
    pub known: Known,
}

/// How much of the log is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// All of it.
    Latest,
    /// Up to this position.
    Position(LogPosition),
    /// What was recorded up to this instant.
    Time(Timestamp),
}

impl Known {
    /// Whether an event was known. Once one of a stream was not, no later one was.
    fn knows(self, event: &StoredEvent) -> bool {
        match self {
            Self::Latest => true,
            Self::Position(position) => event.position <= position,
            Self::Time(at) => event.header.recorded_at <= at,
        }
    }
}

impl AsOf {
    /// What was true at this instant, by all that is known now.
    #[must_use]
    pub const fn at(effective: Timestamp) -> Self {
        Self { effective, known: Known::Latest }
    }
}

/// Looks at the past.
impl Projections {
    /// A license as it was; `None` when the reader may not see it, or there was none yet.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn license_as_of(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        as_of: AsOf,
    ) -> Result<Option<Arc<LicenseRow>>, LoadError> {
        if self.read(|views| views.license(scope, license).is_none()) {
            return Ok(None);
        }
        let events = self.included(vec![license.into()], as_of).await?;
        Ok(events.first().map(|events| self.past_license(events)).transpose()?.flatten())
    }

    /// All that a decision about a license needs, as it was.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn facts_as_of(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        as_of: AsOf,
    ) -> Result<Option<EvaluationFacts>, LoadError> {
        Ok(self.facts_of_licenses_as_of(scope, &[license], as_of).await?.pop())
    }

    /// The same of several licenses, in their order, without those that the reader may not see or
    /// that were not there yet. It reads them together, [`LICENSES_PER_TRIP`] at a time.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn facts_of_licenses_as_of(
        &self,
        scope: &impl Scope,
        licenses: &[LicenseId],
        as_of: AsOf,
    ) -> Result<Vec<EvaluationFacts>, LoadError> {
        let mut found = Vec::new();
        for licenses in licenses.chunks(LICENSES_PER_TRIP) {
            found.extend(self.past_facts(scope, licenses, as_of).await?);
        }
        Ok(found)
    }

    /// An account and its people as they were; `None` when the reader may not see it, or there was
    /// none yet.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn account_as_of(
        &self,
        scope: &impl Scope,
        account: AccountId,
        as_of: AsOf,
    ) -> Result<Option<Arc<AccountRow>>, LoadError> {
        if self.read(|views| views.account(scope, account).is_none()) {
            return Ok(None);
        }
        let events = self.included(vec![account.into()], as_of).await?;
        let mut row: Option<AccountRow> = None;
        for recorded in self.decoded(events.iter().flatten()) {
            let recorded = recorded?;
            let LedgerEvent::Account(event) = &recorded.event else { continue };
            match &mut row {
                Some(row) => row.evolve(event, &recorded),
                None => row = AccountRow::begin(event, &recorded),
            }
        }
        Ok(row.map(Arc::new))
    }

    /// A product as it was published then.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn product_as_of(
        &self,
        scope: &impl Scope,
        product: ProductId,
        as_of: AsOf,
    ) -> Result<Option<Arc<ProductRow>>, LoadError> {
        if self.read(|views| views.product(scope, product).is_none()) {
            return Ok(None);
        }
        Ok(self.past_products(&[product], as_of).await?.pop())
    }

    /// The catalog as it was published then, in the order of ids.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn catalog_as_of(
        &self,
        scope: &impl Scope,
        as_of: AsOf,
    ) -> Result<Vec<Arc<ProductRow>>, LoadError> {
        let products: Vec<_> = self.read(|views| views.product_ids(scope)).into_iter().collect();
        self.past_products(&products, as_of).await
    }

    /// What was learned about a license between two states of knowledge, of what is true up to an
    /// instant: the events that make the answers differ. `None` when the reader may not see the
    /// license.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn learned_between(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        effective: Timestamp,
        earlier: Known,
        later: Known,
    ) -> Result<Option<Vec<RecordedEvent>>, LoadError> {
        let Some(row) = self.read(|views| views.license(scope, license).cloned()) else {
            return Ok(None);
        };
        let meters = self.meter_ids(license).into_iter().map(|(_, meter)| StreamName::from(meter));
        let streams = [row.license.into(), row.product.into()].into_iter().chain(meters);
        let after = self.included(streams.collect(), AsOf { effective, known: later }).await?;
        let new = after.iter().flatten().filter(|event| !earlier.knows(event));
        let mut learned = self.decoded(new).collect::<Result<Vec<_>, _>>()?;
        learned.sort_by_key(|event| event.position);
        Ok(Some(learned))
    }

    /// The facts of at most [`LICENSES_PER_TRIP`] licenses: their streams, their products' and their
    /// meters' in one trip.
    async fn past_facts(
        &self,
        scope: &impl Scope,
        licenses: &[LicenseId],
        as_of: AsOf,
    ) -> Result<Vec<EvaluationFacts>, LoadError> {
        let rows: Vec<Arc<LicenseRow>> = self.read(|views| {
            let rows = licenses.iter().filter_map(|license| views.license(scope, *license));
            rows.cloned().collect()
        });
        let meters: Vec<_> = rows.iter().map(|row| self.meter_ids(row.license)).collect();
        let products: BTreeSet<ProductId> = rows.iter().map(|row| row.product).collect();
        let streams = rows.iter().map(|row| StreamName::from(row.license));
        let streams = streams.chain(products.iter().copied().map(StreamName::from));
        let streams = streams.chain(meters.iter().flatten().map(|(_, meter)| (*meter).into()));
        let mut read = self.included(streams.collect(), as_of).await?.into_iter();

        let past_rows: Vec<_> = read.by_ref().take(rows.len()).collect();
        let mut past_products = BTreeMap::new();
        for (product, events) in products.into_iter().zip(read.by_ref()) {
            past_products.insert(product, self.past_product(&events)?);
        }
        let mut found = Vec::new();
        for ((row, events), meters) in rows.iter().zip(past_rows).zip(meters) {
            let mut past_meters = LicenseMeters::default();
            for ((feature, _), events) in meters.iter().zip(read.by_ref()) {
                self.evolve_meter(&mut past_meters, feature, &events)?;
            }
            let product = past_products.get(&row.product).cloned().flatten();
            if let (Some(license), Some(product)) = (self.past_license(&events)?, product) {
                found.push(EvaluationFacts { license, product, meters: Arc::new(past_meters) });
            }
        }
        Ok(found)
    }

    fn past_license(&self, events: &[StoredEvent]) -> Result<Option<Arc<LicenseRow>>, LoadError> {
        let mut row: Option<LicenseRow> = None;
        for recorded in self.decoded(events) {
            let recorded = recorded?;
            let LedgerEvent::License(event) = &recorded.event else { continue };
            match &mut row {
                Some(row) => row.evolve(event, &recorded),
                None => row = LicenseRow::begin(event, &recorded),
            }
        }
        Ok(row.map(Arc::new))
    }

    async fn past_products(
        &self,
        products: &[ProductId],
        as_of: AsOf,
    ) -> Result<Vec<Arc<ProductRow>>, LoadError> {
        let streams = products.iter().map(|product| (*product).into()).collect();
        let read = self.included(streams, as_of).await?;
        let rows = read.iter().map(|events| self.past_product(events));
        Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn past_product(&self, events: &[StoredEvent]) -> Result<Option<Arc<ProductRow>>, LoadError> {
        let mut row: Option<ProductRow> = None;
        for recorded in self.decoded(events) {
            let recorded = recorded?;
            let LedgerEvent::Product(event) = &recorded.event else { continue };
            match &mut row {
                Some(row) => row.evolve(event, &recorded),
                None => row = Some(ProductRow::begin(event, &recorded)),
            }
        }
        Ok(row.map(Arc::new))
    }

    fn evolve_meter(
        &self,
        meters: &mut LicenseMeters,
        feature: &FeatureKey,
        events: &[StoredEvent],
    ) -> Result<(), LoadError> {
        for recorded in self.decoded(events) {
            let recorded = recorded?;
            if let LedgerEvent::Meter(event) = &recorded.event {
                meters.evolve(feature, event, &recorded);
            }
        }
        Ok(())
    }

    fn meter_ids(&self, license: LicenseId) -> Vec<(FeatureKey, MeterId)> {
        self.read(|views| {
            let notes = &views.entitlements.meters_of(license).notes;
            notes.iter().map(|(feature, note)| (feature.clone(), note.meter)).collect()
        })
    }

    fn decoded<'a>(
        &'a self,
        events: impl IntoIterator<Item = &'a StoredEvent>,
    ) -> impl Iterator<Item = Result<RecordedEvent, LoadError>> {
        events.into_iter().map(|stored| Ok(self.shared.codec.decode(stored)?))
    }

    /// The events of these streams that count, in the order of the streams. One trip to the log for
    /// all of them; each further trip is for what is longer, and brings more of it.
    async fn included(
        &self,
        streams: Vec<StreamName>,
        as_of: AsOf,
    ) -> Result<Vec<Vec<StoredEvent>>, LoadError> {
        let mut included = vec![Vec::new(); streams.len()];
        let limit = FIRST_TRIP_EVENTS;
        let slices = streams.into_iter().map(|stream| StreamSlice { stream, after: None, limit });
        let mut unread: Vec<_> = included.iter_mut().zip(slices).collect();
        while !unread.is_empty() {
            let slices = unread.iter().map(|(_, slice)| *slice).collect();
            let read = self.shared.log.read_streams(slices).await?;
            let mut longer = Vec::new();
            for ((included, slice), events) in unread.into_iter().zip(read) {
                let is_last = events.len() < slice.limit;
                let after = events.last().map(|event| event.header.revision);
                let all = events.len();
                let known = events.into_iter().take_while(|event| as_of.known.knows(event));
                let mut known_count = 0;
                let known = known.inspect(|_| known_count += 1);
                included.extend(known.filter(|event| event.header.effective_at <= as_of.effective));
                if !is_last && known_count == all {
                    let limit = slice.limit.saturating_mul(FURTHER_TRIP_FACTOR);
                    longer.push((included, StreamSlice { after, limit, ..slice }));
                }
            }
            unread = longer;
        }
        Ok(included)
    }
}
