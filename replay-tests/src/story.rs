//! Half a year of the vendor Orbit in a few dozen commands, so that every type of event is recorded at least once.

mod endings;
mod passkeys;
mod told;

use std::collections::BTreeSet;

use ledger::license::{
    ActivateDevice, ActivateDomain, AllocateSeats, ApplyBundle, Command, Issue, Renew, Replace,
    SwitchOffering,
};
use ledger::{access, account, claim, ledger_stream, meter, product, staff};
use ledger_log::Clock;
use schemas::access::{
    ApiTokenCreated, Audience, SingleSignOnUsed, TokenIssued, TokenRenewed, TokenScope,
};
use schemas::account::{
    AccountProfile, ErasureGround, GrantedRole, MemberRole, PartnerLinked, PartnerRole, Party,
    PersonProfile, ProviderSecret, RoleGranted,
};
use schemas::catalog::{BundleRef, SourceRef};
use schemas::claim::ClaimPurpose;
use schemas::ledger::LedgerForked;
use schemas::license::{Acquisition, Blocker, DeviceProfile, DomainProfile, UsageOnSwitch};
use schemas::staff::StaffRole;
use schemas::{
    AccountId, ActivationId, Digest, GrantId, LicenseId, MemberId, StreamName, SubjectId, TokenId,
};

use crate::orbit::{Answer, Ask, DAY, Orbit, after, code, key};

/// Words that are personal: none of them may lie in a ledger in the clear.
pub const PERSONAL: [&str; 12] = [
    "Acme Europe GmbH",
    "Globex Corporation",
    "Ann Keller",
    "ann@acme.example",
    "Bob Moreau",
    "bob@acme.example",
    "Vera Lindqvist",
    "vera@orbit.example",
    "ORBT-9F4C-TQ7M-7Q2K",
    "Bob's workstation",
    "shop.acme.example",
    "invoice 2026-0417 is overdue",
];

/// Words about somebody whose data was erased: nobody can read them any more.
pub const ERASED: [&str; 7] = [
    "Cem Ardal",
    "cem@acme.example",
    "Otto Ruiz",
    "otto@orbit.example",
    "Initech",
    "Dia Sommer",
    "dia@initech.example",
];

/// Who and what the story is about.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The customer with a sub-account.
    pub acme: AccountId,
    /// Its sub-account.
    pub acme_eu: AccountId,
    /// Another customer.
    pub globex: AccountId,
    /// The admin of acme.
    pub ann: MemberId,
    /// A member of acme.
    pub bob: MemberId,
    /// Who left acme, and whose data is erased.
    pub cem: MemberId,
    /// The license of acme that everything happens to.
    pub license: LicenseId,
    /// The license of globex, that ends revoked.
    pub revoked: LicenseId,
}

/// Tells the whole story.
pub async fn tell(orbit: &mut Orbit) -> Cast {
    let cast = Cast {
        acme: AccountId::new(orbit.chance.id()),
        acme_eu: AccountId::new(orbit.chance.id()),
        globex: AccountId::new(orbit.chance.id()),
        ann: MemberId::new(orbit.chance.id()),
        bob: MemberId::new(orbit.chance.id()),
        cem: MemberId::new(orbit.chance.id()),
        license: LicenseId::new(orbit.chance.id()),
        revoked: LicenseId::new(orbit.chance.id()),
    };
    open_the_house(orbit).await;
    orbit.publish().await;
    open_customers(orbit, &cast).await;
    give_credentials(orbit, &cast).await;
    license_of_acme(orbit, &cast).await;
    devices_and_domains(orbit, &cast).await;
    usage(orbit, &cast).await;
    stops_and_changes(orbit, &cast).await;
    told::tell(orbit, &cast).await;
    endings::tell(orbit, &cast).await;
    go_on_from_a_copy(orbit).await;
    cast
}

async fn open_the_house(orbit: &mut Orbit) {
    let ledger = orbit.ledger.log().identity().ledger.to_string();
    let open = ledger_stream::Command::Open { ledger, vendor: "Orbit Software".to_owned() };
    orbit.tell(StreamName::ledger(), None, Ask::Ledger(open)).await.recorded();
    let recovery = ledger_stream::Command::RecordRecovery { segment: 1, offset: 8192, bytes: 612 };
    orbit.tell(StreamName::ledger(), None, Ask::Ledger(recovery)).await.recorded();
    let staff = orbit.vera;
    let add = staff::Command::Add {
        staff,
        role: StaffRole::Operator,
        email_digest: digest(orbit, "email", "vera@orbit.example"),
        profile: person("Vera Lindqvist", "vera@orbit.example"),
    };
    orbit.tell(staff, None, Ask::Staff(add)).await.recorded();
}

/// What a restored ledger that lacks something says first.
async fn go_on_from_a_copy(orbit: &mut Orbit) {
    let ledger = orbit.ledger.log().identity().ledger.to_string();
    let fork = ledger_stream::Command::Fork(LedgerForked {
        from: "0198b0c4-0000-7000-8000-000000000000".to_owned(),
        ledger,
        events: 12,
        root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
    });
    orbit.tell(StreamName::ledger(), None, Ask::Ledger(fork)).await.recorded();
}

async fn open_customers(orbit: &mut Orbit, cast: &Cast) {
    let customers = [
        (cast.acme, None, "Acme Holding"),
        (cast.acme_eu, Some(cast.acme), "Acme Europe GmbH"),
        (cast.globex, None, "Globex Corporation"),
    ];
    for (account, parent, name) in customers {
        let profile = AccountProfile { name: name.to_owned(), external_id: None };
        let party = Party::Organization;
        let open = account::Command::Open { account, parent, party, profile };
        orbit.tell(account, Some(account), Ask::Account(open)).await.recorded();
    }
    let people = [
        (cast.ann, MemberRole::OrgAdmin, "Ann Keller", "ann@acme.example"),
        (cast.bob, MemberRole::Member, "Bob Moreau", "bob@acme.example"),
        (cast.cem, MemberRole::Member, "Cem Ardal", "cem@acme.example"),
    ];
    for (member, role, name, email) in people {
        let email_digest = digest(orbit, "email", email);
        let profile = person(name, email);
        let add = account::Command::AddMember { member, role, email_digest, profile };
        orbit.tell(cast.acme, Some(cast.acme), Ask::Account(add)).await.recorded();
    }
    for ask in [
        account::Command::ChangeRole { member: cast.bob, role: MemberRole::Auditor },
        account::Command::SuspendMember { member: cast.bob },
        account::Command::RestoreMember { member: cast.bob },
        account::Command::ChangeRole { member: cast.bob, role: MemberRole::Member },
        account::Command::ChangeProfile {
            member: cast.bob,
            email_known: digest(orbit, "email", "bob@acme.example"),
            email_digest: digest(orbit, "email", "robert@acme.example"),
            profile: person("Bob Moreau", "robert@acme.example"),
        },
        account::Command::EraseMember { member: cast.cem, ground: ErasureGround::NoLongerNeeded },
        account::Command::SetSecondFactorRule { demanded: true },
        account::Command::SetSecondFactorRule { demanded: false },
    ] {
        orbit.tell(cast.acme, Some(cast.acme), Ask::Account(ask)).await.recorded();
    }
    orbit.ledger.codec().keystore().erase(cast.cem.into()).unwrap();
    sign_on_at_acme(orbit, cast).await;
}

async fn sign_on_at_acme(orbit: &mut Orbit, cast: &Cast) {
    let identity = digest(orbit, "identity", "ann at the provider of acme");
    for ask in [
        account::Command::ConnectProvider {
            issuer: "https://login.acme.example".to_owned(),
            client: "orbit".to_owned(),
            secret: ProviderSecret { secret: "a secret of acme's provider".to_owned() },
        },
        account::Command::LinkIdentity { member: cast.ann, identity },
        account::Command::RequireSingleSignOn { required: true },
        account::Command::RequireSingleSignOn { required: false },
        account::Command::DisconnectProvider,
        account::Command::PlaceLegalHold { matter: "2026-0417/EU".to_owned() },
        account::Command::LiftLegalHold { matter: "2026-0417/EU".to_owned() },
    ] {
        orbit.tell(cast.acme, Some(cast.acme), Ask::Account(ask)).await.recorded();
    }
}

async fn give_credentials(orbit: &mut Orbit, cast: &Cast) {
    let email = orbit.ledger.codec().keystore().derive_id("claim", &[b"ann@acme.example"]);
    let claimed = StreamName::claim(uuid::Uuid::from_bytes(email));
    let owner = SubjectId::from(cast.ann);
    for ask in [
        claim::Command::Claim { purpose: ClaimPurpose::SignInEmail, owner },
        claim::Command::Release { owner },
        claim::Command::Claim { purpose: ClaimPurpose::SignInEmail, owner },
    ] {
        orbit.tell(claimed, Some(cast.acme), Ask::Claim(ask)).await.recorded();
    }
    let token = TokenId::new(orbit.chance.id());
    let secret_digest = digest(orbit, "token", "a secret of ann");
    let phc = "$argon2id$v=19$m=19456,t=2,p=1$YW5uLXNhbHQtMDE$bm90LWEtcmVhbC1oYXNo".to_owned();
    let link = digest(orbit, "link", "a link for ann");
    let renewed = digest(orbit, "token", "another secret of the same session");
    for ask in [
        access::Command::IssuePasswordLink { secret_digest: link, expires_at: after(7 * DAY) },
        access::Command::SetPasswordByLink {
            secret_digest: link,
            subject: owner,
            phc: phc.clone(),
        },
        access::Command::SetPassword { subject: owner, phc, kept: None },
        access::Command::SetSecondFactor {
            subject: owner,
            secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
            step: 58_900_000,
            recovery: vec![link],
        },
        access::Command::UseCode { step: 58_900_001 },
        access::Command::UseRecoveryCode { code: link },
        access::Command::RemoveSecondFactor,
        access::Command::IssueToken {
            token,
            audience: Audience::Portal,
            secret_digest,
            expires_at: after(90 * DAY),
        },
        access::Command::ConfirmToken { token },
        access::Command::RenewToken(TokenRenewed { token, secret_digest: renewed }),
        access::Command::RevokeToken { token },
    ] {
        let stream = StreamName::access(cast.ann.uuid());
        orbit.tell(stream, Some(cast.acme), Ask::Access(ask)).await.recorded();
    }
    give_tokens(orbit, cast).await;
    passkeys::tell(orbit, cast).await;
}

async fn give_tokens(orbit: &mut Orbit, cast: &Cast) {
    let by_provider = TokenId::new(orbit.chance.id());
    let program = TokenId::new(orbit.chance.id());
    for ask in [
        access::Command::IssueTokenBySingleSignOn {
            issued: TokenIssued {
                token: by_provider,
                audience: Audience::Portal,
                secret_digest: digest(orbit, "token", "another secret of ann"),
                expires_at: after(DAY),
            },
            used: SingleSignOnUsed {
                token: by_provider,
                second_factor: true,
                authenticated_at: after(0),
            },
        },
        access::Command::CreateApiToken(ApiTokenCreated {
            token: program,
            audience: Audience::Portal,
            name: "seats from our directory".to_owned(),
            scopes: vec![TokenScope::Read, TokenScope::Licenses],
            networks: vec!["203.0.113.0/24".parse().unwrap()],
            secret_digest: digest(orbit, "api_token", "a program of ann"),
            expires_at: after(90 * DAY),
        }),
        access::Command::RecordApiTokenUse { token: program },
        access::Command::RevokeApiToken { token: program },
        access::Command::RecordDenial { operation: "issueLicense".to_owned() },
    ] {
        let stream = StreamName::access(cast.ann.uuid());
        orbit.tell(stream, Some(cast.acme), Ask::Access(ask)).await.recorded();
    }
}

async fn license_of_acme(orbit: &mut Orbit, cast: &Cast) {
    issue(orbit, cast.license, cast.acme, "starter", "ORBT-9F4C-TQ7M-7Q2K").await;
    issue(orbit, cast.revoked, cast.globex, "enterprise", "ORBT-2B7D-XK3P-M5RN").await;
    for ask in [
        Command::AssignSeat { member: cast.ann, accounts: vec![] },
        Command::AllocateSeats(AllocateSeats {
            account: cast.acme_eu,
            above: vec![],
            seats: 2,
            capped: false,
        }),
        Command::AssignSeat { member: cast.bob, accounts: vec![cast.acme_eu] },
        Command::AllocateSeats(AllocateSeats {
            account: cast.acme_eu,
            above: vec![],
            seats: 1,
            capped: true,
        }),
        Command::UnassignSeat { member: cast.ann },
        Command::RevealKey,
    ] {
        of_acme(orbit, cast, ask).await.recorded();
    }
    let (grant, link) = (GrantId::new(orbit.chance.id()), GrantId::new(orbit.chance.id()));
    for ask in [
        account::Command::GrantRole(RoleGranted {
            grant,
            member: cast.bob,
            role: GrantedRole::LicenseManager,
            license: Some(cast.license),
            ends_at: Some(after(30 * DAY)),
            under: None,
        }),
        account::Command::EndGrant { grant },
        account::Command::LinkPartner(PartnerLinked {
            link,
            partner: cast.globex,
            role: PartnerRole::LicenseManager,
            ends_at: Some(after(30 * DAY)),
        }),
        account::Command::UnlinkPartner { link },
    ] {
        orbit.tell(cast.acme, Some(cast.acme), Ask::Account(ask)).await.recorded();
    }
}

async fn issue(orbit: &mut Orbit, license: LicenseId, account: AccountId, from: &str, text: &str) {
    let catalog = orbit.catalog().await;
    let source = catalog.source_by_code(&code(from)).unwrap();
    let resolved = catalog.resolve(source).unwrap();
    let ask = Command::Issue(Issue {
        license,
        account,
        product: orbit.product,
        acquired: Acquisition::Order,
        key: text.to_owned(),
        key_digest: digest(orbit, "license_key", text),
        external_id: Some("so-2026-00817".to_owned()),
        source,
        grants: resolved.grants,
        terms: resolved.terms,
        term: None,
        contract: schemas::contract::Contract::default(),
    });
    orbit.tell(license, Some(account), Ask::License(ask)).await.recorded();
}

async fn of_acme(orbit: &mut Orbit, cast: &Cast, ask: Command) -> Answer {
    orbit.tell(cast.license, Some(cast.acme), Ask::License(ask)).await
}

async fn devices_and_domains(orbit: &mut Orbit, cast: &Cast) {
    let devices = [ActivationId::new(orbit.chance.id()), ActivationId::new(orbit.chance.id())];
    for (activation, name) in devices.into_iter().zip(["Bob's workstation", "Build server"]) {
        let fingerprint = format!("4C4C4544-0042-{name}");
        let ask = Command::ActivateDevice(ActivateDevice {
            activation,
            fingerprint: digest(orbit, "device", &fingerprint),
            member: Some(cast.bob),
            version: Some("2.3.0".to_owned()),
            profile: DeviceProfile { name: name.to_owned(), fingerprint, platform: None },
            replace: Replace::Nothing,
        });
        of_acme(orbit, cast, ask).await.recorded();
    }
    let domain = ActivationId::new(orbit.chance.id());
    let profile = DomainProfile { domain: "shop.acme.example".to_owned() };
    let ask = Command::ActivateDomain(ActivateDomain {
        activation: domain,
        domain: digest(orbit, "domain", &profile.domain),
        profile,
    });
    of_acme(orbit, cast, ask).await.recorded();
    orbit.clock.set(after(2 * DAY));
    let version = Some("2.4.0".to_owned());
    for ask in [
        Command::RecordDeviceSeen { activation: devices[0], version },
        Command::DeactivateDomain { activation: domain },
        Command::DeactivateDevice { activation: devices[0] },
        Command::RetireDevices { activations: BTreeSet::from([devices[1]]) },
    ] {
        of_acme(orbit, cast, ask).await.recorded();
    }
}

async fn usage(orbit: &mut Orbit, cast: &Cast) {
    let feature = key("api_calls");
    let stream = orbit.meter(cast.license, &feature);
    let metered = meter::Metered { license: cast.license, account: cast.acme, feature };
    let (state, _) =
        orbit.ledger.load::<ledger::license::LicenseRules>(cast.license.into()).await.unwrap();
    let catalog = orbit.catalog().await;
    let now = orbit.clock.now();
    let metering = ledger::entitlements::metering(&state, &catalog, &metered.feature, now).unwrap();
    for ask in [
        meter::Command::GrantUnits { meter: metered.clone(), amount: 500, expires_at: None },
        meter::Command::RecordUsage {
            meter: metered.clone(),
            quantity: 7_300,
            allowance: metering.allowance,
            period: metering.period,
        },
        meter::Command::RecordUsage {
            meter: metered,
            quantity: 3_000,
            allowance: metering.allowance,
            period: metering.period,
        },
    ] {
        orbit.tell(stream, Some(cast.acme), Ask::Meter(ask)).await.recorded();
    }
}

async fn stops_and_changes(orbit: &mut Orbit, cast: &Cast) {
    let catalog = orbit.catalog().await;
    let boost = catalog.bundle_by_code(&code("boost")).unwrap();
    let boost = BundleRef { bundle: boost.bundle, version: boost.version };
    let boosted = catalog.resolve(SourceRef::Bundle(boost)).unwrap();
    let growth = catalog.source_by_code(&code("growth")).unwrap();
    let grown = catalog.resolve(growth).unwrap();
    let product = orbit.product;
    orbit.clock.set(after(20 * DAY));
    let reason = "invoice 2026-0417 is overdue".to_owned();
    for ask in [
        Command::SetBlocker { blocker: Blocker::Billing, reason },
        Command::ClearBlocker { blocker: Blocker::Billing },
        Command::ApplyBundle(ApplyBundle { product, bundle: boost, grants: boosted.grants }),
        Command::RemoveBundle { bundle: boost.bundle },
        Command::SwitchOffering(SwitchOffering {
            product,
            source: growth,
            grants: grown.grants,
            terms: grown.terms,
            usage: UsageOnSwitch::Carry,
        }),
        Command::Renew(Renew::default()),
    ] {
        of_acme(orbit, cast, ask).await.recorded();
    }
    let feature = product::Command::DefineFeature {
        feature: key("audit_log"),
        name: "Audit log".to_owned(),
        module: None,
        kind: schemas::catalog::FeatureKind::Boolean,
    };
    orbit.tell(product, None, Ask::Product(feature)).await.recorded();
    orbit.clock.set(after(40 * DAY));
    let revoke = Command::Revoke { reason: "invoice 2026-0417 is overdue".to_owned() };
    let mut sent = orbit.ask(cast.revoked.into(), Some(cast.globex), Ask::License(revoke));
    // Known on day 40, true from day 35: the golden ledger holds a fact of the past.
    sent.meta = sent.meta.effective_at(after(35 * DAY));
    orbit.send(&sent).await.recorded();
}

fn person(name: &str, email: &str) -> PersonProfile {
    PersonProfile { name: name.to_owned(), email: email.to_owned(), external_id: None }
}

fn digest(orbit: &Orbit, purpose: &str, text: &str) -> Digest {
    orbit.ledger.codec().keystore().digest(purpose, text.as_bytes())
}
