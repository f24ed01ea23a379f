//! A small vendor on a log in memory, and random histories of it made by the real rules.

#![allow(dead_code, unused_imports, reason = "each test file uses its part of it")]

mod history;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use history::steps;
use ledger::access::{self, AccessRules};
use ledger::account::{self, AccountRules};
use ledger::license::{self, ActivateDevice, Issue, LicenseRules, Replace};
use ledger::meter::{self, MeterRules, Metered};
use ledger::product::{self, ProductRules, PublishOffering};
use ledger::staff::{self, StaffRules};
use ledger::{Decider, entitlements};
use ledger_log::{
    Clock, Codec, CommandMeta, EventLog, Keystore, Ledger, ManualClock, MemoryLog, Receipt,
    TransactError,
};
use projections::{Options, Projections, TenantScope, VendorScope};
use schemas::access::Audience;
use schemas::account::{AccountProfile, MemberRole, Party, PersonProfile};
use schemas::catalog::{
    Allowance, BundleRef, FeatureKind, FeatureValue, OfferingRef, PlanKind, RenewalBasis,
    SourceRef, TermStart, Terms,
};
use schemas::license::{Acquisition, DeviceProfile};
use schemas::staff::StaffRole;
use schemas::{
    AccountId, ActivationId, Actor, BundleId, CommandId, Digest, LicenseId, MemberId, MeterId,
    OfferingId, Period, ProductId, Quantity, StaffId, StreamName, Timestamp, TokenId,
};
use uuid::Uuid;

pub const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
pub const HOUR: i64 = 3_600;

/// A vendor, its ledger and its clock.
pub struct Vendor {
    pub log: Arc<MemoryLog>,
    pub keys: Arc<Keystore>,
    pub codec: Arc<Codec>,
    pub clock: Arc<ManualClock>,
    pub ledger: Ledger,
    commands: AtomicU64,
}

pub type Outcome<D> =
    Result<Receipt<<D as Decider>::Event>, TransactError<<D as Decider>::Rejection>>;

pub fn uuid(kind: u8, number: u64) -> Uuid {
    Uuid::from_u128((u128::from(kind) << 64) | u128::from(number))
}

pub fn account(number: u64) -> AccountId {
    AccountId::new(uuid(1, number))
}

pub fn member(number: u64) -> MemberId {
    MemberId::new(uuid(2, number))
}

pub fn license(number: u64) -> LicenseId {
    LicenseId::new(uuid(3, number))
}

pub fn activation(number: u64) -> ActivationId {
    ActivationId::new(uuid(4, number))
}

pub fn product_id() -> ProductId {
    ProductId::new(uuid(5, 1))
}

pub fn offering() -> SourceRef {
    SourceRef::Offering(OfferingRef { offering: OfferingId::new(uuid(6, 1)), version: 1 })
}

pub fn bundle() -> BundleRef {
    BundleRef { bundle: BundleId::new(uuid(7, 1)), version: 1 }
}

pub fn staff_id() -> StaffId {
    StaffId::new(uuid(8, 1))
}

impl Vendor {
    pub fn new() -> Self {
        let log = Arc::new(MemoryLog::of_ledger(uuid(0, 77)));
        let keys = Arc::new(Keystore::in_memory().unwrap());
        let codec = Arc::new(Codec::new(Arc::clone(&keys)));
        let clock = Arc::new(ManualClock::new(START));
        let ledger = Ledger::new(
            Arc::clone(&log) as Arc<dyn EventLog>,
            Arc::clone(&codec),
            Arc::clone(&clock) as Arc<dyn Clock>,
        );
        Self { log, keys, codec, clock, ledger, commands: AtomicU64::new(0) }
    }

    /// The same, with the views inline: a command is answered when they show it.
    pub async fn with_projections() -> (Self, Projections) {
        let mut vendor = Self::new();
        let projections = vendor.project(Options::in_memory()).await;
        vendor.ledger = vendor.ledger.with_inline(Arc::new(projections.clone()));
        (vendor, projections)
    }

    pub async fn project(&self, options: Options) -> Projections {
        let log = Arc::clone(&self.log) as Arc<dyn EventLog>;
        Projections::start(log, Arc::clone(&self.codec), options).await.unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn wait(&self, seconds: i64) {
        self.clock.set(self.now().plus_seconds(seconds));
    }

    pub async fn run<D: Decider>(
        &self,
        stream: StreamName,
        tenant: Option<AccountId>,
        command: D::Command,
    ) -> Outcome<D> {
        self.run_at::<D>(stream, tenant, command, None).await
    }

    pub async fn run_at<D: Decider>(
        &self,
        stream: StreamName,
        tenant: Option<AccountId>,
        command: D::Command,
        effective_at: Option<Timestamp>,
    ) -> Outcome<D> {
        let number = self.commands.fetch_add(1, Ordering::SeqCst);
        let command_id = CommandId::new(uuid(9, number));
        let meta = CommandMeta::new(command_id, Digest([7; 32]), Actor::Operator);
        let mut meta = meta.for_tenant(tenant);
        meta.effective_at = effective_at;
        self.ledger.transact::<D>(stream, command, meta).await
    }

    pub async fn publish(&self) {
        let stream = product_id().into();
        let boolean = FeatureKind::Boolean;
        let metered = FeatureKind::Metered { unit: "call".into() };
        let define = |feature: &str, kind: FeatureKind| product::Command::DefineFeature {
            feature: feature.parse().unwrap(),
            name: feature.to_uppercase(),
            module: None,
            kind,
        };
        let calls = Allowance { amount: Quantity::Limited(100), reset: Some(Period::months(1)) };
        let values = BTreeMap::from([
            ("export".parse().unwrap(), FeatureValue::Enabled(true)),
            ("api_calls".parse().unwrap(), FeatureValue::Allowance(calls)),
        ]);
        let terms = Terms {
            plan_kind: PlanKind::Paid,
            term: Some(Period::days(365)),
            starts: TermStart::Issue,
            renewal_basis: RenewalBasis::FromExpiry,
            grace: Some(Period::days(14)),
            maintenance: None,
        };
        let commands = [
            product::Command::Publish {
                product: product_id(),
                code: "orbit".parse().unwrap(),
                name: "Orbit".into(),
            },
            define("export", boolean.clone()),
            define("analytics", boolean),
            define("api_calls", metered),
            edition("pro", values),
            edition(
                "plus",
                BTreeMap::from([("analytics".parse().unwrap(), FeatureValue::Enabled(true))]),
            ),
            product::Command::PublishPlan {
                plan: "yearly".parse().unwrap(),
                name: "Yearly".into(),
                terms,
            },
            offering_of(1, "orbit-pro", "pro", 5),
            offering_of(2, "orbit-plus", "plus", 0),
            product::Command::PublishBundle {
                bundle: bundle().bundle,
                code: "plus".parse().unwrap(),
                name: "Plus".into(),
                offerings: vec![OfferingRef { offering: OfferingId::new(uuid(6, 2)), version: 1 }],
                self_service: true,
            },
        ];
        for command in commands {
            self.run::<ProductRules>(stream, None, command).await.unwrap();
        }
    }

    pub async fn product(&self) -> product::State {
        self.ledger.load::<ProductRules>(product_id().into()).await.unwrap().0
    }

    pub async fn open(&self, number: u64, parent: Option<u64>) -> Outcome<AccountRules> {
        let command = account::Command::Open {
            account: account(number),
            parent: parent.map(account),
            party: Party::Organization,
            profile: AccountProfile {
                name: format!("Acme {number} Robotics"),
                external_id: Some(format!("CRM-{number}")),
            },
        };
        self.run::<AccountRules>(account(number).into(), Some(account(number)), command).await
    }

    pub async fn add_member(
        &self,
        of: u64,
        number: u64,
        role: MemberRole,
    ) -> Outcome<AccountRules> {
        let email = format!("person{number}@acme{of}.example");
        let command = account::Command::AddMember {
            member: member(number),
            role,
            email_digest: self.email(&email),
            profile: PersonProfile { name: format!("Ann{number} Lee"), email, external_id: None },
        };
        self.run::<AccountRules>(account(of).into(), Some(account(of)), command).await
    }

    pub fn email(&self, email: &str) -> Digest {
        self.keys.digest("email", email.as_bytes())
    }

    pub async fn issue(&self, number: u64, to: u64) -> Outcome<LicenseRules> {
        let resolved = self.product().await.resolve(offering()).unwrap();
        let key = format!("ORBT-{number:04}-0000-K{number:03}");
        let issue = Issue {
            license: license(number),
            account: account(to),
            product: product_id(),
            acquired: Acquisition::Order,
            key_digest: self.keys.digest("license key", key.as_bytes()),
            key,
            external_id: Some(format!("L-{number}")),
            source: offering(),
            grants: resolved.grants,
            terms: resolved.terms,
            term: None,
            contract: schemas::contract::Contract::default(),
        };
        self.on_license(number, to, license::Command::Issue(issue), None).await
    }

    pub async fn on_license(
        &self,
        number: u64,
        of: u64,
        command: license::Command,
        effective_at: Option<Timestamp>,
    ) -> Outcome<LicenseRules> {
        let (stream, tenant) = (license(number).into(), Some(account(of)));
        self.run_at::<LicenseRules>(stream, tenant, command, effective_at).await
    }

    pub fn device(&self, number: u64) -> Digest {
        self.keys.digest("device", &number.to_be_bytes())
    }

    pub fn activate(&self, binding: u64, device: u64, owner: Option<u64>) -> license::Command {
        license::Command::ActivateDevice(ActivateDevice {
            activation: activation(binding),
            fingerprint: self.device(device),
            member: owner.map(member),
            version: Some("1.0.0".into()),
            profile: DeviceProfile {
                name: format!("Laptop {device}"),
                fingerprint: format!("fp-{device}"),
                platform: None,
            },
            replace: Replace::Nothing,
        })
    }

    pub async fn use_units(
        &self,
        number: u64,
        of: u64,
        quantity: u64,
    ) -> Option<Outcome<MeterRules>> {
        let state = self.ledger.load::<LicenseRules>(license(number).into()).await.unwrap().0;
        let feature = "api_calls".parse().unwrap();
        let metering = entitlements::metering(&state, &self.product().await, &feature, self.now())?;
        let command = meter::Command::RecordUsage {
            meter: Metered { license: license(number), account: account(of), feature },
            quantity,
            allowance: metering.allowance,
            period: metering.period,
        };
        let stream = MeterId::new(uuid(10, number)).into();
        Some(self.run::<MeterRules>(stream, Some(account(of)), command).await)
    }

    pub async fn hire(&self) -> Outcome<StaffRules> {
        let command = staff::Command::Add {
            staff: staff_id(),
            role: StaffRole::Operator,
            email_digest: self.email("sam@vendor.example"),
            profile: PersonProfile {
                name: "Sam Ito".into(),
                email: "sam@vendor.example".into(),
                external_id: None,
            },
        };
        self.run::<StaffRules>(staff_id().into(), None, command).await
    }

    /// A token of a principal; its secret's digest is of its number.
    pub async fn token(
        &self,
        principal: Uuid,
        number: u64,
        audience: Audience,
    ) -> Outcome<AccessRules> {
        let command = access::Command::IssueToken {
            token: TokenId::new(uuid(11, number)),
            audience,
            secret_digest: secret(number),
            expires_at: self.now().plus_seconds(24 * HOUR),
        };
        self.run::<AccessRules>(StreamName::access(principal), None, command).await
    }

    pub async fn revoke_token(&self, principal: Uuid, number: u64) -> Outcome<AccessRules> {
        let command = access::Command::RevokeToken { token: TokenId::new(uuid(11, number)) };
        self.run::<AccessRules>(StreamName::access(principal), None, command).await
    }

    pub async fn password(&self, principal: Uuid, phc: &str) -> Outcome<AccessRules> {
        let subject = schemas::SubjectId::new(principal);
        let command = access::Command::SetPassword { subject, phc: phc.into(), kept: None };
        self.run::<AccessRules>(StreamName::access(principal), None, command).await
    }

    /// The scope of a member, by a token made for it.
    pub async fn scope(&self, projections: &Projections, of: u64, token: u64) -> TenantScope {
        self.token(member(of).uuid(), token, Audience::Portal).await.unwrap();
        let now = self.now();
        projections.read(|views| views.authenticate_portal_token(&secret(token), now)).unwrap()
    }
}

pub fn secret(number: u64) -> Digest {
    Digest(*blake3::hash(&number.to_be_bytes()).as_bytes())
}

pub fn operator(projections: &Projections) -> VendorScope {
    projections.read(|views| views.authenticate_operator()).unwrap()
}

fn edition(code: &str, values: BTreeMap<schemas::FeatureKey, FeatureValue>) -> product::Command {
    product::Command::PublishEdition {
        edition: code.parse().unwrap(),
        name: code.to_uppercase(),
        values,
        all_features: false,
    }
}

fn offering_of(number: u64, code: &str, edition: &str, seats: u64) -> product::Command {
    product::Command::PublishOffering(PublishOffering {
        offering: OfferingId::new(uuid(6, number)),
        code: code.parse().unwrap(),
        name: code.to_uppercase(),
        edition: edition.parse().unwrap(),
        edition_version: None,
        plan: "yearly".parse().unwrap(),
        plan_version: None,
        seats: Quantity::Limited(seats),
        devices: Quantity::Limited(seats),
        domains: Quantity::Limited(seats),
        services: BTreeMap::new(),
    })
}

/// Runs a test's future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(future)
}
