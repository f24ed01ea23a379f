//! The term of a license: its start and its renewal.

use schemas::Timestamp;
use schemas::catalog::{RenewalBasis, Terms};
use schemas::license::LicenseRenewed;

use super::{Decided, Rejection, Renew, State, Term, guard};
use crate::calendar::plus;
use crate::decider::{Context, Decision};

const RULE: &str = "license.renewal";

/// The first term, when it starts at this instant.
pub(super) fn first(terms: &Terms, from: Timestamp) -> Term {
    Term { from, until: terms.term.map(|length| plus(from, length)) }
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
    let until = plus(from, period);
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
