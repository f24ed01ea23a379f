//! The past on both axes: what was true at one instant, by what was known at another. Rows of the
//! past are the same fold as the live ones, over fewer events. Who may read is decided by what is
//! so now: a scope is of now.

use std::sync::Arc;

use ledger_log::{LoadError, RecordedEvent};
use schemas::{
    AccountId, FeatureKey, LedgerEvent, LicenseId, LogPosition, MeterId, ProductId, StoredEvent,
    StreamName, Timestamp,
};

use crate::evaluation::EvaluationFacts;
use crate::page::{Page, Window};
use crate::runner::Projections;
use crate::scope::Scope;
use crate::views::accounts::AccountRow;
use crate::views::catalog::ProductRow;
use crate::views::entitlements::{LicenseMeters, LicenseRow};

/// How many events of a stream are read at once.
const PAGE_EVENTS: usize = 512;

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
        self.past_license(license, as_of).await
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
        let Some(row) = self.license_as_of(scope, license, as_of).await? else { return Ok(None) };
        let Some(product) = self.past_product(row.product, as_of).await? else { return Ok(None) };
        let meters = Arc::new(self.past_meters(license, as_of).await?);
        Ok(Some(EvaluationFacts { license: row, product, meters }))
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
        let mut row: Option<AccountRow> = None;
        self.fold(account.into(), as_of, |recorded| {
            let LedgerEvent::Account(event) = &recorded.event else { return };
            match &mut row {
                Some(row) => row.evolve(event, recorded),
                None => row = AccountRow::begin(event, recorded),
            }
        })
        .await?;
        Ok(row.map(Arc::new))
    }

    /// The licenses an account had, as they were; `None` when the reader may not see the account.
    ///
    /// # Errors
    /// When the log cannot be read or an event cannot be decoded.
    pub async fn account_licenses_as_of(
        &self,
        scope: &impl Scope,
        account: AccountId,
        as_of: AsOf,
        window: &Window<LicenseId>,
    ) -> Result<Option<Page<Arc<LicenseRow>>>, LoadError> {
        let Some(mut ids) = self.visible_licenses(scope, account, window) else { return Ok(None) };
        if window.from_end {
            ids.reverse();
        }
        let mut rows = Vec::new();
        // One more than the page holds tells whether there are more.
        let wanted = window.limit.min(crate::page::PAGE_ROWS_MAX).saturating_add(1);
        for license in ids {
            if rows.len() >= wanted {
                break;
            }
            rows.extend(self.past_license(license, as_of).await?);
        }
        if window.from_end {
            rows.reverse();
        }
        Ok(Some(window.fill(rows.into_iter())))
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
        self.past_product(product, as_of).await
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
        let mut rows = Vec::new();
        for product in self.read(|views| views.product_ids(scope)) {
            rows.extend(self.past_product(product, as_of).await?);
        }
        Ok(rows)
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
        let mut learned = Vec::new();
        for stream in streams {
            let before = self.included(stream, AsOf { effective, known: earlier }).await?;
            let after = self.included(stream, AsOf { effective, known: later }).await?;
            let new = after.into_iter().skip(before.len());
            for stored in new {
                learned.push(self.shared.codec.decode(&stored)?);
            }
        }
        learned.sort_by_key(|event| event.position);
        Ok(Some(learned))
    }

    async fn past_license(
        &self,
        license: LicenseId,
        as_of: AsOf,
    ) -> Result<Option<Arc<LicenseRow>>, LoadError> {
        let mut row: Option<LicenseRow> = None;
        self.fold(license.into(), as_of, |recorded| {
            let LedgerEvent::License(event) = &recorded.event else { return };
            match &mut row {
                Some(row) => row.evolve(event, recorded),
                None => row = LicenseRow::begin(event, recorded),
            }
        })
        .await?;
        Ok(row.map(Arc::new))
    }

    async fn past_product(
        &self,
        product: ProductId,
        as_of: AsOf,
    ) -> Result<Option<Arc<ProductRow>>, LoadError> {
        let mut row: Option<ProductRow> = None;
        self.fold(product.into(), as_of, |recorded| {
            let LedgerEvent::Product(event) = &recorded.event else { return };
            match &mut row {
                Some(row) => row.evolve(event, recorded),
                None => row = Some(ProductRow::begin(event, recorded)),
            }
        })
        .await?;
        Ok(row.map(Arc::new))
    }

    async fn past_meters(
        &self,
        license: LicenseId,
        as_of: AsOf,
    ) -> Result<LicenseMeters, LoadError> {
        let mut meters = LicenseMeters::default();
        for (feature, meter) in self.meter_ids(license) {
            self.fold(meter.into(), as_of, |recorded| {
                if let LedgerEvent::Meter(event) = &recorded.event {
                    meters.evolve(&feature, event, recorded);
                }
            })
            .await?;
        }
        Ok(meters)
    }

    fn meter_ids(&self, license: LicenseId) -> Vec<(FeatureKey, MeterId)> {
        self.read(|views| {
            let notes = &views.entitlements.meters_of(license).notes;
            notes.iter().map(|(feature, note)| (feature.clone(), note.meter)).collect()
        })
    }

    fn visible_licenses(
        &self,
        scope: &impl Scope,
        account: AccountId,
        window: &Window<LicenseId>,
    ) -> Option<Vec<LicenseId>> {
        let inside = |license: &LicenseId| {
            window.after.is_none_or(|after| *license > after)
                && window.before.is_none_or(|before| *license < before)
        };
        self.read(|views| {
            views.account(scope, account)?;
            let ids = views.entitlements.of_account(account).filter(inside);
            Some(ids.filter(|license| views.license(scope, *license).is_some()).collect())
        })
    }

    /// Gives the events of a stream that count, in their order, to `take`.
    async fn fold(
        &self,
        stream: StreamName,
        as_of: AsOf,
        mut take: impl FnMut(&RecordedEvent),
    ) -> Result<(), LoadError> {
        for stored in self.included(stream, as_of).await? {
            take(&self.shared.codec.decode(&stored)?);
        }
        Ok(())
    }

    async fn included(
        &self,
        stream: StreamName,
        as_of: AsOf,
    ) -> Result<Vec<StoredEvent>, LoadError> {
        let mut included = Vec::new();
        let mut after = None;
        loop {
            let page = self.shared.log.read_stream(stream, after, PAGE_EVENTS).await?;
            let is_last = page.len() < PAGE_EVENTS;
            for event in page {
                if !as_of.known.knows(&event) {
                    return Ok(included);
                }
                after = Some(event.header.revision);
                if event.header.effective_at <= as_of.effective {
                    included.push(event);
                }
            }
            if is_last {
                return Ok(included);
            }
        }
    }
}
