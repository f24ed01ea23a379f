//! The people of the sample that somebody can sign in as, and the two tenants they belong to.

use ledger::calendar;
use schemas::{Period, Timestamp};

use super::story::{Licensed, Story};
use crate::moment::rfc3339;

/// Which door a person comes in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The customer portal.
    Portal,
    /// The vendor console.
    Console,
}

/// A person of the sample who can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// What the documentation calls the person; also the external id.
    pub handle: &'static str,
    /// The name.
    pub name: &'static str,
    /// The sign-in e-mail.
    pub email: &'static str,
    /// The password. It is published: the sample is for trying things out on one's own machine.
    pub password: &'static str,
    /// The role: `org_admin`, `member`, `operator`, `auditor`.
    pub role: &'static str,
    /// The external id of the customer; `None` for the vendor's own people.
    pub customer: Option<&'static str>,
    /// Where the person signs in.
    pub side: Side,
}

/// The people who can sign in.
#[must_use]
pub const fn people() -> &'static [Person] {
    const {
        &[
            Person {
                handle: "ann",
                name: "Ann Årud",
                email: "ann@acme.example",
                password: "ann-orbit-sample",
                role: "org_admin",
                customer: Some("acme"),
                side: Side::Portal,
            },
            Person {
                handle: "bob",
                name: "Bob Castellanos",
                email: "bob@acme.example",
                password: "bob-orbit-sample",
                role: "member",
                customer: Some("acme"),
                side: Side::Portal,
            },
            Person {
                handle: "gil",
                name: "Gil Ferreira",
                email: "gil@globex.example",
                password: "gil-orbit-sample",
                role: "org_admin",
                customer: Some("globex"),
                side: Side::Portal,
            },
            Person {
                handle: "vera",
                name: "Vera Novák",
                email: "vera@vendor.example",
                password: "vera-orbit-sample",
                role: "operator",
                customer: None,
                side: Side::Console,
            },
            Person {
                handle: "aud",
                name: "Aud Lindqvist",
                email: "aud@vendor.example",
                password: "aud-orbit-sample",
                role: "auditor",
                customer: None,
                side: Side::Console,
            },
        ]
    }
}

/// Colleagues: customer, external id, name, role. Their e-mails follow from the first two.
const COLLEAGUES: &[(&str, &str, &str, &str)] = &[
    ("acme", "cleo", "Cleo Nakamura", "member"),
    ("acme", "dan", "Dan O'Sullivan", "member"),
    ("acme", "eve", "Ève Tremblay", "member"),
    ("acme", "fay", "Fay Adébáyọ̀", "member"),
    ("acme", "hal", "Hal Jørgensen", "auditor"),
    ("acme-eu", "emil", "Emil Łukaszewski", "org_admin"),
    ("acme-eu", "eda", "Eda Yılmaz", "member"),
    ("acme-eu", "elin", "Elin Ström", "member"),
    ("acme-eu", "enzo", "Enzo D'Angelo", "member"),
    ("acme-eu", "eske", "Eske Sørensen", "member"),
    ("acme-us", "uma", "Uma Reyes", "org_admin"),
    ("acme-us", "uri", "Uri Goldberg", "member"),
    ("acme-us", "ula", "Ula Thompson", "member"),
    ("globex", "gia", "Gia Μαρίνου", "member"),
    ("globex", "guo", "郭 美玲", "member"),
    ("globex", "gus", "Gus Lindholm", "member"),
];

/// Days before today on which the two tenants came.
const SINCE: u32 = 700;

impl Story {
    /// `acme` with its two sub-accounts, `globex`, and the licenses that the documentation walks through.
    pub(super) fn tell_of_acme_and_globex(&mut self, today: Timestamp) {
        let since = self.at(SINCE, 8, 0);
        for (customer, parent, name) in [
            ("acme", "", "Acme Robotics, Inc."),
            ("acme-eu", "acme", "Acme Robotics Europe GmbH"),
            ("acme-us", "acme", "Acme Robotics West LLC"),
            ("globex", "", "Globex Navegação S.A."),
        ] {
            self.customers.add([customer, parent, "organization", name, &since]);
        }
        let since = self.at(SINCE, 9, 0);
        for person in people() {
            if let Some(customer) = person.customer {
                let Person { handle, name, email, role, .. } = *person;
                self.members.add([customer, handle, name, email, role, &since]);
            }
        }
        for (customer, member, name, role) in COLLEAGUES.iter().copied() {
            let email = format!("{member}@{customer}.example");
            self.members.add([customer, member, name, &email, role, &since]);
        }
        self.tell_of_l1(today);
        self.tell_of_the_others();
    }

    /// `L1`: Starter, 5 seats, 4 of them taken, 7,300 of 10,000 calls used, no device yet.
    fn tell_of_l1(&mut self, today: Timestamp) {
        let Some((from, until)) = term_of_l1(today) else { return };
        let at = rfc3339(from);
        let until = rfc3339(until);
        self.licenses.add(["L1", "acme", "orbit", "", "starter", &at, &at, &until, "order"]);
        for (hour, email) in (1..).zip([
            "ann@acme.example",
            "bob@acme.example",
            "cleo@acme.example",
            "dan@acme.example",
        ]) {
            let at = rfc3339(from.plus_seconds(hour * 3_600));
            self.seats.add(["L1", email, "", &at]);
        }
        let month = calendar::window_at(from, Some(Period::months(1)), today);
        for (second, quantity) in (1..).zip(["4100", "2000", "1200"]) {
            let at = rfc3339(month.from.plus_seconds(second));
            self.usage.add(["L1", "api_calls", quantity, &at]);
        }
    }

    fn tell_of_the_others(&mut self) {
        let growth = Licensed { id: "L2", customer: "acme-eu", issued: 300, ended: 0 };
        self.add_plain(&growth, "", "growth", &["emil", "eda", "elin", "enzo"], 4);
        self.use_calls(&growth, 100_000, 14);
        let expiring = Licensed { id: "L3", customer: "acme-us", issued: 353, ended: 0 };
        self.add_plain(&expiring, "", "growth", &["uma", "uri"], 2);
        let desktop = Licensed { id: "L4", customer: "acme", issued: 690, ended: 0 };
        self.add_plain(&desktop, "orbit-desktop", "", &["eve", "fay"], 2);
        let enterprise = Licensed { id: "G1", customer: "globex", issued: 200, ended: 0 };
        self.add_plain(&enterprise, "", "enterprise", &["gil", "gia", "guo"], 3);
        self.use_calls(&enterprise, 1_000_000, 14);
        let held = Licensed { id: "G2", customer: "globex", issued: 150, ended: 5 };
        self.add_plain(&held, "", "starter", &["gus"], 1);
        let at = self.at(4, 14, 0);
        self.blockers.add(["G2", "billing", "set", "invoice unpaid for 30 days", &at]);
    }

    fn add_plain(
        &mut self,
        license: &Licensed<'_>,
        offering: &str,
        bundle: &str,
        seated: &[&str],
        devices: u32,
    ) {
        let at = self.at(license.issued, 10, 0);
        let Licensed { id, customer, .. } = *license;
        self.licenses.add([id, customer, "orbit", offering, bundle, &at, "", "", "order"]);
        let days = license.issued - 2;
        let at = self.at(days, 12, 0);
        for member in seated {
            self.seats.add([id, "", member, &at]);
        }
        for (number, member) in (1..=devices).zip(seated) {
            self.add_device(license, member, days, number);
        }
    }
}

/// The year that ends with a month, some 70 days from now: on 22 November that is 31 January. So `L1` is neither
/// about to expire nor new.
fn term_of_l1(today: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let utc = jiff::tz::TimeZone::UTC;
    let zoned = jiff::Timestamp::from_microsecond(today.micros()).ok()?.to_zoned(utc.clone());
    let end = zoned.date().checked_add(jiff::Span::new().days(70)).ok()?.last_of_month();
    let start = end.checked_sub(jiff::Span::new().years(1)).ok()?;
    let at = |date: jiff::civil::Date| {
        let midnight = date.to_zoned(utc.clone()).ok()?;
        Some(Timestamp::from_micros(midnight.timestamp().as_microsecond()))
    };
    Some((at(start)?, at(end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_term_of_l1_is_never_about_to_end() {
        let term = |today: &str| {
            let today = today.parse::<jiff::Timestamp>().unwrap().as_microsecond();
            let (from, until) = term_of_l1(Timestamp::from_micros(today)).unwrap();
            [rfc3339(from), rfc3339(until)]
        };
        let january = ["2026-01-31T00:00:00Z", "2027-01-31T00:00:00Z"];
        assert_eq!(term("2026-11-22T00:00:00Z"), january);
        assert_eq!(term("2027-12-25T00:00:00Z"), ["2027-03-31T00:00:00Z", "2028-03-31T00:00:00Z"]);
    }
}
