//! The term of a license: its start and its renewal.

use schemas::Timestamp;
use schemas::catalog::{RenewalBasis, Terms};
use schemas::contract::ZoneName;
use schemas::license::LicenseRenewed;

use super::{Decided, Rejection, Renew, State, Term, guard};
use crate::calendar::{plus_counted_from, plus_in};
use crate::decider::{Context, Decision};

const RULE: &str = "license.renewal";

/// The first term, when it starts at this instant, counted in the zone of the contract.
pub(super) fn first(terms: &Terms, zone: Option<&ZoneName>, from: Timestamp) -> Term {
    Term { from, until: terms.term.map(|length| plus_in(zone, from, length)) }
}

pub(super) fn renew(state: &State, renew: Renew, context: &Context) -> Decided {
    guard::live(state, context)?;
    let renewed_before = renew.ending.filter(|asked| {
        let current = state.term.and_then(|term| term.until);
        current != Some(*asked) && state.renewed.is_some_and(|renewed| renewed.ended == *asked)
    });
    if renewed_before.is_some() {
        return Ok(Decision::already_so(RULE));
    }
    guard::in_order(state, context)?;
    let (term, terms) = state.term.zip(state.terms).ok_or(Rejection::TermNotStarted)?;
    let ends = term.until.ok_or(Rejection::Perpetual)?;
    let period = renew.period.or(terms.term).ok_or(Rejection::Perpetual)?;
    if let Some(asked) = renew.ending.filter(|asked| *asked != ends) {
        return Err(Rejection::TermMismatch { asked, ends });
    }
    let basis = renew.basis.unwrap_or(terms.renewal_basis);
    let from = counts_from(basis, ends, context.effective_at);
    let zone = state.contract.time_zone.as_ref();
    let until = if from == ends {
        plus_counted_from(zone, term.from, ends, period)
    } else {
        plus_in(zone, from, period)
    };
    if until <= ends {
        return Err(Rejection::RenewalShortens { would_end: until, ends });
    }
    Ok(Decision::record(RULE, [LicenseRenewed { basis, period, from, until }.into()]))
}

/// Grace extends use, not the term: all three count from the term's own end.
fn counts_from(basis: RenewalBasis, ends: Timestamp, at: Timestamp) -> Timestamp {
    match basis {
        RenewalBasis::FromExpiry => ends,
        RenewalBasis::FromNow => at,
        RenewalBasis::FromNowIfExpired => at.max(ends),
    }
}
