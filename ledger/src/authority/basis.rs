//! By which right something was done, as each fact records it.

use std::fmt;
use std::str::FromStr;

use schemas::{GrantId, TokenId};

use super::{Action, Rule, Verdict};

/// By which right something was done: what was wanted, by which rule it was allowed, by which grant if it was one, and
/// with which token if a program did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// What was wanted.
    pub action: Action,
    /// The rule that allowed it.
    pub rule: Rule,
    /// The grant by which.
    pub grant: Option<GrantId>,
    /// The token of the program that did it.
    pub token: Option<TokenId>,
}

impl Basis {
    /// What a verdict says about an action; `None`: it is not allowed.
    #[must_use]
    pub fn of(action: Action, verdict: Verdict) -> Option<Self> {
        let Verdict { rule, grant } = verdict;
        verdict.allowed().then_some(Self { action, rule, grant, token: None })
    }

    /// What whoever holds the data folder does.
    #[must_use]
    pub const fn data_folder() -> Self {
        Self { action: Action::Operate, rule: Rule::DataFolder, grant: None, token: None }
    }

    /// What people do with their own sign-in.
    #[must_use]
    pub const fn oneself() -> Self {
        Self { action: Action::BeOneself, rule: Rule::OwnThings, grant: None, token: None }
    }

    /// The same, done by a program with this token.
    #[must_use]
    pub const fn via(self, token: Option<TokenId>) -> Self {
        Self { token, ..self }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.action, self.rule.id())?;
        self.grant.map_or(Ok(()), |grant| write!(f, ":{grant}"))?;
        self.token.map_or(Ok(()), |token| write!(f, ":{token}"))
    }
}

/// The text is no basis that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `action:rule`, `:grant` if it was one, `:token` if it was one")]
pub struct ParseBasisError;

impl FromStr for Basis {
    type Err = ParseBasisError;

    fn from_str(text: &str) -> Result<Self, ParseBasisError> {
        let mut parts = text.split(':');
        let action = parts.next().and_then(|part| part.parse().ok()).ok_or(ParseBasisError)?;
        let named = parts.next().ok_or(ParseBasisError)?;
        let rule = Rule::ALL.iter().find(|rule| rule.id() == named && rule.allows());
        let rule = *rule.ok_or(ParseBasisError)?;
        let mut parts = parts.peekable();
        let grant = parts.peek().and_then(|part| part.parse().ok());
        if grant.is_some() {
            parts.next();
        }
        let token = parts.next().map(str::parse).transpose().map_err(|_| ParseBasisError)?;
        match parts.next() {
            None => Ok(Self { action, rule, grant, token }),
            Some(_) => Err(ParseBasisError),
        }
    }
}
