//! The checks on the license itself: it exists, nothing stops it, its time runs, the version is
//! included.

use std::collections::BTreeMap;

use schemas::Timestamp;

use super::{Code, Facts, Findings, Fix, Request, WarningCode};
use crate::calendar::text;
use crate::license::{self, Term, blocker_text};
use crate::status::{Displayed, access_end, blockers, maintenance_end, status};

/// Whether there is such a license at that instant.
pub(super) fn exists(license: &license::State, at: Timestamp, findings: &mut Findings) -> bool {
    const RULE: &str = "license.issued_once";
    let issued = license.issued.as_ref().map(|issued| issued.at);
    let exists = issued.is_some_and(|issued| issued <= at);
    let numbers = issued.map(|issued| ("issued_at", issued.micros())).into_iter().collect();
    if exists {
        findings.pass(Code::NotFound, RULE, "the license exists".to_owned(), numbers);
    } else {
        let message = "there is no such license at that time".to_owned();
        findings.fail(Code::NotFound, RULE, message, numbers, Fix::CheckLicense);
    }
    exists
}

pub(super) fn check(license: &license::State, at: Timestamp, findings: &mut Findings) {
    check_revoked(license, at, findings);
    check_blockers(license, at, findings);
    check_term(license, at, findings);
}

fn check_revoked(license: &license::State, at: Timestamp, findings: &mut Findings) {
    const RULE: &str = "license.revoked_is_final";
    match license.revoked.filter(|since| *since <= at) {
        Some(since) => {
            let message = format!("the license is revoked since {}", text(since));
            let numbers = BTreeMap::from([("revoked_at", since.micros())]);
            findings.fail(Code::Revoked, RULE, message, numbers, Fix::GetLicense);
        }
        None => {
            let message = "the license is not revoked".to_owned();
            findings.pass(Code::Revoked, RULE, message, BTreeMap::new());
        }
    }
}

/// Each blocker fails on its own: clearing one does not clear the others.
fn check_blockers(license: &license::State, at: Timestamp, findings: &mut Findings) {
    const RULE: &str = "license.no_blocker";
    let mut blocked = false;
    for blocker in blockers(license, at) {
        blocked = true;
        let message = format!("the license is suspended: {}", blocker_text(blocker));
        let since = license.blockers.get(&blocker).map(|since| ("since", since.micros()));
        let numbers = since.into_iter().collect();
        findings.fail(Code::Suspended, RULE, message, numbers, Fix::ClearBlocker);
    }
    if !blocked {
        let message = "nothing stops the license".to_owned();
        findings.pass(Code::Suspended, RULE, message, BTreeMap::new());
    }
}

const RULE_TERM: &str = "license.in_term";

fn check_term(license: &license::State, at: Timestamp, findings: &mut Findings) {
    let Some(term) = license.term else {
        let message = "the term starts with the first activation of a device or domain".to_owned();
        let (numbers, fix) = (BTreeMap::new(), Fix::Activate);
        return findings.fail(Code::NotStarted, RULE_TERM, message, numbers, fix);
    };
    let numbers = BTreeMap::from([("term_from", term.from.micros())]);
    if at < term.from {
        let message = format!("the term starts at {}", text(term.from));
        return findings.fail(Code::NotStarted, RULE_TERM, message, numbers, Fix::Wait);
    }
    let message = format!("the term started at {}", text(term.from));
    findings.pass(Code::NotStarted, RULE_TERM, message, numbers);
    check_end(license, term, at, findings);
}

/// The end of the term, and of the grace after it, is the first instant that is over.
fn check_end(license: &license::State, term: Term, at: Timestamp, findings: &mut Findings) {
    let Some(until) = term.until else {
        let message = "the license is perpetual".to_owned();
        return findings.pass(Code::Expired, RULE_TERM, message, BTreeMap::new());
    };
    let access_end = access_end(license).unwrap_or(until);
    let numbers =
        BTreeMap::from([("term_until", until.micros()), ("access_until", access_end.micros())]);
    if access_end <= at {
        let message = format!("the license expired at {}", text(until));
        return findings.fail(Code::Expired, RULE_TERM, message, numbers, Fix::Renew);
    }
    if until <= at {
        let message =
            format!("the term ended at {}, grace until {}", text(until), text(access_end));
        findings.warn(WarningCode::Grace, message.clone(), numbers.clone());
        return findings.pass(Code::Expired, RULE_TERM, message, numbers);
    }
    let message = format!("the term ends at {}", text(until));
    if status(license, at).displayed == Displayed::Expiring {
        findings.warn(WarningCode::Expiring, message.clone(), numbers.clone());
    }
    findings.pass(Code::Expired, RULE_TERM, message, numbers);
}

/// A release is included when it came out before maintenance ended. Where the vendor publishes no
/// releases at all, versions are not looked at.
pub(super) fn check_version(facts: &Facts<'_>, request: &Request, findings: &mut Findings) {
    const RULE: &str = "license.version_in_maintenance";
    let Some(version) = &request.version else { return };
    if facts.product.releases.is_empty() {
        let message = "the product publishes no releases".to_owned();
        return findings.pass(Code::VersionNotEntitled, RULE, message, BTreeMap::new());
    }
    let Some(released) = facts.product.released_at(version) else {
        let message = format!("`{version}` is not a published release of the product");
        let (numbers, fix) = (BTreeMap::new(), Fix::UseIncludedVersion);
        return findings.fail(Code::VersionNotEntitled, RULE, message, numbers, fix);
    };
    let end = maintenance_end(facts.license);
    let mut numbers = BTreeMap::from([("released_at", released.micros())]);
    numbers.extend(end.map(|end| ("maintenance_until", end.micros())));
    match end.filter(|end| *end <= released) {
        Some(end) => {
            let message = format!(
                "version `{version}` came out at {}, maintenance ended at {}",
                text(released),
                text(end),
            );
            findings.fail(
                Code::VersionNotEntitled,
                RULE,
                message,
                numbers,
                Fix::UseIncludedVersion,
            );
        }
        None => {
            let message = format!("version `{version}` is included");
            findings.pass(Code::VersionNotEntitled, RULE, message, numbers);
        }
    }
}
