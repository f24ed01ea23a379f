//! On which terms something is contracted: by which clocks, in which currency, by which country's rules; and what follows
//! from that for the end of a term.

use async_graphql::SimpleObject;
use ledger::calendar::{last_second_before, local_text};
use ledger::policy::Notice;
use projections::views::catalog::NoticePolicyRow;
use schemas::Timestamp;
use schemas::contract::{
    Contract as ContractFact, ContractDefaults as DefaultsFact, NoticeRule as RuleFact, ZoneName,
};

use crate::scalars::{BigInt, DateTime};

/// The time zone of contracts that do not say one.
const UTC: &str = "UTC";

/// On which terms a license is contracted.
#[derive(Debug, Clone, SimpleObject)]
pub struct Contract {
    /// The time zone, as IANA names it, in which its days, months and years are counted.
    pub time_zone: String,
    /// The country whose rules count, as ISO 3166-1 writes it in two letters. Null: it was not said.
    pub country: Option<String>,
    /// The currency in which it is paid, as ISO 4217 writes it.
    pub currency: Option<String>,
    /// The language and region in which amounts of it are written, as BCP 47 writes them.
    pub locale: Option<String>,
    /// What a term costs, in the smallest unit of the currency: cents, or yen. Null also for who does not see everything of
    /// the license.
    pub price_minor: Option<BigInt>,
}

/// On which terms an account contracts: what licenses that are issued to it begin with.
#[derive(Debug, Clone, SimpleObject)]
pub struct ContractDefaults {
    /// The time zone, as IANA names it. Null: UTC.
    pub time_zone: Option<String>,
    /// The country whose rules count, as ISO 3166-1 writes it in two letters.
    pub country: Option<String>,
    /// The currency in which it pays, as ISO 4217 writes it.
    pub currency: Option<String>,
    /// The language and region in which amounts are written, as BCP 47 writes them.
    pub locale: Option<String>,
    /// Where its data is to be kept: a tag of the vendor's own. It moves nothing by itself.
    pub data_region: Option<String>,
}

/// An instant by the clocks of a contract's time zone.
#[derive(Debug, Clone, SimpleObject)]
pub struct LocalTime {
    /// The instant.
    pub at: DateTime,
    /// What the clocks show, and how far they are ahead of UTC: `2026-12-31T23:59:59+01:00`.
    pub local: String,
    /// The time zone, as IANA names it.
    pub time_zone: String,
}

/// By when notice of an automatic renewal must have been given, by the vendor's policy.
#[derive(Debug, Clone, SimpleObject)]
pub struct RenewalNotice {
    /// The last second in which it is in time.
    pub by: LocalTime,
    /// How many days before the end of the term that is.
    pub notice_days: i32,
    /// The last second in which a term that was renewed automatically can be cancelled. Null: it cannot.
    pub cancel_by: Option<LocalTime>,
    /// How many days after the end of the term that is.
    pub cancel_days: i32,
    /// The country whose rule it is. Null: the one for all countries that have none of their own.
    pub country: Option<String>,
    /// The version of the policy that says so.
    pub policy_version: i32,
}

/// The notice that an automatic renewal needs in one country.
#[derive(Debug, Clone, SimpleObject)]
pub struct NoticeRule {
    /// The country. Null: all that have no rule of their own.
    pub country: Option<String>,
    /// How many days before the end of the term notice must have been given.
    pub notice_days: i32,
    /// In how many days after it a term that was renewed automatically can be cancelled; 0: it cannot.
    pub cancel_days: i32,
}

/// One version of the notice periods.
#[derive(Debug, Clone, SimpleObject)]
pub struct NoticePolicy {
    /// Its number.
    pub version: i32,
    /// From when it counts, until the next one does.
    pub published_at: DateTime,
    /// The rules: the one for all other countries first, then in the order of the countries.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub rules: Vec<NoticeRule>,
}

impl Contract {
    /// What was contracted; without the price for who does not see everything of the license.
    #[must_use]
    pub fn new(fact: &ContractFact, whole: bool) -> Self {
        Self {
            time_zone: fact.time_zone.as_ref().map_or(UTC.to_owned(), ToString::to_string),
            country: fact.country.as_ref().map(ToString::to_string),
            currency: fact.currency.as_ref().map(ToString::to_string),
            locale: fact.locale.as_ref().map(ToString::to_string),
            price_minor: fact.price_minor.filter(|_| whole).map(BigInt),
        }
    }
}

impl From<&DefaultsFact> for ContractDefaults {
    fn from(fact: &DefaultsFact) -> Self {
        Self {
            time_zone: fact.time_zone.as_ref().map(ToString::to_string),
            country: fact.country.as_ref().map(ToString::to_string),
            currency: fact.currency.as_ref().map(ToString::to_string),
            locale: fact.locale.as_ref().map(ToString::to_string),
            data_region: fact.data_region.as_ref().map(ToString::to_string),
        }
    }
}

impl LocalTime {
    /// The last second before an instant, by the clocks of this zone.
    #[must_use]
    pub fn before(end: Timestamp, zone: Option<&ZoneName>) -> Self {
        let last = last_second_before(end);
        Self {
            at: last.into(),
            local: local_text(zone, last),
            time_zone: zone.map_or(UTC.to_owned(), ToString::to_string),
        }
    }
}

impl RenewalNotice {
    /// What the policy says, by the clocks of this zone.
    #[must_use]
    pub fn new(notice: &Notice, zone: Option<&ZoneName>) -> Self {
        Self {
            by: LocalTime::before(notice.late_from, zone),
            notice_days: days(notice.notice_days),
            cancel_by: notice.cancel_until.map(|end| LocalTime::before(end, zone)),
            cancel_days: days(notice.cancel_days),
            country: notice.country.as_ref().map(ToString::to_string),
            policy_version: days(notice.version),
        }
    }
}

impl From<&RuleFact> for NoticeRule {
    fn from(fact: &RuleFact) -> Self {
        Self {
            country: fact.country.as_ref().map(ToString::to_string),
            notice_days: days(fact.notice_days),
            cancel_days: days(fact.cancel_days),
        }
    }
}

impl From<&NoticePolicyRow> for NoticePolicy {
    fn from(row: &NoticePolicyRow) -> Self {
        Self {
            version: days(row.policy.version),
            published_at: row.from.into(),
            rules: row.policy.rules.iter().map(NoticeRule::from).collect(),
        }
    }
}

/// A small number as GraphQL has it.
fn days(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
