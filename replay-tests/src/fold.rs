//! Folds of the streams as they are stored, made anew each time: what the views are compared with.

use std::collections::BTreeMap;

use ledger::Decider;
use ledger::evaluate::Facts;
use ledger::license::{self, LicenseRules};
use ledger::meter::{self, MeterRules};
use ledger::product::{self, ProductRules};
use ledger_log::{Ledger, RecordedEvent};
use schemas::{FeatureKey, LicenseId, ProductId, StreamName};

use crate::orbit::Orbit;

/// The most events of one stream that are read at a time.
const STREAM_PAGE: usize = 1_000;

/// The facts of one license, from nothing but its streams.
#[derive(Debug, Clone, PartialEq)]
pub struct Folded {
    /// The license.
    pub license: license::State,
    /// Its product.
    pub product: product::State,
    /// Its meters that count anything.
    pub meters: BTreeMap<FeatureKey, meter::State>,
}

impl Folded {
    /// The facts, as the evaluator takes them.
    #[must_use]
    pub const fn facts(&self) -> Facts<'_> {
        Facts { license: &self.license, product: &self.product, meters: &self.meters }
    }
}

/// Folds a license, its product and the meters of these features, of the events that `keep` keeps.
pub async fn fold(
    orbit: &Orbit,
    license: LicenseId,
    product: ProductId,
    features: &[FeatureKey],
    keep: impl Fn(&RecordedEvent) -> bool,
) -> Folded {
    let ledger = &orbit.ledger;
    let mut meters = BTreeMap::new();
    for feature in features {
        let state = stream::<MeterRules>(ledger, orbit.meter(license, feature), &keep).await;
        if state.opened.is_some() {
            meters.insert(feature.clone(), state);
        }
    }
    Folded {
        license: stream::<LicenseRules>(ledger, license.into(), &keep).await,
        product: stream::<ProductRules>(ledger, product.into(), &keep).await,
        meters,
    }
}

/// Folds one stream from its first event.
pub async fn stream<D: Decider>(
    ledger: &Ledger,
    name: StreamName,
    keep: impl Fn(&RecordedEvent) -> bool,
) -> D::State {
    let mut state = D::State::default();
    let mut after = None;
    loop {
        let page = ledger.log().read_stream(name, after, STREAM_PAGE).await.unwrap();
        let Some(last) = page.last() else { return state };
        after = Some(last.header.revision);
        for stored in page {
            let recorded = ledger.codec().decode_closed(&stored).unwrap();
            if !keep(&recorded) {
                continue;
            }
            let at = recorded.header.effective_at;
            let Ok(event) = D::Event::try_from(recorded.event) else {
                panic!("{name} holds an event of another kind");
            };
            D::evolve(&mut state, &event, at);
        }
    }
}
