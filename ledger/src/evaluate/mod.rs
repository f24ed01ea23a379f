//! The one evaluator: may this principal use this feature now, and why? A pure function of facts,
//! time and scope. A diagnosis is the same function: it always runs every check and reports those
//! that passed too.

mod binding;
mod code;
mod features;
mod lifecycle;

use std::collections::BTreeMap;

use schemas::catalog::FeatureValue;
use schemas::{ActivationId, Digest, FeatureKey, MemberId, Quantity, Timestamp};
use serde::Serialize;

use crate::status::{Status, status};
use crate::{license, meter, product};

pub use code::{Code, Fix, WarningCode};

/// The facts that a decision is made from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The license.
    pub license: &'a license::State,
    /// Its product.
    pub product: &'a product::State,
    /// Its meters, by feature. A feature without a meter has no usage yet.
    pub meters: &'a BTreeMap<FeatureKey, meter::State>,
}

/// What is asked. What is `None` is not checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// At which instant.
    pub at: Timestamp,
    /// Which feature.
    pub feature: Option<FeatureKey>,
    /// Who.
    pub member: Option<MemberId>,
    /// On which device: the keyed hash of its fingerprint.
    pub device: Option<Digest>,
    /// On which domain: the keyed hash of its normalized name.
    pub domain: Option<Digest>,
    /// In which version of the software.
    pub version: Option<String>,
    /// How many units of a metered feature.
    pub quantity: Option<u64>,
    /// Which value of an enum feature, at least.
    pub choice: Option<String>,
}

impl Request {
    /// A question about the license alone, at this instant.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self { at, ..Self::default() }
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evaluation {
    /// Whether every check passed.
    pub allowed: bool,
    /// The first check that failed; `None`: allowed.
    pub code: Option<Code>,
    /// Every check that applies, passing or failing, in order of precedence.
    pub checks: Vec<Check>,
    /// What to know although it is allowed. Empty when it is denied.
    pub warnings: Vec<Warning>,
    /// The value that the license gives to the feature that was asked for.
    pub value: Option<FeatureValue>,
    /// The live activation of the device or domain that was asked for.
    pub activation: Option<ActivationId>,
    /// The status of the license at that instant.
    pub status: Status,
}

impl Evaluation {
    /// The checks that failed, in order of precedence.
    pub fn failing(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }

    /// What is so, in plain words: of the first check that failed, when one did.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.failing().next().map_or("every check passed", |check| check.message.as_str())
    }
}

/// One check and how it came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it denies when it fails.
    pub code: Code,
    /// Whether it passed.
    pub passed: bool,
    /// The rule behind it, such as `license.in_term`.
    pub rule: &'static str,
    /// What is so, in plain words.
    pub message: String,
    /// The numbers it looked at; instants in microseconds since 1970.
    pub numbers: BTreeMap<&'static str, i64>,
    /// What makes it pass; `None` when it passed, or when nothing does.
    pub fix: Option<Fix>,
}

/// What to know although it is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Which warning.
    pub code: WarningCode,
    /// What is so, in plain words.
    pub message: String,
    /// The numbers behind it; instants in microseconds since 1970.
    pub numbers: BTreeMap<&'static str, i64>,
}

/// Whether this is allowed, and why.
#[must_use]
pub fn evaluate(facts: &Facts<'_>, request: &Request) -> Evaluation {
    let status = status(facts.license, request.at);
    let mut findings = Findings::default();
    // Without a license there is nothing else to look at.
    if lifecycle::exists(facts.license, request.at, &mut findings) {
        lifecycle::check(facts.license, request.at, &mut findings);
        lifecycle::check_version(facts, request, &mut findings);
        binding::check(facts.license, request, &mut findings);
        features::check(facts, request, &mut findings);
    }
    let Findings { mut checks, mut warnings, value, activation } = findings;
    // Stable: checks of one code, such as two blockers, keep their order.
    checks.sort_by_key(|check| check.code);
    let code = checks.iter().find(|check| !check.passed).map(|check| check.code);
    let allowed = code.is_none();
    if !allowed {
        warnings.clear();
    }
    Evaluation { allowed, code, checks, warnings, value, activation, status }
}

/// What the checks find, as they go.
#[derive(Debug, Default)]
struct Findings {
    checks: Vec<Check>,
    warnings: Vec<Warning>,
    value: Option<FeatureValue>,
    activation: Option<ActivationId>,
}

type Numbers = BTreeMap<&'static str, i64>;

impl Findings {
    fn pass(&mut self, code: Code, rule: &'static str, message: String, numbers: Numbers) {
        self.checks.push(Check { code, passed: true, rule, message, numbers, fix: None });
    }

    fn fail(
        &mut self,
        code: Code,
        rule: &'static str,
        message: String,
        numbers: Numbers,
        fix: Fix,
    ) {
        self.checks.push(Check { code, passed: false, rule, message, numbers, fix: Some(fix) });
    }

    fn warn(&mut self, code: WarningCode, message: String, numbers: Numbers) {
        self.warnings.push(Warning { code, message, numbers });
    }
}

/// A count as a number of a check.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The bound of a quantity as numbers of a check: nothing when there is none.
fn bound(name: &'static str, quantity: Quantity) -> Option<(&'static str, i64)> {
    quantity.limit().map(|limit| (name, number(limit)))
}
