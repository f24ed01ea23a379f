//! What may happen next: any command to any license, customer, meter or product, in and out of season.

use std::collections::BTreeSet;

use ledger::license::{
    ActivateDevice, ActivateDomain, AllocateSeats, ApplyBundle, Command, Issue, LicenseRules,
    Renew, Replace, SwitchOffering,
};
use ledger::{account, entitlements, meter, product};
use schemas::account::{
    AccountProfile, GrantedRole, MemberRole, PartnerLinked, PartnerRole, Party, PersonProfile,
    RoleGranted,
};
use schemas::catalog::{BundleRef, RenewalBasis, SourceRef};
use schemas::license::{Acquisition, Blocker, DeviceProfile, DomainProfile, UsageOnSwitch};
use schemas::{
    AccountId, ActivationId, Digest, GrantId, LicenseId, MemberId, Period, Quantity, Timestamp,
};

use crate::chance::Chance;
use crate::orbit::{Ask, BUNDLES, DAY, FEATURES, Orbit, Sent, code, key};

/// A customer that a move can be about.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Its account.
    pub account: AccountId,
    /// Its people.
    pub members: Vec<MemberId>,
}

/// A license that a move can be about.
#[derive(Debug, Clone)]
pub struct Held {
    /// The license.
    pub license: LicenseId,
    /// Who holds it.
    pub customer: Customer,
    /// Every activation that was asked for.
    pub activations: Vec<ActivationId>,
}

/// The customers and licenses that moves are about.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// The customers.
    pub customers: Vec<Customer>,
    /// The licenses.
    pub held: Vec<Held>,
    /// The roles that were granted, each with the account in which.
    pub granted: Vec<(AccountId, GrantId)>,
    /// The partners that were linked, each with the account that it acts for.
    pub linked: Vec<(AccountId, GrantId)>,
}

const BLOCKERS: [Blocker; 5] = [
    Blocker::Billing,
    Blocker::Abuse,
    Blocker::VendorHold,
    Blocker::CustomerHold,
    Blocker::Compliance,
];

impl Board {
    /// Opens customers with a few people each; every third is a sub-account of the first.
    pub async fn open(orbit: &mut Orbit, customers: usize) -> Self {
        let mut board = Self::default();
        for number in 0..customers {
            let account = AccountId::new(orbit.chance.id());
            let parent = board.customers.first().filter(|_| number % 3 == 2).map(|c| c.account);
            let ask = account::Command::Open {
                account,
                parent,
                party: Party::Organization,
                profile: AccountProfile {
                    name: format!("Customer {number} GmbH"),
                    external_id: Some(format!("crm-{number}")),
                },
            };
            orbit.tell(account, Some(account), Ask::Account(ask)).await.recorded();
            let mut members = Vec::new();
            for person in 0..8 {
                members.push(add_member(orbit, account, &format!("{number}.{person}")).await);
            }
            board.customers.push(Customer { account, members });
        }
        board
    }

    /// Issues a license from one of the offerings or bundles to one of the customers.
    pub async fn issue(&mut self, orbit: &mut Orbit) {
        let customer = orbit.chance.pick(&self.customers).clone();
        let catalog = orbit.catalog().await;
        let skus = ["starter", "starter-monthly", "growth", "growth-365", "enterprise"];
        let sku = *orbit.chance.pick(&skus);
        let source = catalog.source_by_code(&code(sku)).unwrap();
        let resolved = catalog.resolve(source).unwrap();
        let license = LicenseId::new(orbit.chance.id());
        let text = format!("ORBT-{:016X}", orbit.chance.bits());
        let ask = Command::Issue(Issue {
            license,
            account: customer.account,
            product: orbit.product,
            acquired: Acquisition::Order,
            key_digest: orbit.ledger.codec().keystore().digest("license_key", text.as_bytes()),
            key: text,
            external_id: None,
            source,
            grants: resolved.grants,
            terms: resolved.terms,
            term: None,
            contract: schemas::contract::Contract::default(),
        });
        orbit.tell(license, Some(customer.account), Ask::License(ask)).await.recorded();
        self.held.push(Held { license, customer, activations: Vec::new() });
    }

    /// A command that anybody might send next. Many are refused, which is as good.
    pub async fn next(&mut self, orbit: &mut Orbit) -> Sent {
        match orbit.chance.below(20) {
            0 => {
                let ask = catalog_command(orbit).await;
                let product = orbit.product;
                return orbit.ask(product.into(), None, Ask::Product(ask));
            }
            1..=3 => return self.meter_command(orbit).await,
            4 => return self.role_command(orbit),
            _ => {}
        }
        let number = orbit.chance.below(u64::try_from(self.held.len()).unwrap());
        let held = &mut self.held[usize::try_from(number).unwrap()];
        let command = license_command(orbit, held).await;
        let tenant = Some(held.customer.account);
        let mut sent = orbit.ask(held.license.into(), tenant, Ask::License(command));
        if orbit.chance.one_in(8) {
            sent.meta = sent.meta.effective_at(backdated(orbit));
        }
        sent
    }

    /// A role that is granted, over everything or one license, or taken back.
    fn role_command(&mut self, orbit: &mut Orbit) -> Sent {
        let held = orbit.chance.pick(&self.held).clone();
        let account = held.customer.account;
        let ended = (!self.granted.is_empty() && orbit.chance.one_in(3))
            .then(|| *orbit.chance.pick(&self.granted));
        if let Some((account, grant)) = ended {
            let ask = account::Command::EndGrant { grant };
            return orbit.ask(account.into(), Some(account), Ask::Account(ask));
        }
        if orbit.chance.one_in(4) {
            return self.partner_command(orbit, account);
        }
        let roles = [GrantedRole::Auditor, GrantedRole::LicenseManager, GrantedRole::Admin];
        let grant = GrantId::new(orbit.chance.id());
        let days = i64::try_from(orbit.chance.below(60)).unwrap();
        let now = ledger_log::Clock::now(&*orbit.clock);
        let given = RoleGranted {
            grant,
            member: *orbit.chance.pick(&held.customer.members),
            role: *orbit.chance.pick(&roles),
            license: orbit.chance.one_in(2).then_some(held.license),
            ends_at: orbit.chance.one_in(2).then(|| now.plus_seconds(days * 86_400)),
            under: None,
        };
        self.granted.push((account, grant));
        orbit.ask(account.into(), Some(account), Ask::Account(account::Command::GrantRole(given)))
    }

    fn partner_command(&mut self, orbit: &mut Orbit, account: AccountId) -> Sent {
        let parted = (!self.linked.is_empty() && orbit.chance.one_in(3))
            .then(|| *orbit.chance.pick(&self.linked));
        let ask = match parted {
            Some((_, link)) => account::Command::UnlinkPartner { link },
            None => {
                let roles =
                    [PartnerRole::LicenseViewer, PartnerRole::Auditor, PartnerRole::LicenseManager];
                let link = GrantId::new(orbit.chance.id());
                self.linked.push((account, link));
                account::Command::LinkPartner(PartnerLinked {
                    link,
                    partner: orbit.chance.pick(&self.customers).account,
                    role: *orbit.chance.pick(&roles),
                    ends_at: None,
                })
            }
        };
        let account = parted.map_or(account, |(account, _)| account);
        orbit.ask(account.into(), Some(account), Ask::Account(ask))
    }

    async fn meter_command(&self, orbit: &mut Orbit) -> Sent {
        let held = orbit.chance.pick(&self.held).clone();
        let feature = key(if orbit.chance.one_in(4) { "storage" } else { "api_calls" });
        let stream = orbit.meter(held.license, &feature);
        let account = held.customer.account;
        let metered = meter::Metered { license: held.license, account, feature: feature.clone() };
        let now = ledger_log::Clock::now(&*orbit.clock);
        let (state, _) = orbit.ledger.load::<LicenseRules>(held.license.into()).await.unwrap();
        let metering = entitlements::metering(&state, &orbit.catalog().await, &feature, now);
        let ask = match metering {
            Some(metering) if !orbit.chance.one_in(6) => meter::Command::RecordUsage {
                meter: metered,
                quantity: orbit.chance.below(4_000),
                allowance: metering.allowance,
                period: metering.period,
            },
            Some(_) | None => meter::Command::GrantUnits {
                meter: metered,
                amount: orbit.chance.below(2_000),
                expires_at: orbit.chance.one_in(2).then(|| now.plus_seconds(40 * 86_400)),
            },
        };
        orbit.ask(stream, Some(account), Ask::Meter(ask))
    }
}

async fn add_member(orbit: &mut Orbit, account: AccountId, label: &str) -> MemberId {
    let member = MemberId::new(orbit.chance.id());
    let email = format!("person.{label}@customer.example");
    let ask = account::Command::AddMember {
        member,
        role: MemberRole::Member,
        email_digest: orbit.ledger.codec().keystore().digest("email", email.as_bytes()),
        profile: PersonProfile { name: format!("Person {label}"), email, external_id: None },
    };
    orbit.tell(account, Some(account), Ask::Account(ask)).await.recorded();
    member
}

fn backdated(orbit: &mut Orbit) -> Timestamp {
    let back = i64::try_from(orbit.chance.below(20 * 86_400)).unwrap();
    ledger_log::Clock::now(&*orbit.clock).plus_seconds(-back)
}

async fn catalog_command(orbit: &mut Orbit) -> product::Command {
    let catalog = orbit.catalog().await;
    if orbit.chance.one_in(2) {
        let feature = format!("module_{}", orbit.chance.below(12));
        let kind = schemas::catalog::FeatureKind::Boolean;
        let name = feature.clone();
        return product::Command::DefineFeature {
            feature: key(&feature),
            name,
            module: None,
            kind,
        };
    }
    let (bundle, sku, self_service) = *orbit.chance.pick(&BUNDLES);
    let published = catalog.bundle_by_code(&code(bundle)).unwrap();
    product::Command::PublishBundle {
        bundle: published.bundle,
        code: code(bundle),
        name: format!("{bundle} bundle, {sku}"),
        offerings: published.offerings.clone(),
        self_service: self_service != orbit.chance.one_in(3),
    }
}

async fn license_command(orbit: &mut Orbit, held: &mut Held) -> Command {
    let member = *orbit.chance.pick(&held.customer.members);
    match orbit.chance.below(40) {
        0..=8 => Command::AssignSeat { member, accounts: line(&mut orbit.chance, held) },
        9 => allocate(&mut orbit.chance, held),
        10..=13 => Command::UnassignSeat { member },
        14..=19 => activate_device(orbit, held, member),
        20..=22 => Command::DeactivateDevice { activation: known(&mut orbit.chance, held) },
        23..=24 => {
            let activation = known(&mut orbit.chance, held);
            Command::RecordDeviceSeen { activation, version: Some("2.4.0".to_owned()) }
        }
        25 => {
            let two = [known(&mut orbit.chance, held), known(&mut orbit.chance, held)];
            Command::RetireDevices { activations: BTreeSet::from(two) }
        }
        26 => activate_domain(orbit, held),
        27 => Command::DeactivateDomain { activation: known(&mut orbit.chance, held) },
        28..=29 => {
            let blocker = *orbit.chance.pick(&BLOCKERS);
            Command::SetBlocker { blocker, reason: "as it was found".to_owned() }
        }
        30..=32 => Command::ClearBlocker { blocker: *orbit.chance.pick(&BLOCKERS) },
        33..=34 => Command::Renew(renewal(&mut orbit.chance)),
        35..=36 => apply_or_remove(orbit).await,
        37..=38 => switch(orbit).await,
        _ if orbit.chance.one_in(20) => Command::Revoke { reason: "refunded".to_owned() },
        _ => Command::UnassignSeat { member },
    }
}

/// Where somebody may belong: to the license's own account, to one below it, or to one below that.
fn line(chance: &mut Chance, held: &Held) -> Vec<AccountId> {
    let below = |number: u8| {
        let mut bytes = held.customer.account.bytes();
        bytes[15] ^= number;
        AccountId::from_bytes(bytes)
    };
    let lines = [vec![], vec![below(1)], vec![below(2), below(1)], vec![below(3)]];
    chance.pick(&lines).clone()
}

fn allocate(chance: &mut Chance, held: &Held) -> Command {
    let line = line(chance, held);
    let Some((account, above)) = line.split_first() else {
        return Command::AllocateSeats(AllocateSeats {
            account: held.customer.account,
            above: vec![],
            seats: 1,
            capped: false,
        });
    };
    let (account, above, seats) = (*account, above.to_vec(), chance.below(9));
    Command::AllocateSeats(AllocateSeats { account, above, seats, capped: chance.one_in(2) })
}

fn known(chance: &mut Chance, held: &Held) -> ActivationId {
    if held.activations.is_empty() || chance.one_in(10) {
        return ActivationId::new(chance.id());
    }
    *chance.pick(&held.activations)
}

fn digest(orbit: &Orbit, purpose: &str, text: &str) -> Digest {
    orbit.ledger.codec().keystore().digest(purpose, text.as_bytes())
}

fn activate_device(orbit: &mut Orbit, held: &mut Held, member: MemberId) -> Command {
    let activation = ActivationId::new(orbit.chance.id());
    held.activations.push(activation);
    let fingerprint = format!("device-{}", orbit.chance.below(6));
    let replace = match orbit.chance.below(8) {
        0 => Replace::Oldest,
        1 => Replace::All,
        2 => Replace::One(known(&mut orbit.chance, held)),
        _ => Replace::Nothing,
    };
    Command::ActivateDevice(ActivateDevice {
        activation,
        fingerprint: digest(orbit, "device", &fingerprint),
        member: orbit.chance.one_in(2).then_some(member),
        version: Some("2.3.0".to_owned()),
        profile: DeviceProfile { name: "Workstation".to_owned(), fingerprint, platform: None },
        replace,
    })
}

fn activate_domain(orbit: &mut Orbit, held: &mut Held) -> Command {
    let activation = ActivationId::new(orbit.chance.id());
    held.activations.push(activation);
    let domain = format!("shop-{}.customer.example", orbit.chance.below(3));
    let profile = DomainProfile { domain: domain.clone() };
    Command::ActivateDomain(ActivateDomain {
        activation,
        domain: digest(orbit, "domain", &domain),
        profile,
    })
}

fn renewal(chance: &mut Chance) -> Renew {
    let bases = [RenewalBasis::FromExpiry, RenewalBasis::FromNow, RenewalBasis::FromNowIfExpired];
    Renew {
        ending: None,
        period: chance.one_in(2).then_some(Period::days(30)),
        basis: chance.one_in(2).then(|| *chance.pick(&bases)),
    }
}

async fn apply_or_remove(orbit: &mut Orbit) -> Command {
    let catalog = orbit.catalog().await;
    let bundle = catalog.bundle_by_code(&code("boost")).unwrap();
    let bundle = BundleRef { bundle: bundle.bundle, version: bundle.version };
    if orbit.chance.one_in(3) {
        return Command::RemoveBundle { bundle: bundle.bundle };
    }
    let grants = catalog.resolve(SourceRef::Bundle(bundle)).unwrap().grants;
    Command::ApplyBundle(ApplyBundle { product: orbit.product, bundle, grants })
}

async fn switch(orbit: &mut Orbit) -> Command {
    let catalog = orbit.catalog().await;
    let skus = ["starter", "growth", "growth-365", "enterprise"];
    let source = catalog.source_by_code(&code(orbit.chance.pick::<&str>(&skus))).unwrap();
    let resolved = catalog.resolve(source).unwrap();
    let usage = if orbit.chance.one_in(2) { UsageOnSwitch::Carry } else { UsageOnSwitch::Restart };
    let product = orbit.product;
    Command::SwitchOffering(SwitchOffering {
        product,
        source,
        grants: resolved.grants,
        terms: resolved.terms,
        usage,
    })
}

/// Lets between nothing and three days pass.
pub fn let_time_pass(orbit: &mut Orbit) {
    let micros = i64::try_from(orbit.chance.below(u64::try_from(3 * DAY).unwrap())).unwrap();
    let step = if orbit.chance.one_in(12) { micros } else { micros / 100_000 };
    let now = ledger_log::Clock::now(&*orbit.clock);
    orbit.clock.set(Timestamp::from_micros(now.micros() + step));
}

/// Everything that is asked of a license when two answers are compared.
#[must_use]
pub fn questions(
    now: Timestamp,
    held: &Held,
    chance: &mut Chance,
) -> Vec<ledger::evaluate::Request> {
    use ledger::evaluate::Request;
    let mut asked = vec![Request::new(now)];
    for feature in FEATURES {
        asked.push(Request {
            feature: Some(key(feature)),
            member: Some(*chance.pick(&held.customer.members)),
            quantity: (feature == "api_calls").then(|| chance.below(20_000)),
            ..Request::new(now)
        });
    }
    asked
}

/// Whether a quantity is bounded and overrun; the seats, devices and domains of a license never are.
#[must_use]
pub const fn overrun(granted: Quantity, used: u64) -> bool {
    !granted.covers(used)
}
