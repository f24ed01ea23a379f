//! The rules of the vendor's policies: versions follow each other and stay what they were. What a policy says of a license
//! is computed when it is asked for, from the version that counts.

use std::collections::BTreeSet;

use schemas::contract::{Country, NoticeRule};
use schemas::policy::{NoticePolicyPublished, PolicyEvent};
use schemas::{Period, StreamKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{days_before_in, plus_in, text};
use crate::decider::{self, Context, Decider, Decision};
use crate::license;

/// The most rules of one version: there are fewer than 250 countries.
pub const NOTICE_RULES_MAX: usize = 300;
/// The longest notice, and the longest time to cancel, in days.
pub const NOTICE_DAYS_MAX: u32 = 366;

const RULE: &str = "policy.versions_follow_each_other";

/// The rules of the vendor's policies.
#[derive(Debug, Clone, Copy)]
pub struct PolicyRules;

/// What can be asked of the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Publish the next version of the notice periods.
    PublishNotice {
        /// The number that it is to have, as the caller saw it: of two who publish at once, one comes second.
        version: u32,
        /// The rules, in any order.
        rules: Vec<NoticeRule>,
    },
}

/// Why a command to the policies may be refused, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Facts are recorded when they are true, not before.
    #[error("{} is in the future", text(*.effective_at))]
    EffectiveInFuture {
        /// From when it was to be true.
        effective_at: Timestamp,
    },
    /// What counted on a day stays what counted on it.
    #[error("a version counts from when it is published")]
    Backdated,
    /// Another version comes next.
    #[error("version {next} comes next")]
    VersionTaken {
        /// Its number.
        next: u32,
    },
    /// Countries without a rule of their own need one.
    #[error("there is no rule for all other countries")]
    DefaultRuleMissing,
    /// A country has two rules.
    #[error("there are two rules for {country}")]
    CountryTwice {
        /// The country.
        country: String,
    },
    /// It is more than any law asks for.
    #[error("{days} days are more than {NOTICE_DAYS_MAX}")]
    TooManyDays {
        /// How many.
        days: u32,
    },
    /// There are more rules than countries.
    #[error("there are more than {NOTICE_RULES_MAX} rules")]
    TooManyRules,
}

/// What the rules remember of the policies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The newest version of the notice periods.
    pub notice: Option<NoticePolicyPublished>,
}

impl Decider for PolicyRules {
    const KIND: StreamKind = StreamKind::Policy;
    type State = State;
    type Command = Command;
    type Event = PolicyEvent;
    type Rejection = Rejection;

    fn decide(
        state: &State,
        command: &Command,
        context: &Context,
    ) -> Result<Decision<PolicyEvent>, Rejection> {
        if context.effective_at > context.now {
            return Err(Rejection::EffectiveInFuture { effective_at: context.effective_at });
        }
        if context.effective_at < context.now {
            return Err(Rejection::Backdated);
        }
        match command {
            Command::PublishNotice { version, rules } => publish(state, *version, rules),
        }
    }

    fn evolve(state: &mut State, event: &PolicyEvent, _: Timestamp) {
        match event {
            PolicyEvent::NoticePolicyPublished(fact) => state.notice = Some(fact.clone()),
        }
    }
}

fn publish(
    state: &State,
    version: u32,
    rules: &[NoticeRule],
) -> Result<Decision<PolicyEvent>, Rejection> {
    let mut rules = rules.to_vec();
    rules.sort_by(|one, other| one.country.cmp(&other.country));
    let published = NoticePolicyPublished { version, rules };
    if state.notice.as_ref() == Some(&published) {
        return Ok(Decision::already_so(RULE));
    }
    let next = state.notice.as_ref().map_or(0, |newest| newest.version).saturating_add(1);
    if version != next {
        return Err(Rejection::VersionTaken { next });
    }
    sound(&published.rules)?;
    Ok(Decision::record(RULE, [published.into()]))
}

fn sound(rules: &[NoticeRule]) -> Result<(), Rejection> {
    if !rules.iter().any(|rule| rule.country.is_none()) {
        return Err(Rejection::DefaultRuleMissing);
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = rules.iter().find(|rule| !seen.insert(&rule.country)) {
        let others = || "all other countries".to_owned();
        let country = twice.country.as_ref().map_or_else(others, ToString::to_string);
        return Err(Rejection::CountryTwice { country });
    }
    let longest = rules.iter().map(|rule| rule.notice_days.max(rule.cancel_days)).max();
    if let Some(days) = longest.filter(|days| *days > NOTICE_DAYS_MAX) {
        return Err(Rejection::TooManyDays { days });
    }
    if rules.len() > NOTICE_RULES_MAX { Err(Rejection::TooManyRules) } else { Ok(()) }
}

/// By when notice of an automatic renewal must have been given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The version of the policy that says so.
    pub version: u32,
    /// The country whose rule it is; `None`: the one for all others.
    pub country: Option<Country>,
    /// How many days before the end.
    pub notice_days: u32,
    /// The first instant at which it is too late.
    pub late_from: Timestamp,
    /// In how many days after the end a renewed term can be cancelled; 0: it cannot.
    pub cancel_days: u32,
    /// The first instant at which that is over.
    pub cancel_until: Option<Timestamp>,
}

/// What a version says of a license: days are counted back from the end of the term by the clocks of the contract's zone.
/// `None`: the term has no end, or has not started, or the license is stopped for good.
#[must_use]
pub fn notice(policy: &NoticePolicyPublished, license: &license::State) -> Option<Notice> {
    let until = license.term?.until.filter(|_| license.revoked.is_none())?;
    let of = |country: Option<&Country>| {
        policy.rules.iter().find(|rule| rule.country.as_ref() == country)
    };
    let contract = &license.contract;
    let own = contract.country.as_ref().and_then(|country| of(Some(country)));
    let rule = own.or_else(|| of(None))?;
    let zone = contract.time_zone.as_ref();
    let cancel = Some(rule.cancel_days).filter(|days| *days > 0);
    Some(Notice {
        version: policy.version,
        country: rule.country.clone(),
        notice_days: rule.notice_days,
        late_from: days_before_in(zone, until, rule.notice_days),
        cancel_days: rule.cancel_days,
        cancel_until: cancel.map(|days| plus_in(zone, until, Period::days(days))),
    })
}

impl decider::Rejection for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } => "EFFECTIVE_IN_FUTURE",
            Self::Backdated => "POLICY_BACKDATED",
            Self::VersionTaken { .. } => "POLICY_VERSION_TAKEN",
            Self::DefaultRuleMissing => "DEFAULT_RULE_MISSING",
            Self::CountryTwice { .. } => "COUNTRY_TWICE",
            Self::TooManyDays { .. } => "TOO_MANY_DAYS",
            Self::TooManyRules => "TOO_MANY_RULES",
        }
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::EffectiveInFuture { .. } | Self::Backdated => "policy.facts_in_order",
            Self::VersionTaken { .. } => RULE,
            Self::DefaultRuleMissing
            | Self::CountryTwice { .. }
            | Self::TooManyDays { .. }
            | Self::TooManyRules => "policy.every_country_has_one_rule",
        }
    }

    fn advice(&self) -> String {
        match self {
            Self::EffectiveInFuture { .. } | Self::Backdated => {
                "ask again without an effective time".to_owned()
            }
            Self::VersionTaken { .. } => {
                "look at the newest version, then publish the next one".to_owned()
            }
            Self::DefaultRuleMissing => "add the rule for all other countries".to_owned(),
            Self::CountryTwice { .. } => "leave one of them out".to_owned(),
            Self::TooManyDays { .. } => {
                format!("give at most {NOTICE_DAYS_MAX} days of notice and to cancel")
            }
            Self::TooManyRules => "give one rule for each country".to_owned(),
        }
    }
}
