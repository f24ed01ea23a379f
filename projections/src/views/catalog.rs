//! The catalog: products with everything published of them, found by id and by code, and the versions of the policies.
//! It is what the vendor publishes: whoever may read anything may read it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use ledger::Decider;
use ledger::product::{ProductRules, State};
use ledger_log::RecordedEvent;
use schemas::catalog::SourceRef;
use schemas::contract::Country;
use schemas::policy::{NoticePolicyPublished, PolicyEvent};
use schemas::product::{
    BundlePublished, EditionPublished, OfferingPublished, PlanPublished, ProductEvent,
};
use schemas::{BundleId, Code, OfferingId, ProductId, Revision, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::{Tally, ViewVersion};
use crate::page::{Page, Window};
use crate::prefix::{fold, has_beginning};
use crate::row_text::RowText;
use crate::scope::Scope;
use crate::views::Views;
use crate::views::tallied::TalliedView;
use crate::views::words::{Amount, From, Kind, write_services, write_terms, write_values};

/// One product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRow {
    /// The product.
    pub product: ProductId,
    /// All that is published of it.
    pub state: State,
    /// The revision of its stream.
    pub revision: Revision,
    /// When the ledger recorded its last change.
    pub changed_at: Timestamp,
}

impl ProductRow {
    /// The row that the first event of a stream begins.
    pub(crate) fn begin(event: &ProductEvent, recorded: &RecordedEvent) -> Self {
        let mut row = Self {
            product: ProductId::new(recorded.header.stream.id),
            state: State::default(),
            revision: 0,
            changed_at: Timestamp::default(),
        };
        row.evolve(event, recorded);
        row
    }

    /// Takes in a later event of the stream.
    pub(crate) fn evolve(&mut self, event: &ProductEvent, recorded: &RecordedEvent) {
        let header = &recorded.header;
        ProductRules::evolve(&mut self.state, event, header.effective_at);
        self.revision = header.revision;
        self.changed_at = header.recorded_at;
    }

    /// What the vendor calls it.
    #[must_use]
    pub fn code(&self) -> Option<&Code> {
        self.state.published.as_ref().map(|published| &published.code)
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.state.published.as_ref().map(|published| published.name.as_str())
    }
}

/// One version of the notice periods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticePolicyRow {
    /// What it says.
    pub policy: NoticePolicyPublished,
    /// From when it counts.
    pub from: Timestamp,
}

/// The row of a digest: a product, or a version of the notice periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CatalogKey {
    Product(ProductId),
    Notice(u32),
}

/// All products, and the policies.
#[derive(Debug)]
pub struct Catalog {
    rows: BTreeMap<ProductId, Arc<ProductRow>>,
    by_code: HashMap<Code, ProductId>,
    by_offering: HashMap<OfferingId, ProductId>,
    by_bundle: HashMap<BundleId, ProductId>,
    notice: BTreeMap<u32, Arc<NoticePolicyRow>>,
    tally: Mutex<Tally<CatalogKey>>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            by_code: HashMap::new(),
            by_offering: HashMap::new(),
            by_bundle: HashMap::new(),
            notice: BTreeMap::new(),
            tally: Mutex::new(Tally::new(Self::VERSION)),
        }
    }
}

impl Catalog {
    pub(crate) fn apply(&mut self, event: &ProductEvent, recorded: &RecordedEvent) {
        let product = ProductId::new(recorded.header.stream.id);
        if let Some(row) = self.rows.get_mut(&product) {
            Arc::make_mut(row).evolve(event, recorded);
        } else {
            self.rows.insert(product, Arc::new(ProductRow::begin(event, recorded)));
        }
        match event {
            ProductEvent::ProductPublished(published) => {
                self.by_code.entry(published.code.clone()).or_insert(product);
            }
            ProductEvent::OfferingPublished(published) => {
                self.by_offering.insert(published.offering, product);
            }
            ProductEvent::BundlePublished(published) => {
                self.by_bundle.insert(published.bundle, product);
            }
            ProductEvent::FeatureDefined(_)
            | ProductEvent::EditionPublished(_)
            | ProductEvent::PlanPublished(_)
            | ProductEvent::ReleasePublished(_) => {}
        }
        self.tally_mut().touch(CatalogKey::Product(product));
    }

    pub(crate) fn apply_policy(&mut self, event: &PolicyEvent, recorded: &RecordedEvent) {
        match event {
            PolicyEvent::NoticePolicyPublished(policy) => {
                let from = recorded.header.effective_at;
                self.restore_notice(NoticePolicyRow { policy: policy.clone(), from });
            }
        }
    }

    fn restore_notice(&mut self, row: NoticePolicyRow) {
        let version = row.policy.version;
        self.notice.insert(version, Arc::new(row));
        self.tally_mut().touch(CatalogKey::Notice(version));
    }

    fn restore(&mut self, row: ProductRow) {
        let product = row.product;
        if let Some(code) = row.code() {
            self.by_code.entry(code.clone()).or_insert(product);
        }
        self.by_offering.extend(row.state.offerings.keys().map(|id| (*id, product)));
        self.by_bundle.extend(row.state.bundles.keys().map(|id| (*id, product)));
        self.tally_mut().touch(CatalogKey::Product(product));
        self.rows.insert(product, Arc::new(row));
    }

    /// Which product had a code first.
    pub(crate) fn codes(&self) -> Vec<(Code, ProductId)> {
        self.by_code.iter().map(|(code, product)| (code.clone(), *product)).collect()
    }

    /// What a snapshot kept, put back.
    pub(crate) fn restored(
        codes: Vec<(Code, ProductId)>,
        rows: Vec<ProductRow>,
        notice: Vec<NoticePolicyRow>,
    ) -> Self {
        let mut catalog = Self { by_code: codes.into_iter().collect(), ..Self::default() };
        rows.into_iter().for_each(|row| catalog.restore(row));
        notice.into_iter().for_each(|row| catalog.restore_notice(row));
        catalog
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Arc<ProductRow>> {
        self.rows.values()
    }

    /// The versions of the notice periods, the first one first.
    pub(crate) fn notice(&self) -> impl DoubleEndedIterator<Item = &Arc<NoticePolicyRow>> {
        self.notice.values()
    }

    pub(crate) fn row(&self, product: ProductId) -> Option<&Arc<ProductRow>> {
        self.rows.get(&product)
    }
}

impl TalliedView for Catalog {
    type Key = CatalogKey;
    const VERSION: ViewVersion = ViewVersion { name: "catalog", version: 1 };

    fn tally(&self) -> &Mutex<Tally<CatalogKey>> {
        &self.tally
    }

    fn tally_mutex(&mut self) -> &mut Mutex<Tally<CatalogKey>> {
        &mut self.tally
    }

    fn keys(&self) -> Vec<CatalogKey> {
        let products = self.rows.keys().copied().map(CatalogKey::Product);
        products.chain(self.notice.keys().copied().map(CatalogKey::Notice)).collect()
    }

    fn write(&self, key: &CatalogKey, text: &mut RowText) -> bool {
        let product = match key {
            CatalogKey::Product(product) => product,
            CatalogKey::Notice(version) => {
                let row = self.notice.get(version);
                return row.inspect(|row| write_notice(text, row)).is_some();
            }
        };
        self.rows.get(product).is_some_and(|row| {
            text.start("product", row.product);
            if let Some(published) = &row.state.published {
                text.field("code", &published.code);
                text.words("name", &published.name);
                text.instant("published_at", published.at);
            }
            text.field("revision", row.revision);
            text.instant("changed_at", row.changed_at);
            text.instant("effective_last", row.state.effective_last);
            write_state(text, &row.state);
            true
        })
    }
}

fn write_state(text: &mut RowText, state: &State) {
    for (key, feature) in &state.features {
        text.field("feature", key);
        text.words("  name", &feature.name);
        if let Some(module) = &feature.module {
            text.words("  module", module);
        }
        text.field("  kind", Kind(&feature.kind));
        text.instant("  defined_at", feature.defined_at);
    }
    state.editions.values().flat_map(BTreeMap::values).for_each(|one| write_edition(text, one));
    state.plans.values().flat_map(BTreeMap::values).for_each(|one| write_plan(text, one));
    state.offerings.values().flat_map(BTreeMap::values).for_each(|one| write_offering(text, one));
    state.bundles.values().flat_map(BTreeMap::values).for_each(|one| write_bundle(text, one));
    for (version, released_at) in &state.releases {
        text.words("release", version);
        text.instant("  released_at", *released_at);
    }
}

fn write_notice(text: &mut RowText, row: &NoticePolicyRow) {
    text.start("notice_policy", row.policy.version);
    text.instant("from", row.from);
    for rule in &row.policy.rules {
        text.field("rule", rule.country.as_ref().map_or("*", Country::as_str));
        text.field("  notice_days", rule.notice_days);
        text.field("  cancel_days", rule.cancel_days);
    }
}

fn write_edition(text: &mut RowText, edition: &EditionPublished) {
    text.field("edition", format_args!("{} {}", edition.edition, edition.version));
    text.words("  name", &edition.name);
    text.field("  all_features", edition.all_features);
    write_values(text, &edition.values);
}

fn write_plan(text: &mut RowText, plan: &PlanPublished) {
    text.field("plan", format_args!("{} {}", plan.plan, plan.version));
    text.words("  name", &plan.name);
    write_terms(text, &plan.terms);
}

fn write_offering(text: &mut RowText, offering: &OfferingPublished) {
    text.field("offering", format_args!("{} {}", offering.offering, offering.version));
    text.field("  code", &offering.code);
    text.words("  name", &offering.name);
    text.field("  edition", format_args!("{} {}", offering.edition, offering.edition_version));
    text.field("  plan", format_args!("{} {}", offering.plan, offering.plan_version));
    text.field("  seats", Amount(offering.seats));
    text.field("  devices", Amount(offering.devices));
    text.field("  domains", Amount(offering.domains));
    write_services(text, &offering.services);
}

fn write_bundle(text: &mut RowText, bundle: &BundlePublished) {
    text.field("bundle", format_args!("{} {}", bundle.bundle, bundle.version));
    text.field("  code", &bundle.code);
    text.words("  name", &bundle.name);
    text.field("  self_service", bundle.self_service);
    for offering in &bundle.offerings {
        text.field("  gives", From(SourceRef::Offering(*offering)));
    }
}

/// Reads of the catalog.
impl Views {
    /// A product.
    #[must_use]
    pub fn product(&self, _: &impl Scope, product: ProductId) -> Option<&Arc<ProductRow>> {
        self.catalog.row(product)
    }

    /// The products that have a word in their name or code which begins so.
    #[must_use]
    pub fn search_products(&self, _: &impl Scope, query: &str) -> Vec<ProductId> {
        let folded = fold(query);
        let begins = |text: &str| has_beginning(text, &folded);
        let rows = self.catalog.rows.values().filter(|row| {
            row.name().is_some_and(begins)
                || row.code().is_some_and(|code| begins(&code.to_string()))
        });
        if folded.is_empty() { Vec::new() } else { rows.map(|row| row.product).collect() }
    }

    /// The product with this code.
    #[must_use]
    pub fn product_by_code(&self, scope: &impl Scope, code: &Code) -> Option<&Arc<ProductRow>> {
        self.product(scope, *self.catalog.by_code.get(code)?)
    }

    /// The product of this offering.
    #[must_use]
    pub fn product_of_offering(
        &self,
        scope: &impl Scope,
        offering: OfferingId,
    ) -> Option<&Arc<ProductRow>> {
        self.product(scope, *self.catalog.by_offering.get(&offering)?)
    }

    /// The product of this bundle.
    #[must_use]
    pub fn product_of_bundle(
        &self,
        scope: &impl Scope,
        bundle: BundleId,
    ) -> Option<&Arc<ProductRow>> {
        self.product(scope, *self.catalog.by_bundle.get(&bundle)?)
    }

    /// The product of an offering or bundle.
    #[must_use]
    pub fn product_of_source(
        &self,
        scope: &impl Scope,
        source: SourceRef,
    ) -> Option<&Arc<ProductRow>> {
        match source {
            SourceRef::Offering(source) => self.product_of_offering(scope, source.offering),
            SourceRef::Bundle(source) => self.product_of_bundle(scope, source.bundle),
        }
    }

    /// The versions of the notice periods, the newest first.
    pub fn notice_policies(&self, _: &impl Scope) -> impl Iterator<Item = &Arc<NoticePolicyRow>> {
        self.catalog.notice().rev()
    }

    /// The version of the notice periods that counts at an instant.
    #[must_use]
    pub fn notice_policy(
        &self,
        scope: &impl Scope,
        at: Timestamp,
    ) -> Option<&Arc<NoticePolicyRow>> {
        self.notice_policies(scope).find(|row| row.from <= at)
    }

    /// The ids of all products.
    pub(crate) fn product_ids(&self, _: &impl Scope) -> Vec<ProductId> {
        self.catalog.rows.keys().copied().collect()
    }

    /// The products, in the order of their ids.
    #[must_use]
    pub fn products(&self, _: &impl Scope, window: &Window<ProductId>) -> Page<Arc<ProductRow>> {
        let Some(range) = window.range() else { return Page::empty() };
        window.fill(self.catalog.rows.range(range).map(|(_, row)| Arc::clone(row)))
    }
}
