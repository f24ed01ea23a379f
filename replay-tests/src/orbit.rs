//! A small vendor to prove things with: the product Orbit in three editions, and how it is told what happens.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use ledger::access::{self, AccessRules};
use ledger::account::{self, AccountRules};
use ledger::authority::{Action, Basis, Rule};
use ledger::claim::{self, ClaimRules};
use ledger::ledger_stream::{self, LedgerRules};
use ledger::license::{self, LicenseRules};
use ledger::meter::{self, MeterRules};
use ledger::notices::{self, NoticesRules};
use ledger::policy::{self, PolicyRules};
use ledger::product::{self, ProductRules, PublishOffering};
use ledger::staff::{self, StaffRules};
use ledger::{Decider, Rejection};
use ledger_log::derive::request_digest;
use ledger_log::{CommandMeta, Ledger, ManualClock};
use schemas::catalog::{
    Allowance, FeatureKind, FeatureValue, OfferingRef, PlanKind, RenewalBasis, TermStart, Terms,
};
use schemas::{
    AccountId, Actor, BundleId, Code, CommandId, FeatureKey, LedgerEvent, LicenseId, MeterId,
    OfferingId, Period, ProductId, Quantity, Revision, StaffId, StreamName, Timestamp,
};

use crate::chance::Chance;

/// When the story of every test begins: 2026-08-01T00:00:00Z.
pub const T0: Timestamp = Timestamp::from_micros(1_785_542_400_000_000);

/// A day, in microseconds.
pub const DAY: i64 = 86_400_000_000;

/// This many microseconds after the beginning.
#[must_use]
pub const fn after(micros: i64) -> Timestamp {
    Timestamp::from_micros(T0.micros() + micros)
}

/// A command of any stream.
#[derive(Debug, Clone)]
pub enum Ask {
    /// About the ledger.
    Ledger(ledger_stream::Command),
    /// About a product.
    Product(product::Command),
    /// About an account.
    Account(account::Command),
    /// About a license.
    License(license::Command),
    /// About a meter.
    Meter(meter::Command),
    /// About a person of the vendor.
    Staff(staff::Command),
    /// About credentials.
    Access(access::Command),
    /// About a claimed value.
    Claim(claim::Command),
    /// About the vendor's policies.
    Policy(policy::Command),
    /// About what a person is told.
    Notices(notices::Command),
}

/// A command with everything that belongs to it, so that it can be sent again.
#[derive(Debug, Clone)]
pub struct Sent {
    /// To which stream.
    pub stream: StreamName,
    /// What is asked.
    pub ask: Ask,
    /// Who asks, under which id.
    pub meta: CommandMeta,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is so.
    Done {
        /// What was recorded for it.
        events: Vec<LedgerEvent>,
        /// The newest revision of the stream then.
        last_revision: Option<Revision>,
        /// Whether this is the stored answer to an earlier sending.
        replayed: bool,
    },
    /// It was refused, with this code.
    Refused(&'static str),
}

impl Answer {
    /// What was recorded; the command must have been accepted.
    #[expect(clippy::must_use_candidate, reason = "often only the acceptance matters")]
    #[track_caller]
    pub fn recorded(self) -> Vec<LedgerEvent> {
        match self {
            Self::Done { events, .. } => events,
            Self::Refused(code) => panic!("refused with {code}"),
        }
    }
}

/// The vendor, and the ledger it lives on.
#[derive(Clone)]
pub struct Orbit {
    /// The ledger.
    pub ledger: Ledger,
    /// The clock that the ledger goes by.
    pub clock: Arc<ManualClock>,
    /// Where ids come from.
    pub chance: Chance,
    /// The product.
    pub product: ProductId,
    /// Who acts for the vendor.
    pub vera: StaffId,
}

impl Orbit {
    /// The vendor on this ledger; nothing is recorded yet.
    #[must_use]
    pub fn on(ledger: Ledger, clock: Arc<ManualClock>, mut chance: Chance) -> Self {
        let product = ProductId::new(chance.id());
        let vera = StaffId::new(chance.id());
        Self { ledger, clock, chance, product, vera }
    }

    /// A command under a new id, by vera, for a customer's stream or the vendor's own.
    pub fn ask(&mut self, stream: StreamName, tenant: Option<AccountId>, ask: Ask) -> Sent {
        let id = CommandId::new(self.chance.id());
        let text = format!("{stream} {ask:?}");
        let digest =
            request_digest(self.ledger.codec().keystore(), "replay-tests", &[text.as_bytes()]);
        let meta = CommandMeta::new(id, digest, Actor::Staff(self.vera)).for_tenant(tenant);
        let (action, rule) = (Action::Operate, Rule::VendorOperator);
        let meta = meta.by(Basis { action, rule, grant: None, token: None });
        Sent { stream, ask, meta }
    }

    /// Asks and sends at once.
    pub async fn tell(
        &mut self,
        stream: impl Into<StreamName>,
        tenant: Option<AccountId>,
        ask: Ask,
    ) -> Answer {
        let sent = self.ask(stream.into(), tenant, ask);
        self.send(&sent).await
    }

    /// Sends a command, for the first time or again.
    pub async fn send(&self, sent: &Sent) -> Answer {
        let Sent { stream, ask, meta } = sent.clone();
        match ask {
            Ask::Ledger(command) => self.transact::<LedgerRules>(stream, command, meta).await,
            Ask::Product(command) => self.transact::<ProductRules>(stream, command, meta).await,
            Ask::Account(command) => self.transact::<AccountRules>(stream, command, meta).await,
            Ask::License(command) => self.transact::<LicenseRules>(stream, command, meta).await,
            Ask::Meter(command) => self.transact::<MeterRules>(stream, command, meta).await,
            Ask::Staff(command) => self.transact::<StaffRules>(stream, command, meta).await,
            Ask::Access(command) => self.transact::<AccessRules>(stream, command, meta).await,
            Ask::Claim(command) => self.transact::<ClaimRules>(stream, command, meta).await,
            Ask::Policy(command) => self.transact::<PolicyRules>(stream, command, meta).await,
            Ask::Notices(command) => self.transact::<NoticesRules>(stream, command, meta).await,
        }
    }

    async fn transact<D: Decider>(
        &self,
        stream: StreamName,
        command: D::Command,
        meta: CommandMeta,
    ) -> Answer
    where
        D::Rejection: Rejection + Debug,
    {
        match self.ledger.transact::<D>(stream, command, meta).await {
            Ok(receipt) => Answer::Done {
                events: receipt.events.into_iter().map(Into::into).collect(),
                last_revision: receipt.last_revision,
                replayed: receipt.replayed,
            },
            Err(refusal) => Answer::Refused(refusal.code()),
        }
    }

    /// The product as the rules know it now.
    pub async fn catalog(&self) -> product::State {
        self.ledger.load::<ProductRules>(self.product.into()).await.unwrap().0
    }

    /// The stream of the meter of one feature of one license.
    #[must_use]
    pub fn meter(&self, license: LicenseId, feature: &FeatureKey) -> StreamName {
        let parts: [&[u8]; 2] = [&license.bytes(), feature.as_str().as_bytes()];
        let id = self.ledger.codec().keystore().derive_id("meter", &parts);
        MeterId::from_bytes(id).into()
    }

    /// Publishes the product: features, three editions, four plans, offerings and bundles, two releases.
    pub async fn publish(&mut self) {
        let product = self.product;
        let name = "Orbit".to_owned();
        let mut asks = vec![product::Command::Publish { product, code: code("orbit"), name }];
        asks.extend(features());
        asks.extend(editions());
        asks.extend(plans());
        for (sku, edition, plan, seats, devices) in OFFERINGS {
            asks.push(offering(
                OfferingId::new(self.chance.id()),
                sku,
                edition,
                plan,
                seats,
                devices,
            ));
        }
        asks.extend(releases());
        for ask in asks {
            self.tell(product, None, Ask::Product(ask)).await.recorded();
        }
        let catalog = self.catalog().await;
        for (bundle, sku, self_service) in BUNDLES {
            let offering = catalog.offering_by_code(&code(sku)).unwrap();
            let ask = product::Command::PublishBundle {
                bundle: BundleId::new(self.chance.id()),
                code: code(bundle),
                name: format!("{bundle} bundle"),
                offerings: vec![OfferingRef {
                    offering: offering.offering,
                    version: offering.version,
                }],
                self_service,
            };
            self.tell(product, None, Ask::Product(ask)).await.recorded();
        }
    }
}

/// SKU, edition, plan, seats, devices; 0 stands for unlimited.
const OFFERINGS: [(&str, &str, &str, u64, u64); 6] = [
    ("starter-yearly", "starter", "yearly", 5, 2),
    ("starter-monthly", "starter", "monthly", 5, 2),
    ("growth-yearly", "growth", "yearly", 25, 10),
    ("enterprise-perpetual", "enterprise", "perpetual", 0, 0),
    ("growth-365", "growth", "days-365", 25, 10),
    ("boost-monthly", "boost", "monthly", 2, 1),
];

/// Code, SKU of its one offering, whether an admin may add it without asking.
pub const BUNDLES: [(&str, &str, bool); 4] = [
    ("starter", "starter-yearly", false),
    ("growth", "growth-yearly", false),
    ("enterprise", "enterprise-perpetual", false),
    ("boost", "boost-monthly", true),
];

/// A code of the catalog.
#[must_use]
pub fn code(text: &str) -> Code {
    text.parse().unwrap()
}

/// A feature's key.
#[must_use]
pub fn key(text: &str) -> FeatureKey {
    text.parse().unwrap()
}

/// The features of the product.
pub const FEATURES: [&str; 6] =
    ["advanced_analytics", "api_calls", "core", "data_region", "export_format", "storage"];

fn features() -> Vec<product::Command> {
    let metered = |unit: &str| FeatureKind::Metered { unit: unit.to_owned() };
    let formats = ["csv", "json", "parquet"].map(str::to_owned).to_vec();
    let kinds = [
        FeatureKind::Boolean,
        metered("call"),
        FeatureKind::Boolean,
        FeatureKind::Config,
        FeatureKind::Enum { values: formats },
        metered("GB"),
    ];
    let define = |(feature, kind): (&str, FeatureKind)| product::Command::DefineFeature {
        feature: key(feature),
        name: feature.replace('_', " "),
        module: Some("platform".to_owned()),
        kind,
    };
    FEATURES.into_iter().zip(kinds).map(define).collect()
}

fn editions() -> Vec<product::Command> {
    let calls = |amount: Quantity| {
        FeatureValue::Allowance(Allowance { amount, reset: Some(Period::months(1)) })
    };
    let storage = FeatureValue::Allowance(Allowance { amount: Quantity::Limited(50), reset: None });
    let edition =
        |edition: &str, values: Vec<(&str, FeatureValue)>| product::Command::PublishEdition {
            edition: code(edition),
            name: edition.to_owned(),
            values: values.into_iter().map(|(feature, value)| (key(feature), value)).collect(),
            all_features: edition == "enterprise",
        };
    let choice = |value: &str| FeatureValue::Choice(value.to_owned());
    vec![
        edition(
            "starter",
            vec![
                ("core", FeatureValue::Enabled(true)),
                ("api_calls", calls(Quantity::Limited(10_000))),
                ("export_format", choice("csv")),
            ],
        ),
        edition(
            "growth",
            vec![
                ("core", FeatureValue::Enabled(true)),
                ("advanced_analytics", FeatureValue::Enabled(true)),
                ("api_calls", calls(Quantity::Limited(100_000))),
                ("storage", storage),
                ("data_region", FeatureValue::Config("eu-central".to_owned())),
                ("export_format", choice("json")),
            ],
        ),
        edition("enterprise", vec![("api_calls", calls(Quantity::Unlimited))]),
        edition("boost", vec![("api_calls", calls(Quantity::Limited(1_000)))]),
    ]
}

fn plans() -> Vec<product::Command> {
    let terms = |term, starts, renewal_basis, grace, maintenance| Terms {
        plan_kind: PlanKind::Paid,
        term,
        starts,
        renewal_basis,
        grace,
        maintenance,
    };
    let plan = |plan: &str, terms: Terms| product::Command::PublishPlan {
        plan: code(plan),
        name: plan.to_owned(),
        terms,
    };
    let two_weeks = Some(Period::days(14));
    let year = Some(Period::years(1));
    let month = Some(Period::months(1));
    let days = Some(Period::days(365));
    vec![
        plan("yearly", terms(year, TermStart::Issue, RenewalBasis::FromExpiry, two_weeks, None)),
        plan(
            "monthly",
            terms(month, TermStart::FirstActivation, RenewalBasis::FromNow, None, None),
        ),
        plan(
            "perpetual",
            terms(None, TermStart::Issue, RenewalBasis::FromExpiry, None, Some(Period::years(1))),
        ),
        plan("days-365", terms(days, TermStart::Issue, RenewalBasis::FromNowIfExpired, None, None)),
    ]
}

fn offering(
    offering: OfferingId,
    sku: &str,
    edition: &str,
    plan: &str,
    seats: u64,
    devices: u64,
) -> product::Command {
    let bound = |count| if count == 0 { Quantity::Unlimited } else { Quantity::Limited(count) };
    let support = if edition == "enterprise" { "dedicated" } else { "standard" };
    product::Command::PublishOffering(PublishOffering {
        offering,
        code: code(sku),
        name: sku.replace('-', ", "),
        edition: code(edition),
        edition_version: None,
        plan: code(plan),
        plan_version: None,
        seats: bound(seats),
        devices: bound(devices),
        domains: Quantity::Limited(1),
        services: BTreeMap::from([("support_tier".to_owned(), support.to_owned())]),
    })
}

fn releases() -> Vec<product::Command> {
    let release = |version: &str, days: i64| product::Command::PublishRelease {
        version: version.to_owned(),
        released_at: after(days * DAY),
    };
    // 2026-05-10 and 2026-07-15.
    vec![release("2.3.0", -83), release("2.4.0", -17)]
}
