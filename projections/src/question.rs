//! A question to the evaluator as a caller of any door writes it, and its answer with the place it
//! comes from. Knows nothing of GraphQL or HTTP: every door asks here, so that all say the same.

use ledger::domain_name::{DomainNameError, normalize};
use ledger::entitlements::{Left, left};
use ledger::evaluate::{Evaluation, Request};
use ledger_log::Keystore;
use schemas::id::{ParseIdError, ParseKeyError};
use schemas::{LicenseId, LogPosition, Timestamp};

use crate::evaluation::EvaluationFacts;
use crate::runner::Projections;
use crate::scope::Scope;

/// May it be used, and why? What is `None` is not checked. Asking uses nothing up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Question<'a> {
    /// The id of the license.
    pub license: &'a str,
    /// Which feature, by its key.
    pub feature: Option<&'a str>,
    /// Who, by the id of the person.
    pub member: Option<&'a str>,
    /// On which device, by its fingerprint.
    pub fingerprint: Option<&'a str>,
    /// On which domain.
    pub domain: Option<&'a str>,
    /// In which version of the software.
    pub version: Option<&'a str>,
    /// How many units of a metered feature.
    pub quantity: Option<u64>,
    /// Which value of an enum feature, at least.
    pub choice: Option<&'a str>,
}

/// Why a question cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// The license is not named by an id of one.
    #[error("`licenseId`: {0}")]
    License(ParseIdError),
    /// The domain is none.
    #[error("{0}")]
    Domain(DomainNameError),
    /// The person is not named by an id of one.
    #[error("`memberId`: {0}")]
    Member(ParseIdError),
    /// The feature is not named by a key.
    #[error("`feature`: {0}")]
    Feature(ParseKeyError),
}

impl QuestionError {
    /// The part of the question that it is about, as every door names it.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::License(_) => "licenseId",
            Self::Domain(_) => "domain",
            Self::Member(_) => "memberId",
            Self::Feature(_) => "feature",
        }
    }
}

impl Question<'_> {
    /// The license that is asked about.
    ///
    /// # Errors
    /// When it is not named by its id.
    pub fn license(&self) -> Result<LicenseId, QuestionError> {
        self.license.parse().map_err(QuestionError::License)
    }

    /// The question as the evaluator reads it, about this instant. Names of devices and domains
    /// become the keyed hashes that the facts hold.
    ///
    /// # Errors
    /// When a part of it cannot be read.
    pub fn request(&self, keys: &Keystore, at: Timestamp) -> Result<Request, QuestionError> {
        let domain = self.domain.map(normalize).transpose().map_err(QuestionError::Domain)?;
        let member = self.member.map(str::parse).transpose().map_err(QuestionError::Member)?;
        let feature = self.feature.map(str::parse).transpose().map_err(QuestionError::Feature)?;
        Ok(Request {
            at,
            feature,
            member,
            device: self.fingerprint.map(|one| keys.digest("device", one.trim().as_bytes())),
            domain: domain.map(|one| keys.digest("domain", one.as_str().as_bytes())),
            version: self.version.map(str::to_owned),
            quantity: self.quantity,
            choice: self.choice.map(str::to_owned),
        })
    }
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the evaluator says.
    pub evaluation: Evaluation,
    /// What is left of the metered feature that was asked for.
    pub left: Left,
    /// The instant that was asked about.
    pub at: Timestamp,
    /// The place in the log that the answer comes from.
    pub position: Option<LogPosition>,
}

impl EvaluationFacts {
    /// The answer of these facts, which are those of this place.
    #[must_use]
    pub fn answer(&self, request: &Request, position: Option<LogPosition>) -> Answer {
        let feature = request.feature.as_ref();
        Answer {
            evaluation: self.evaluate(request),
            left: feature.map(|key| left(&self.facts(), key, request.at)).unwrap_or_default(),
            at: request.at,
            position,
        }
    }
}

impl Projections {
    /// Asks the evaluator about a license as it is now; `at` is the present instant. `None` when
    /// the license is unknown or somebody else's. The work does not depend on how many there are.
    ///
    /// # Errors
    /// When a part of the question cannot be read; for a license that the reader may see only.
    pub fn ask(
        &self,
        scope: &impl Scope,
        license: LicenseId,
        question: &Question<'_>,
        at: Timestamp,
    ) -> Result<Option<Answer>, QuestionError> {
        let found =
            self.read(|views| views.facts(scope, license).map(|facts| (facts, views.position())));
        let Some((facts, position)) = found else { return Ok(None) };
        let request = question.request(self.shared.codec.keystore(), at)?;
        Ok(Some(facts.answer(&request, position)))
    }
}
