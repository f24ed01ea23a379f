//! How the words of the catalog (grants, values, terms) are written in the text form of rows.
//! These texts are hashed: a change here is a new version of every view that uses them.

use std::collections::BTreeMap;
use std::fmt;

use schemas::catalog::{
    Allowance, FeatureKind, FeatureValue, Grant, PlanKind, RenewalBasis, SourceRef, TermStart,
    Terms,
};
use schemas::{Actor, FeatureKey, Period, PeriodUnit, Quantity};

use crate::row_text::{Escaped, RowText};

/// `5`, or `unlimited`.
pub(crate) struct Amount(pub(crate) Quantity);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Quantity::Limited(limit) => write!(f, "{limit}"),
            Quantity::Unlimited => f.write_str("unlimited"),
        }
    }
}

/// `12 month`.
pub(crate) struct Length(pub(crate) Period);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.0.unit {
            PeriodUnit::Day => "day",
            PeriodUnit::Month => "month",
            PeriodUnit::Year => "year",
        };
        write!(f, "{} {unit}", self.0.count)
    }
}

/// `offering off_… 3`.
pub(crate) struct From(pub(crate) SourceRef);

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SourceRef::Offering(from) => write!(f, "offering {} {}", from.offering, from.version),
            SourceRef::Bundle(from) => write!(f, "bundle {} {}", from.bundle, from.version),
        }
    }
}

/// `member mem_…`.
pub(crate) struct Who(pub(crate) Actor);

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Actor::System => f.write_str("system"),
            Actor::Operator => f.write_str("operator"),
            Actor::Member(id) => write!(f, "member {id}"),
            Actor::Staff(id) => write!(f, "staff {id}"),
            Actor::Token(id) => write!(f, "token {id}"),
            Actor::License(id) => write!(f, "license {id}"),
        }
    }
}

/// `enabled true`, `allowance 1000 each 1 month`.
pub(crate) struct Value<'a>(pub(crate) &'a FeatureValue);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            FeatureValue::Enabled(enabled) => write!(f, "enabled {enabled}"),
            FeatureValue::Config(text) => write!(f, "config {}", Escaped(text)),
            FeatureValue::Choice(text) => write!(f, "choice {}", Escaped(text)),
            FeatureValue::Allowance(Allowance { amount, reset: None }) => {
                write!(f, "allowance {}", Amount(*amount))
            }
            FeatureValue::Allowance(Allowance { amount, reset: Some(reset) }) => {
                write!(f, "allowance {} each {}", Amount(*amount), Length(*reset))
            }
        }
    }
}

/// `metered call`, `enum basic|full`.
pub(crate) struct Kind<'a>(pub(crate) &'a FeatureKind);

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            FeatureKind::Boolean => f.write_str("boolean"),
            FeatureKind::Config => f.write_str("config"),
            FeatureKind::Metered { unit } => write!(f, "metered {}", Escaped(unit)),
            FeatureKind::Enum { values } => {
                f.write_str("enum")?;
                // The length goes before each value, so that no two lists read the same.
                values.iter().try_for_each(|one| write!(f, " {}:{}", one.len(), Escaped(one)))
            }
        }
    }
}

pub(crate) fn write_values(text: &mut RowText, values: &BTreeMap<FeatureKey, FeatureValue>) {
    for (feature, value) in values {
        text.field("  value", format_args!("{feature} {}", Value(value)));
    }
}

pub(crate) fn write_services(text: &mut RowText, services: &BTreeMap<String, String>) {
    for (service, given) in services {
        text.field(
            "  service",
            format_args!("{}:{} {}", service.len(), Escaped(service), Escaped(given)),
        );
    }
}

pub(crate) fn write_grant(text: &mut RowText, field: &str, grant: &Grant) {
    text.field(field, From(SourceRef::Offering(grant.offering)));
    text.field("  all_features", grant.all_features);
    text.field("  seats", Amount(grant.seats));
    text.field("  devices", Amount(grant.devices));
    text.field("  domains", Amount(grant.domains));
    write_values(text, &grant.values);
    write_services(text, &grant.services);
}

pub(crate) fn write_terms(text: &mut RowText, terms: &Terms) {
    let kind = match terms.plan_kind {
        PlanKind::Paid => "paid",
        PlanKind::Trial => "trial",
        PlanKind::Free => "free",
        PlanKind::Beta => "beta",
        PlanKind::Internal => "internal",
        PlanKind::NotForResale => "not_for_resale",
    };
    let starts = match terms.starts {
        TermStart::Issue => "issue",
        TermStart::FirstActivation => "first_activation",
    };
    let basis = match terms.renewal_basis {
        RenewalBasis::FromExpiry => "from_expiry",
        RenewalBasis::FromNow => "from_now",
        RenewalBasis::FromNowIfExpired => "from_now_if_expired",
    };
    text.field("  plan_kind", kind);
    text.option("  term", terms.term.map(Length));
    text.field("  starts", starts);
    text.field("  renewal_basis", basis);
    text.option("  grace", terms.grace.map(Length));
    text.option("  maintenance", terms.maintenance.map(Length));
}
