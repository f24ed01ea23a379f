//! What happened to the sample vendor's customers in two years: who came, what they licensed, who used it and who
//! did not. Everything is told in days before the day the sample starts.

use std::collections::BTreeSet;

use schemas::Timestamp;

use super::names::{Company, Names};
use super::random::Random;
use super::tables::Table;
use crate::import::Kind;
use crate::moment::rfc3339;

/// Customers beside `acme`, its two sub-accounts and `globex`.
const CUSTOMERS: u32 = 196;
const DAY_SECONDS: i64 = 86_400;
const YEAR_DAYS: u32 = 365;
/// Grace of the annual plan, in days.
const GRACE_DAYS: u32 = 14;

/// All rows of the sample.
pub(super) struct Story {
    random: Random,
    today: Timestamp,
    names: Names,
    pub(super) customers: Table,
    pub(super) members: Table,
    pub(super) licenses: Table,
    pub(super) renewals: Table,
    pub(super) seats: Table,
    pub(super) devices: Table,
    pub(super) sightings: Table,
    pub(super) blockers: Table,
    pub(super) usage: Table,
}

/// A license that the story goes on about.
pub(super) struct Licensed<'a> {
    pub(super) id: &'a str,
    pub(super) customer: &'a str,
    /// Days before today on which it was issued.
    pub(super) issued: u32,
    /// Days before today from which it could no longer be used; 0: it still can.
    pub(super) ended: u32,
}

/// How a customer's license came to where it is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Running,
    ExpiringIn(u32),
    ExpiredSince(u32),
    Suspended(&'static [(&'static str, &'static str)]),
    Trial,
    Perpetual,
}

impl Story {
    pub(super) fn new(seed: u64, today: Timestamp) -> Self {
        Self {
            random: Random::new(seed),
            today,
            names: Names::new(),
            customers: Table::new(
                Kind::Customers,
                &["external_id", "parent_external_id", "kind", "name", "since"],
            ),
            members: Table::new(
                Kind::Members,
                &["customer_external_id", "external_id", "name", "email", "role", "since"],
            ),
            licenses: Table::new(
                Kind::Licenses,
                &[
                    "external_id",
                    "customer_external_id",
                    "product",
                    "offering",
                    "bundle",
                    "issued_at",
                    "term_start",
                    "term_end",
                    "acquired",
                ],
            ),
            renewals: Table::new(Kind::Renewals, &["license_external_id", "renewed_at"]),
            seats: Table::new(
                Kind::Seats,
                &["license_external_id", "member_email", "member_external_id", "assigned_at"],
            ),
            devices: Table::new(
                Kind::Devices,
                &[
                    "license_external_id",
                    "fingerprint",
                    "name",
                    "platform",
                    "version",
                    "member_external_id",
                    "activated_at",
                ],
            ),
            sightings: Table::new(
                Kind::Sightings,
                &["license_external_id", "fingerprint", "version", "seen_at"],
            ),
            blockers: Table::new(
                Kind::Blockers,
                &["license_external_id", "blocker", "action", "reason", "at"],
            ),
            usage: Table::new(
                Kind::Usage,
                &["license_external_id", "feature", "quantity", "used_at"],
            ),
        }
    }

    /// The customers whose names nobody needs to know.
    pub(super) fn tell_of_the_many(&mut self) {
        let mut taken = BTreeSet::new();
        let mut number = 0;
        while number < CUSTOMERS {
            let Some(company) = self.names.company(&mut self.random) else { return };
            if taken.insert(company.domain.clone()) {
                number += 1;
                self.tell_of(number, &company);
            }
        }
    }

    fn tell_of(&mut self, number: u32, company: &Company) {
        let customer = format!("C-{number:04}");
        let fate = fate(number, &mut self.random);
        let issued = self.issued_before(fate);
        // The account was opened some days before the first license.
        let since = issued + self.random.between(1, 9);
        let at = self.at(since, 8, 0);
        self.customers.add([&customer, "", "organization", &company.name, &at]);
        let people = self.random.between(3, 8);
        let members = self.add_people(&customer, company, people, since);
        let license = format!("L-{:04}", 1_000 + number);
        self.add_license(&license, &customer, fate, issued, number);
        let ended = match fate {
            Fate::ExpiredSince(days) => days,
            Fate::Suspended(_) => 9,
            Fate::Running | Fate::ExpiringIn(_) | Fate::Trial | Fate::Perpetual => 0,
        };
        let licensed = Licensed { id: &license, customer: &customer, issued, ended };
        self.use_license(&licensed, &members, fate, number);
        if let Fate::Suspended(blockers) = fate {
            for (days, (blocker, reason)) in (2..).zip(blockers) {
                let at = self.at(9 - days, 15, 30);
                self.blockers.add([&license, blocker, "set", reason, &at]);
            }
        }
    }

    fn issued_before(&mut self, fate: Fate) -> u32 {
        match fate {
            Fate::Running => self.random.between(40, 2 * YEAR_DAYS - 40),
            Fate::ExpiringIn(days) => YEAR_DAYS - days,
            Fate::ExpiredSince(days) => YEAR_DAYS + days,
            Fate::Suspended(_) => self.random.between(60, 300),
            Fate::Trial => self.random.between(3, 25),
            Fate::Perpetual => self.random.between(100, 700),
        }
    }

    fn add_people(
        &mut self,
        customer: &str,
        company: &Company,
        count: u32,
        since: u32,
    ) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut members = Vec::new();
        // Some names come up twice; a small firm may end up a person smaller.
        for number in 1..=count {
            let Some(human) = self.names.human(&mut self.random, company) else { continue };
            if !taken.insert(human.local.clone()) {
                continue;
            }
            let member = format!("{customer}-P{number}");
            let email = format!("{}@{}", human.local, company.domain);
            let role = if number == 1 { "org_admin" } else { "member" };
            let at = self.at(since, 9, number);
            self.members.add([customer, &member, &human.name, &email, role, &at]);
            members.push(member);
        }
        members
    }

    fn add_license(&mut self, license: &str, customer: &str, fate: Fate, issued: u32, number: u32) {
        let at = self.at(issued, 10, 0);
        let (offering, bundle) = match fate {
            Fate::Trial => ("orbit-trial", ""),
            Fate::Perpetual => ("orbit-desktop", ""),
            Fate::Running | Fate::ExpiringIn(_) | Fate::ExpiredSince(_) | Fate::Suspended(_) => {
                ("", bundle_of(number))
            }
        };
        let acquired = match (fate, number % 5) {
            (Fate::Trial, _) => "trial",
            (_, 0) => "import",
            _ => "order",
        };
        self.licenses.add([license, customer, "orbit", offering, bundle, &at, "", "", acquired]);
        if fate == Fate::Running && issued > YEAR_DAYS {
            let early = self.random.between(1, 20);
            let at = self.at(issued - YEAR_DAYS + early, 11, 0);
            self.renewals.add([license, &at]);
        }
    }

    fn use_license(&mut self, license: &Licensed<'_>, members: &[String], fate: Fate, number: u32) {
        let (seats, devices) = match (fate, bundle_of(number)) {
            (Fate::Trial, _) => (2, self.random.below(2)),
            (Fate::Perpetual, _) => (3, self.random.between(1, 3)),
            (_, "starter") => (5, self.random.below(3)),
            _ => (25, self.random.between(1, 5)),
        };
        let members: Vec<_> = members.iter().take(seats).collect();
        let mut seated = Vec::new();
        for member in members {
            if self.random.percent(85) {
                let days = self.day_of(license);
                let at = self.at(days, 12, 0);
                self.seats.add([license.id, "", member, &at]);
                seated.push((member.clone(), days));
            }
        }
        for (device, (member, seated)) in (1..=devices).zip(&seated) {
            self.add_device(license, member, *seated, device);
        }
        let calls = match (fate, bundle_of(number)) {
            (Fate::Trial | Fate::Perpetual, _) => 0,
            (_, "starter") => 10_000,
            (_, "growth") => 100_000,
            _ => 1_000_000,
        };
        self.use_calls(license, calls, if number.is_multiple_of(17) { 24 } else { 14 });
    }

    /// A day in the first weeks of a license, while it could be used.
    fn day_of(&mut self, license: &Licensed<'_>) -> u32 {
        let last = license.issued.saturating_sub(45).max(license.ended + 1).max(1);
        self.random.between(last.min(license.issued.saturating_sub(1)), license.issued - 1)
    }

    pub(super) fn add_device(
        &mut self,
        license: &Licensed<'_>,
        member: &str,
        seated: u32,
        number: u32,
    ) {
        let sorts = [
            ("workstation", "Windows 11"),
            ("macbook", "macOS 15"),
            ("laptop", "Ubuntu 24.04"),
            ("render-node", "Debian 12"),
        ];
        let Some((sort, platform)) = self.random.pick(&sorts).copied() else { return };
        let fingerprint = format!("{}-{number:02}-{:06x}", license.id, self.random.below(1 << 24));
        let name = format!("{}-{sort}-{number}", license.customer.to_lowercase());
        let activated = seated.max(license.ended + 1);
        let at = self.at(activated, 13, number);
        self.devices.add([license.id, &fingerprint, &name, platform, "2.3.0", member, &at]);
        let dormant = self.random.percent(25);
        let seen = if dormant { 95 + self.random.below(120) } else { self.random.between(1, 20) };
        let seen = seen.max(license.ended + 1);
        if seen < activated {
            let version = if seen < 30 { "2.4.0" } else { "2.3.0" };
            let at = self.at(seen, 16, number);
            self.sightings.add([license.id, &fingerprint, version, &at]);
        }
    }

    /// Calls of the last months, every ten days; `percent` of a month's allowance each time at most.
    pub(super) fn use_calls(&mut self, license: &Licensed<'_>, allowance: u32, percent: u32) {
        let first = license.issued.saturating_sub(1).min(license.ended + 75);
        let mut days = first;
        while days > license.ended {
            let share = self.random.between(percent / 2, percent);
            let quantity = (allowance / 100 * share).to_string();
            if allowance > 0 {
                let at = self.at(days, 18, 0);
                self.usage.add([license.id, "api_calls", &quantity, &at]);
            }
            days = days.saturating_sub(10);
        }
    }

    /// That many days before today, at this hour of the day before.
    pub(super) fn at(&self, days: u32, hour: u32, minute: u32) -> String {
        let seconds =
            i64::from(hour) * 3_600 + i64::from(minute) * 60 - i64::from(days) * DAY_SECONDS;
        rfc3339(self.today.plus_seconds(seconds))
    }
}

/// Most licenses run; the first few customers show every other way there is.
fn fate(number: u32, random: &mut Random) -> Fate {
    match number {
        1 => Fate::ExpiringIn(5),
        2 => Fate::ExpiringIn(12),
        3..=5 => Fate::ExpiringIn(17 + number),
        6 => Fate::ExpiredSince(3),
        7 => Fate::ExpiredSince(GRACE_DAYS - 4),
        8..=14 => Fate::ExpiredSince(GRACE_DAYS + 6 * number),
        15 | 16 => Fate::Suspended(&[("billing", "invoice unpaid for 45 days")]),
        17 => Fate::Suspended(&[("abuse", "one key on 40 devices in three countries")]),
        18 => Fate::Suspended(&[
            ("billing", "card was declined three times"),
            ("compliance", "export check is open"),
        ]),
        19..=30 => Fate::Trial,
        _ if random.percent(12) => Fate::Perpetual,
        _ => Fate::Running,
    }
}

const fn bundle_of(number: u32) -> &'static str {
    match number % 10 {
        0..=4 => "starter",
        5..=8 => "growth",
        _ => "enterprise",
    }
}
