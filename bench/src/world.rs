//! A vendor to measure with: one product, customers with people and licenses, made through the real rules. The
//! same size makes the same ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::Decider;
use ledger::account::{self, AccountRules};
use ledger::entitlements::{self, Metering};
use ledger::license::{Command, Issue, LicenseRules};
use ledger::meter::Metered;
use ledger::product::{self, ProductRules, PublishOffering, Resolved};
use ledger_log::derive::request_digest;
use ledger_log::{CommandMeta, Ledger};
use schemas::account::{AccountProfile, MemberRole, Party, PersonProfile};
use schemas::catalog::{
    Allowance, FeatureKind, FeatureValue, PlanKind, RenewalBasis, SourceRef, TermStart, Terms,
};
use schemas::license::Acquisition;
use schemas::{
    AccountId, Actor, Code, CommandId, FeatureKey, LicenseId, MemberId, MeterId, OfferingId,
    Period, ProductId, Quantity, StreamName,
};

use crate::chance::Chance;

/// How many customers, and what each has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The number of the first customer: two worlds of one ledger begin elsewhere.
    pub first: usize,
    /// Customers.
    pub customers: usize,
    /// People of each.
    pub members: usize,
    /// Licenses of each.
    pub licenses: usize,
}

/// A customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Its account.
    pub account: AccountId,
    /// Its people. The first is its admin.
    pub members: Arc<Vec<MemberId>>,
}

/// A license.
#[derive(Debug, Clone)]
pub struct Held {
    /// The license.
    pub license: LicenseId,
    /// Who holds it.
    pub customer: Customer,
    /// What its meter counts.
    pub metered: Metered,
    /// How it counts.
    pub metering: Metering,
    /// The stream of the meter.
    pub meter: StreamName,
}

/// The vendor with its customers.
#[derive(Debug, Clone)]
pub struct World {
    /// Every license.
    pub held: Arc<Vec<Held>>,
}

/// The metered feature of every license.
pub const METERED: &str = "api_calls";

impl World {
    /// Publishes the product, and brings the customers in.
    pub async fn make(ledger: &Ledger, size: Size) -> Self {
        let product = ProductId::new(Chance::new(1).id());
        let (source, resolved) = publish(ledger, product).await;
        let source = Arc::new((product, source, resolved));
        let mut tasks = tokio::task::JoinSet::new();
        let mut held = Vec::with_capacity(size.customers * size.licenses);
        for number in size.first..size.first + size.customers {
            if tasks.len() >= CUSTOMERS_AT_ONCE {
                held.extend(tasks.join_next().await.unwrap().unwrap());
            }
            tasks.spawn(bring_in(ledger.clone(), size, number, Arc::clone(&source)));
        }
        while let Some(licenses) = tasks.join_next().await {
            held.extend(licenses.unwrap());
        }
        held.sort_by_key(|one| one.license);
        Self { held: Arc::new(held) }
    }
}

/// How many customers come in at once: enough for large commits.
const CUSTOMERS_AT_ONCE: usize = 512;

/// A command by a person of a customer, as the portal sends it: with the keyed digest of its meaning.
#[must_use]
pub fn meta(ledger: &Ledger, id: CommandId, account: AccountId, words: &[&[u8]]) -> CommandMeta {
    let digest = request_digest(ledger.codec().keystore(), "bench", words);
    CommandMeta::new(id, digest, Actor::Operator).for_tenant(Some(account))
}

async fn publish(ledger: &Ledger, product: ProductId) -> (SourceRef, Resolved) {
    for command in catalog(product) {
        let id = CommandId::new(Chance::new(2).id_in_order(digest_of(&command)));
        let words = format!("{command:?}");
        let digest = request_digest(ledger.codec().keystore(), "bench", &[words.as_bytes()]);
        let meta = CommandMeta::new(id, digest, Actor::Operator);
        ledger.transact::<ProductRules>(product.into(), command, meta).await.unwrap();
    }
    let (state, _) = ledger.load::<ProductRules>(product.into()).await.unwrap();
    let source = state.source_by_code(&code("growth")).unwrap();
    let resolved = state.resolve(source).unwrap();
    (source, resolved)
}

fn digest_of(command: &product::Command) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    format!("{command:?}").hash(&mut hasher);
    hasher.finish()
}

fn catalog(product: ProductId) -> Vec<product::Command> {
    let name = |text: &str| text.to_owned();
    let feature = |text: &str, kind| product::Command::DefineFeature {
        feature: key(text),
        name: text.replace('_', " "),
        module: Some(name("platform")),
        kind,
    };
    let calls =
        Allowance { amount: Quantity::Limited(u64::MAX / 4), reset: Some(Period::months(1)) };
    vec![
        product::Command::Publish { product, code: code("orbit"), name: name("Orbit") },
        feature("core", FeatureKind::Boolean),
        feature("advanced_analytics", FeatureKind::Boolean),
        feature("data_region", FeatureKind::Config),
        feature(METERED, FeatureKind::Metered { unit: name("call") }),
        product::Command::PublishEdition {
            edition: code("growth"),
            name: name("Growth"),
            values: BTreeMap::from([
                (key("core"), FeatureValue::Enabled(true)),
                (key("advanced_analytics"), FeatureValue::Enabled(true)),
                (key("data_region"), FeatureValue::Config(name("eu-central"))),
                (key(METERED), FeatureValue::Allowance(calls)),
            ]),
            all_features: false,
        },
        product::Command::PublishPlan {
            plan: code("yearly"),
            name: name("Yearly"),
            terms: Terms {
                plan_kind: PlanKind::Paid,
                term: Some(Period::years(1)),
                starts: TermStart::Issue,
                renewal_basis: RenewalBasis::FromExpiry,
                grace: Some(Period::days(14)),
                maintenance: None,
            },
        },
        product::Command::PublishOffering(PublishOffering {
            offering: OfferingId::new(Chance::new(3).id()),
            code: code("growth"),
            name: name("Growth, yearly"),
            edition: code("growth"),
            edition_version: None,
            plan: code("yearly"),
            plan_version: None,
            seats: Quantity::Unlimited,
            devices: Quantity::Limited(50),
            domains: Quantity::Limited(3),
            services: BTreeMap::from([(name("support_tier"), name("standard"))]),
        }),
    ]
}

type Source = Arc<(ProductId, SourceRef, Resolved)>;

async fn bring_in(ledger: Ledger, size: Size, number: usize, source: Source) -> Vec<Held> {
    let mut chance = Chance::new(u64::try_from(number).unwrap() << 20);
    let account = AccountId::new(chance.id());
    let desk = Desk { ledger, account };
    let open = account::Command::Open {
        account,
        parent: None,
        party: Party::Organization,
        profile: AccountProfile {
            name: format!("Customer {number} GmbH"),
            external_id: Some(format!("crm-{number}")),
        },
    };
    desk.run::<AccountRules>(account.into(), open, &mut chance).await;
    let members: Vec<_> = (0..size.members).map(|_| MemberId::new(chance.id())).collect();
    let mut adding = tokio::task::JoinSet::new();
    for (person, member) in members.iter().enumerate() {
        let add = add_member(&desk.ledger, *member, number, person);
        let (desk, mut chance) = (desk.clone(), Chance::new(chance.bits()));
        adding.spawn(async move {
            desk.run::<AccountRules>(account.into(), add, &mut chance).await;
        });
    }
    while let Some(added) = adding.join_next().await {
        added.unwrap();
    }
    let customer = Customer { account, members: Arc::new(members) };
    let mut held = Vec::with_capacity(size.licenses);
    for _ in 0..size.licenses {
        held.push(desk.issue(&customer, &source, &mut chance).await);
    }
    held
}

fn add_member(ledger: &Ledger, member: MemberId, number: usize, person: usize) -> account::Command {
    let email = format!("person.{person}@customer-{number}.example");
    account::Command::AddMember {
        member,
        role: if person == 0 { MemberRole::OrgAdmin } else { MemberRole::Member },
        email_digest: ledger.codec().keystore().digest("email", email.as_bytes()),
        profile: PersonProfile { name: format!("Person {person}"), email, external_id: None },
    }
}

/// Who sends the commands of one customer.
#[derive(Clone)]
struct Desk {
    ledger: Ledger,
    account: AccountId,
}

impl Desk {
    async fn run<D: Decider>(&self, stream: StreamName, command: D::Command, chance: &mut Chance) {
        let id = CommandId::new(chance.id());
        let meta = meta(&self.ledger, id, self.account, &[&id.bytes()]);
        self.ledger.transact::<D>(stream, command, meta).await.unwrap();
    }

    async fn issue(&self, customer: &Customer, source: &Source, chance: &mut Chance) -> Held {
        let (product, from, resolved) = &**source;
        let license = LicenseId::new(chance.id());
        let text = format!("ORBT-{:016X}", chance.bits());
        let keystore = self.ledger.codec().keystore();
        let issue = Command::Issue(Issue {
            license,
            account: customer.account,
            product: *product,
            acquired: Acquisition::Order,
            key_digest: keystore.digest("license_key", text.as_bytes()),
            key: text,
            external_id: None,
            source: *from,
            grants: resolved.grants.clone(),
            terms: resolved.terms,
            term: None,
            contract: schemas::contract::Contract::default(),
        });
        self.run::<LicenseRules>(license.into(), issue, chance).await;
        let feature = key(METERED);
        let parts: [&[u8]; 2] = [&license.bytes(), feature.as_str().as_bytes()];
        let meter = MeterId::from_bytes(keystore.derive_id("meter", &parts)).into();
        let metering = self.metering(license, *product, &feature).await;
        let metered = Metered { license, account: customer.account, feature };
        Held { license, customer: customer.clone(), metered, metering, meter }
    }

    async fn metering(
        &self,
        license: LicenseId,
        product: ProductId,
        feature: &FeatureKey,
    ) -> Metering {
        let (state, _) = self.ledger.load::<LicenseRules>(license.into()).await.unwrap();
        let (catalog, _) = self.ledger.load::<ProductRules>(product.into()).await.unwrap();
        let now = self.ledger.clock().now();
        entitlements::metering(&state, &catalog, feature, now).unwrap()
    }
}

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

fn key(text: &str) -> FeatureKey {
    text.parse().unwrap()
}
