//! What differs between a row and what an earlier run recorded for the same thing, told column by column.

use ledger_log::RecordedEvent;
use schemas::account::AccountEvent;
use schemas::license::LicenseEvent;
use schemas::staff::StaffEvent;
use schemas::{LedgerEvent, Timestamp};

use crate::import::names::Names;
use crate::import::report::{Fault, codes};
use crate::import::rows::{Customer, Device, License, Member, Row, Staff};
use crate::moment::rfc3339;

/// The differences found so far: column, what the ledger has, what the row says.
#[derive(Default)]
struct Differences(Vec<(&'static str, String)>);

impl Differences {
    fn text(&mut self, column: &'static str, has: Option<&str>, says: Option<&str>) {
        if has != says {
            let has = has.map_or_else(|| "nothing".to_owned(), |has| format!("`{has}`"));
            let says = says.map_or_else(|| "nothing".to_owned(), |says| format!("`{says}`"));
            self.0.push((column, format!("{column} is {has}, the row says {says}")));
        }
    }

    /// A row without a time was true from when it was imported.
    fn time(&mut self, column: &'static str, has: Timestamp, says: Option<Timestamp>) {
        if let Some(says) = says {
            self.text(column, Some(&rfc3339(has)), Some(&rfc3339(says)));
        }
    }

    fn differ(&mut self, column: &'static str, differs: bool) {
        if differs {
            self.0.push((column, format!("{column} is another one")));
        }
    }
}

/// The conflict of a row with what was recorded for it.
pub(crate) fn conflict(names: &Names, row: &Row, recorded: Option<&RecordedEvent>) -> Fault {
    let mut differences = Differences::default();
    if let Some(recorded) = recorded {
        let at = recorded.header.effective_at;
        compare(names, row, &recorded.event, at, &mut differences);
    }
    let column = differences.0.first().map(|(column, _)| *column);
    let told: Vec<_> = differences.0.into_iter().map(|(_, told)| told).collect();
    let told = if told.is_empty() { "other content".to_owned() } else { told.join("; ") };
    let message = format!(
        "it is in the ledger already, and differs: {told}; an import adds and never alters"
    );
    Fault::new(column, codes::CONFLICT, message)
}

fn compare(
    names: &Names,
    row: &Row,
    recorded: &LedgerEvent,
    at: Timestamp,
    differences: &mut Differences,
) {
    match (row, recorded) {
        (Row::Customer(row), LedgerEvent::Account(event)) => {
            customer(names, row, event, at, differences);
        }
        (Row::Member(row), LedgerEvent::Account(event)) => member(row, event, at, differences),
        (Row::Staff(row), LedgerEvent::Staff(event)) => staff(row, event, differences),
        (Row::License(row), LedgerEvent::License(event)) => {
            license(names, row, event, at, differences);
        }
        (Row::Device(row), LedgerEvent::License(event)) => device(row, event, at, differences),
        // The other kinds have little beside what names them; the time is what may differ.
        (row, _) => {
            if let Some(column) = row.time_column() {
                differences.time(column, at, row.at());
            }
        }
    }
}

fn customer(
    names: &Names,
    row: &Customer,
    event: &AccountEvent,
    at: Timestamp,
    differences: &mut Differences,
) {
    let AccountEvent::AccountOpened(opened) = event else { return };
    let parent = row.parent_external_id.as_deref().map(|parent| names.account(parent));
    differences.differ("parent_external_id", opened.parent != parent);
    differences.differ("kind", opened.party != row.party);
    if let Some(profile) = &opened.personal.value {
        differences.text("name", Some(&profile.name), Some(&row.name));
    }
    differences.time("since", at, row.since);
}

fn member(row: &Member, event: &AccountEvent, at: Timestamp, differences: &mut Differences) {
    let AccountEvent::MemberAdded(added) = event else { return };
    if let Some(profile) = &added.personal.value {
        differences.text("name", Some(&profile.name), Some(&row.name));
        differences.text("email", Some(&profile.email), Some(&row.email));
    }
    differences.differ("role", added.role != row.role);
    differences.time("since", at, row.since);
}

fn staff(row: &Staff, event: &StaffEvent, differences: &mut Differences) {
    let StaffEvent::StaffAdded(added) = event else { return };
    if let Some(profile) = &added.personal.value {
        differences.text("name", Some(&profile.name), Some(&row.name));
        differences.text("email", Some(&profile.email), Some(&row.email));
    }
    differences.differ("role", added.role != row.role);
}

fn license(
    names: &Names,
    row: &License,
    event: &LicenseEvent,
    at: Timestamp,
    differences: &mut Differences,
) {
    let LicenseEvent::LicenseIssued(issued) = event else { return };
    let account = names.account(&row.customer_external_id);
    differences.differ("customer_external_id", issued.account != account);
    differences.differ("product", issued.product != names.product(&row.product));
    differences.differ("acquired", issued.acquired != row.acquired);
    if let Some(key) = &row.key {
        differences.differ("key", issued.key_digest != names.key(key));
    }
    differences.time("issued_at", at, row.issued_at);
    if differences.0.is_empty() {
        differences.differ("offering, bundle, version or term", true);
    }
}

fn device(row: &Device, event: &LicenseEvent, at: Timestamp, differences: &mut Differences) {
    let LicenseEvent::DeviceActivated(activated) = event else { return };
    if let Some(profile) = &activated.personal.value {
        differences.text("name", Some(&profile.name), Some(&row.name));
        differences.text("platform", profile.platform.as_deref(), row.platform.as_deref());
    }
    differences.text("version", activated.version.as_deref(), row.version.as_deref());
    differences.time("activated_at", at, row.activated_at);
    if differences.0.is_empty() {
        differences.differ("member_email", true);
    }
}
