//! The answer of the evaluator: allowed or not, why, what to do, and where in the ledger it comes
//! from.

use async_graphql::{ID, InputObject, SimpleObject};
use ledger::evaluate;
use projections::{Answer, Question};

use crate::scalars::{BigInt, DateTime, LedgerPosition, instant_text};
use crate::types::status::LicenseStatus;
use crate::types::value::Value;

/// A number that a check looked at.
#[derive(Debug, Clone, SimpleObject)]
pub struct NamedNumber {
    /// What it counts, such as `remaining`.
    pub name: String,
    /// The number, as text; an instant is given in RFC 3339.
    pub value: String,
}

/// What makes a failed check pass.
#[derive(Debug, Clone, SimpleObject)]
pub struct Fix {
    /// The stable code, such as `FREE_DEVICE`. New codes may be added: keep a default branch.
    pub code: String,
    /// What to do, in plain words.
    pub text: String,
}

/// One check and how it came out.
#[derive(Debug, Clone, SimpleObject)]
pub struct Check {
    /// What it denies when it fails, such as `TOO_MANY_DEVICES`.
    pub code: String,
    /// Whether it passed.
    pub passed: bool,
    /// The rule behind it, such as `license.in_term`.
    pub rule: String,
    /// What is so, in plain words.
    pub message: String,
    /// The numbers it looked at.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub numbers: Vec<NamedNumber>,
    /// What makes it pass; null when it passed, or when nothing does.
    pub fix: Option<Fix>,
}

/// What to know although it is allowed.
#[derive(Debug, Clone, SimpleObject)]
pub struct Warning {
    /// The stable code, such as `NEAR_LIMIT`.
    pub code: String,
    /// What is so, in plain words.
    pub message: String,
}

/// May it be used, and why.
#[derive(Debug, Clone, SimpleObject)]
pub struct Decision {
    /// Whether every check passed.
    pub allowed: bool,
    /// The first check that failed; null when allowed.
    pub code: Option<String>,
    /// What is so, in plain words.
    pub reason: String,
    /// Every check that applies, passing and failing, in order of precedence.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub checks: Vec<Check>,
    /// The checks that failed, in order of precedence.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub failing: Vec<Check>,
    /// What to know although it is allowed.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub warnings: Vec<Warning>,
    /// The value that the license gives to the feature that was asked for.
    pub value: Option<Value>,
    /// Units left, when a metered feature was asked for and has a bound.
    pub remaining: Option<BigInt>,
    /// When its allowance counts anew.
    pub resets_at: Option<DateTime>,
    /// The live activation of the device or domain that was asked for.
    pub activation_id: Option<ID>,
    /// How the license stands at that instant.
    pub status: LicenseStatus,
    /// The instant that was asked about.
    pub at: DateTime,
    /// The place in the ledger that the answer comes from.
    pub position: Option<LedgerPosition>,
}

impl Decision {
    /// The answer as this door shows it.
    #[must_use]
    pub fn new(answer: &Answer) -> Self {
        let evaluation = &answer.evaluation;
        Self {
            allowed: evaluation.allowed,
            code: evaluation.code.map(|code| code.name().to_owned()),
            reason: evaluation.reason().to_owned(),
            checks: evaluation.checks.iter().map(Check::from).collect(),
            failing: evaluation.failing().map(Check::from).collect(),
            warnings: evaluation.warnings.iter().map(Warning::from).collect(),
            value: evaluation.value.as_ref().map(Value::from),
            remaining: answer.left.remaining.map(BigInt),
            resets_at: answer.left.resets_at.map(DateTime),
            activation_id: evaluation.activation.map(|id| id.to_string().into()),
            status: evaluation.status.displayed.into(),
            at: answer.at.into(),
            position: answer.position.map(LedgerPosition),
        }
    }
}

impl From<&evaluate::Check> for Check {
    fn from(check: &evaluate::Check) -> Self {
        let numbers = check.numbers.iter().map(|(name, value)| NamedNumber {
            name: (*name).to_owned(),
            value: number_text(name, *value),
        });
        Self {
            code: check.code.name().to_owned(),
            passed: check.passed,
            rule: check.rule.to_owned(),
            message: check.message.clone(),
            numbers: numbers.collect(),
            fix: check
                .fix
                .map(|fix| Fix { code: fix.name().to_owned(), text: fix.text().to_owned() }),
        }
    }
}

/// The evaluator gives instants in microseconds and names them `…_at`, `…_from`, `…_until` or `since`.
fn number_text(name: &str, value: i64) -> String {
    let is_instant = name.ends_with("_at")
        || name.ends_with("_from")
        || name.ends_with("_until")
        || name == "since";
    if is_instant {
        instant_text(schemas::Timestamp::from_micros(value))
    } else {
        value.to_string()
    }
}

impl From<&evaluate::Warning> for Warning {
    fn from(warning: &evaluate::Warning) -> Self {
        Self { code: warning.code.name().to_owned(), message: warning.message.clone() }
    }
}

/// A question to the evaluator. What is left out is not checked.
#[derive(Debug, Clone, InputObject)]
pub struct CheckInput {
    /// The license.
    pub license_id: ID,
    /// Which feature.
    pub feature: Option<String>,
    /// How many units of a metered feature. Asking uses nothing up.
    pub quantity: Option<BigInt>,
    /// Which value of an enum feature, at least.
    pub choice: Option<String>,
    /// Who.
    pub member_id: Option<ID>,
    /// On which device, by its fingerprint.
    pub fingerprint: Option<String>,
    /// On which domain.
    pub domain: Option<String>,
    /// In which version of the software.
    pub version: Option<String>,
}

impl CheckInput {
    /// The question as every door asks it.
    #[must_use]
    pub fn question(&self) -> Question<'_> {
        Question {
            license: &self.license_id,
            feature: self.feature.as_deref(),
            member: self.member_id.as_ref().map(|id| id.as_str()),
            fingerprint: self.fingerprint.as_deref(),
            domain: self.domain.as_deref(),
            version: self.version.as_deref(),
            quantity: self.quantity.map(|quantity| quantity.0),
            choice: self.choice.as_deref(),
        }
    }
}
