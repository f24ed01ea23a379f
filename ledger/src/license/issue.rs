//! Issuing a license.

use schemas::Personal;
use schemas::catalog::TermStart;
use schemas::contract::Contract;
use schemas::license::{
    LicenseContractSet, LicenseEvent, LicenseIssued, LicenseSecret, TermStarted,
};

use super::{Decided, Issue, Rejection, State, Term, contract, guard, term};
use crate::decider::{Context, Decision};

const RULE: &str = "license.issued_once";

pub(super) fn issue(state: &State, issue: &Issue, context: &Context) -> Decided {
    guard::not_in_future(context)?;
    if state.issued.is_some() {
        let same = is_same(state, issue);
        return if same { Ok(Decision::already_so(RULE)) } else { Err(Rejection::AlreadyIssued) };
    }
    let contract = contract::checked(&issue.contract)?;
    let starts_now = issue.terms.starts == TermStart::Issue;
    let zone = contract.time_zone.as_ref();
    let first = issue
        .term
        .or_else(|| starts_now.then(|| term::first(&issue.terms, zone, context.effective_at)));
    if first.is_some_and(|term| term.until.is_some_and(|until| until <= term.from)) {
        return Err(Rejection::TermEndsEarly);
    }
    if issue.grants.is_empty() {
        return Err(Rejection::NothingGranted);
    }
    let mut events = vec![LicenseEvent::from(issued(issue))];
    // What was not said needs no fact.
    if contract != Contract::default() {
        events.push(LicenseContractSet { contract }.into());
    }
    events.extend(first.map(|Term { from, until }| TermStarted { from, until }.into()));
    Ok(Decision::record(RULE, events))
}

/// The key stands for the personal part: the state holds its hash, not the key.
fn is_same(state: &State, issue: &Issue) -> bool {
    state.issued.as_ref().is_some_and(|issued| {
        issued.license == issue.license
            && issued.account == issue.account
            && issued.product == issue.product
            && issued.acquired == issue.acquired
            && issued.key_digest == issue.key_digest
            && issued.source == issue.source
    })
}

fn issued(issue: &Issue) -> LicenseIssued {
    let secret = LicenseSecret { key: issue.key.clone(), external_id: issue.external_id.clone() };
    LicenseIssued {
        license: issue.license,
        account: issue.account,
        product: issue.product,
        acquired: issue.acquired,
        key_digest: issue.key_digest,
        source: issue.source,
        grants: issue.grants.clone(),
        terms: issue.terms,
        personal: Personal::new(issue.account, secret),
    }
}
