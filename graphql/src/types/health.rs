//! How an account is, and why: the worst of its reasons. The same facts at the same instant give the same words.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use async_graphql::{Enum, ID, SimpleObject};
use ledger::status::Displayed;

use crate::types::entitlement::SeatCounts;
use crate::types::quota::Quota;
use crate::types::status::LicenseStatus;

/// From how much of a bound on it is nearly used up, in percent.
const NEARLY_PERCENT: u64 = 80;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
pub enum HealthLevel {
    /// All is well.
    Good,
    /// It needs a look: it works now and will not for ever.
    Warning,
    /// It needs somebody to act: something does not work.
    Critical,
}

/// One reason why an account is not well.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct HealthReason {
    /// The stable code, such as `LICENSES_EXPIRED`. New codes may be added: keep a default branch.
    pub code: String,
    /// How bad it is.
    pub level: HealthLevel,
    /// What is so, in plain words.
    pub text: String,
    /// The status by which the licenses are found that it is about.
    pub status: Option<LicenseStatus>,
    /// The license that it is about, when it is one.
    pub license_id: Option<ID>,
    /// The feature that it is about.
    pub feature: Option<String>,
}

/// How an account is.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Health {
    /// The worst of its reasons.
    pub level: HealthLevel,
    /// Why it is not well, the worst first; empty when it is.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub reasons: Vec<HealthReason>,
}

impl Health {
    /// The health of an account with so many licenses in each status, and these licenses.
    #[must_use]
    pub fn of(counts: &BTreeMap<Displayed, u64>, quotas: &[Quota], seats: &SeatCounts) -> Self {
        let mut reasons: Vec<_> = Displayed::ALL
            .into_iter()
            .filter_map(|status| by_status(status, counts.get(&status).copied().unwrap_or(0)))
            .collect();
        reasons.extend(overdrawn(seats));
        reasons.extend(full(quotas));
        // The sort keeps the order of those that are equally bad.
        reasons.sort_by_key(|reason| Reverse(reason.level));
        let level = reasons.first().map_or(HealthLevel::Good, |worst| worst.level);
        Self { level, reasons }
    }
}

fn by_status(displayed: Displayed, count: u64) -> Option<HealthReason> {
    if count == 0 {
        return None;
    }
    let (code, level, one, many) = match displayed {
        Displayed::Expired => {
            ("LICENSES_EXPIRED", HealthLevel::Critical, "has expired", "have expired")
        }
        Displayed::Suspended => {
            ("LICENSES_SUSPENDED", HealthLevel::Critical, "is suspended", "are suspended")
        }
        Displayed::Grace => (
            "LICENSES_IN_GRACE",
            HealthLevel::Warning,
            "is over and in its grace period",
            "are over and in their grace period",
        ),
        Displayed::Expiring => {
            ("LICENSES_EXPIRING", HealthLevel::Warning, "ends within 30 days", "end within 30 days")
        }
        Displayed::Assigned => (
            "LICENSES_UNACTIVATED",
            HealthLevel::Warning,
            "was never activated",
            "were never activated",
        ),
        Displayed::Available | Displayed::Active | Displayed::NotStarted | Displayed::Revoked => {
            return None;
        }
    };
    let text =
        if count == 1 { format!("1 license {one}") } else { format!("{count} licenses {many}") };
    let status = Some(displayed.into());
    Some(HealthReason {
        code: code.to_owned(),
        level,
        text,
        status,
        license_id: None,
        feature: None,
    })
}

fn overdrawn(seats: &SeatCounts) -> Option<HealthReason> {
    let text = match seats.overdraft_used.0 {
        0 => return None,
        1 => "1 seat more than was bought is in use".to_owned(),
        over => format!("{over} seats more than were bought are in use"),
    };
    let (code, level) = ("SEATS_OVER_LIMIT".to_owned(), HealthLevel::Critical);
    Some(HealthReason { code, level, text, status: None, license_id: None, feature: None })
}

/// The quotas that are used up, or nearly, the fullest first.
fn full(quotas: &[Quota]) -> impl Iterator<Item = HealthReason> {
    quotas.iter().filter(|quota| quota.percent.0 >= NEARLY_PERCENT).map(|quota| {
        let (code, level, how) = if quota.percent.0 >= 100 {
            ("QUOTA_USED_UP", HealthLevel::Critical, "is used up")
        } else {
            ("QUOTA_NEARLY_USED_UP", HealthLevel::Warning, "is nearly used up")
        };
        HealthReason {
            code: code.to_owned(),
            level,
            text: format!("{} of {} {how}", quota.name, quota.product_name),
            status: None,
            license_id: Some(quota.license_id.clone()),
            feature: Some(quota.feature.clone()),
        }
    })
}
