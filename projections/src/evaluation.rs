//! The facts of one decision, of one position of the log: live or as of any past instant, the same
//! evaluator.

use std::sync::Arc;

use ledger::entitlements::{Entitlement, entitlements};
use ledger::evaluate::{Evaluation, Facts, Request, evaluate};
use ledger::status::{Status, status};
use schemas::Timestamp;

use crate::views::catalog::ProductRow;
use crate::views::entitlements::{LicenseMeters, LicenseRow};

/// A license, its product and its meters as they were together. Cheap to keep: the rows are shared,
/// not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationFacts {
    /// The license.
    pub license: Arc<LicenseRow>,
    /// Its product.
    pub product: Arc<ProductRow>,
    /// Its meters.
    pub meters: Arc<LicenseMeters>,
}

impl EvaluationFacts {
    /// The facts in the form that the rules read.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            license: &self.license.state,
            product: &self.product.state,
            meters: &self.meters.states,
        }
    }

    /// Whether this is allowed, and why.
    #[must_use]
    pub fn evaluate(&self, request: &Request) -> Evaluation {
        evaluate(&self.facts(), request)
    }

    /// What the license gives at this instant, one row for each feature.
    #[must_use]
    pub fn entitlements(&self, at: Timestamp) -> Vec<Entitlement> {
        entitlements(&self.facts(), at)
    }

    /// The status of the license at this instant.
    #[must_use]
    pub fn status(&self, at: Timestamp) -> Status {
        status(&self.license.state, at)
    }
}
