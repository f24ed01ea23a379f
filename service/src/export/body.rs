//! A fact as JSON in its newest version, ids as people see them elsewhere; personal fields apart.

use schemas::LedgerEvent;
use schemas::access::AccessEvent;
use schemas::account::AccountEvent;
use schemas::claim::ClaimEvent;
use schemas::fact::Fact;
use schemas::ledger::LedgerFact;
use schemas::license::LicenseEvent;
use schemas::meter::MeterEvent;
use schemas::notices::NoticesEvent;
use schemas::policy::PolicyEvent;
use schemas::product::ProductEvent;
use schemas::staff::StaffEvent;
use serde_json::{Value, json};

/// The fields of a fact.
pub(super) struct Body {
    /// What anyone who may read the event reads.
    pub(super) public: Value,
    /// Whose personal fields it has, and what they are; null once they were erased.
    pub(super) personal: Option<Value>,
}

/// The fields of the fact that an event is.
pub(super) fn body(event: &LedgerEvent) -> Result<Body, serde_json::Error> {
    match event {
        LedgerEvent::Ledger(event) => about_ledger(event),
        LedgerEvent::Product(event) => about_product(event),
        LedgerEvent::Account(event) => about_account(event),
        LedgerEvent::License(event) => about_license(event),
        LedgerEvent::Meter(event) => about_meter(event),
        LedgerEvent::Staff(event) => about_staff(event),
        LedgerEvent::Access(event) => about_access(event),
        LedgerEvent::Claim(event) => about_claim(event),
        LedgerEvent::Policy(PolicyEvent::NoticePolicyPublished(fact)) => fields(fact),
        LedgerEvent::Notices(event) => about_notices(event),
    }
}

fn fields<F: Fact>(fact: &F) -> Result<Body, serde_json::Error> {
    let personal = match fact.personal() {
        None => None,
        Some(personal) => {
            let fields = serde_json::to_value(&personal.value)?;
            Some(json!({ "subject": personal.subject.to_string(), "fields": fields }))
        }
    };
    Ok(Body { public: serde_json::to_value(fact)?, personal })
}

fn about_ledger(event: &LedgerFact) -> Result<Body, serde_json::Error> {
    match event {
        LedgerFact::LedgerOpened(fact) => fields(fact),
        LedgerFact::LogRecovered(fact) => fields(fact),
        LedgerFact::LedgerForked(fact) => fields(fact),
        LedgerFact::LogKeyRotated(fact) => fields(fact),
    }
}

fn about_product(event: &ProductEvent) -> Result<Body, serde_json::Error> {
    match event {
        ProductEvent::ProductPublished(fact) => fields(fact),
        ProductEvent::FeatureDefined(fact) => fields(fact),
        ProductEvent::EditionPublished(fact) => fields(fact),
        ProductEvent::PlanPublished(fact) => fields(fact),
        ProductEvent::OfferingPublished(fact) => fields(fact),
        ProductEvent::BundlePublished(fact) => fields(fact),
        ProductEvent::ReleasePublished(fact) => fields(fact),
    }
}

fn about_account(event: &AccountEvent) -> Result<Body, serde_json::Error> {
    match event {
        AccountEvent::AccountOpened(fact) => fields(fact),
        AccountEvent::MemberAdded(fact) => fields(fact),
        AccountEvent::MemberRoleChanged(fact) => fields(fact),
        AccountEvent::MemberSuspended(fact) => fields(fact),
        AccountEvent::MemberRestored(fact) => fields(fact),
        AccountEvent::SecondFactorRuleSet(fact) => fields(fact),
        AccountEvent::LegalHoldPlaced(fact) => fields(fact),
        AccountEvent::LegalHoldLifted(fact) => fields(fact),
        AccountEvent::MemberErased(fact) => fields(fact),
        AccountEvent::MemberProfileChanged(fact) => fields(fact),
        AccountEvent::AccountErased(fact) => fields(fact),
        AccountEvent::RoleGranted(fact) => fields(fact),
        AccountEvent::RoleGrantEnded(fact) => fields(fact),
        AccountEvent::PartnerLinked(fact) => fields(fact),
        AccountEvent::PartnerUnlinked(fact) => fields(fact),
        // The secret is nobody's to read, whoever asks for personal fields.
        AccountEvent::IdentityProviderConnected(fact) => {
            Ok(Body { public: serde_json::to_value(fact)?, personal: None })
        }
        AccountEvent::IdentityProviderDisconnected(fact) => fields(fact),
        AccountEvent::IdentityLinked(fact) => fields(fact),
        AccountEvent::IdentityUnlinked(fact) => fields(fact),
        AccountEvent::AccountPromoted(fact) => fields(fact),
        AccountEvent::ContractDefaultsSet(fact) => fields(fact),
        AccountEvent::SingleSignOnRequired(fact) => fields(fact),
        AccountEvent::SingleSignOnNoLongerRequired(fact) => fields(fact),
    }
}

fn about_license(event: &LicenseEvent) -> Result<Body, serde_json::Error> {
    match event {
        LicenseEvent::LicenseIssued(fact) => fields(fact),
        LicenseEvent::TermStarted(fact) => fields(fact),
        LicenseEvent::LicenseRenewed(fact) => fields(fact),
        LicenseEvent::SeatAssigned(fact) => fields(fact),
        LicenseEvent::SeatUnassigned(fact) => fields(fact),
        LicenseEvent::SeatsAllocated(fact) => fields(fact),
        LicenseEvent::DeviceActivated(fact) => fields(fact),
        LicenseEvent::DeviceSeen(fact) => fields(fact),
        LicenseEvent::DeviceDeactivated(fact) => fields(fact),
        LicenseEvent::DevicesRetired(fact) => fields(fact),
        LicenseEvent::DomainActivated(fact) => fields(fact),
        LicenseEvent::DomainDeactivated(fact) => fields(fact),
        LicenseEvent::BlockerSet(fact) => fields(fact),
        LicenseEvent::BlockerCleared(fact) => fields(fact),
        LicenseEvent::OfferingSwitched(fact) => fields(fact),
        LicenseEvent::BundleApplied(fact) => fields(fact),
        LicenseEvent::BundleRemoved(fact) => fields(fact),
        LicenseEvent::LicenseRevoked(fact) => fields(fact),
        LicenseEvent::LicenseKeyRevealed(fact) => fields(fact),
        LicenseEvent::LicenseContractSet(fact) => fields(fact),
    }
}

fn about_meter(event: &MeterEvent) -> Result<Body, serde_json::Error> {
    match event {
        MeterEvent::MeterOpened(fact) => fields(fact),
        MeterEvent::UnitsGranted(fact) => fields(fact),
        MeterEvent::UsageRecorded(fact) => fields(fact),
    }
}

fn about_staff(event: &StaffEvent) -> Result<Body, serde_json::Error> {
    match event {
        StaffEvent::StaffAdded(fact) => fields(fact),
        StaffEvent::StaffRenamed(fact) => fields(fact),
        StaffEvent::StaffSuspended(fact) => fields(fact),
        StaffEvent::StaffRestored(fact) => fields(fact),
        StaffEvent::StaffErased(fact) => fields(fact),
    }
}

fn about_access(event: &AccessEvent) -> Result<Body, serde_json::Error> {
    match event {
        // A password's hash, what codes are computed from, and a passkey's key, are nobody's to read, whoever asks for personal fields.
        AccessEvent::PasswordSet(fact) => {
            Ok(Body { public: serde_json::to_value(fact)?, personal: None })
        }
        AccessEvent::SecondFactorSet(fact) => {
            Ok(Body { public: serde_json::to_value(fact)?, personal: None })
        }
        AccessEvent::PasskeyAdded(fact) => {
            let fields = fact.personal.value.as_ref().map(|one| json!({ "name": one.name }));
            let subject = fact.personal.subject.to_string();
            let personal = json!({ "subject": subject, "fields": fields });
            Ok(Body { public: serde_json::to_value(fact)?, personal: Some(personal) })
        }
        AccessEvent::PasskeyUsed(fact) => fields(fact),
        AccessEvent::PasskeyRemoved(fact) => fields(fact),
        AccessEvent::SecondFactorUsed(fact) => fields(fact),
        AccessEvent::RecoveryCodeUsed(fact) => fields(fact),
        AccessEvent::SecondFactorRemoved(fact) => fields(fact),
        AccessEvent::PasswordLinkIssued(fact) => fields(fact),
        AccessEvent::TokenIssued(fact) => fields(fact),
        AccessEvent::TokenRevoked(fact) => fields(fact),
        AccessEvent::TokenConfirmed(fact) => fields(fact),
        AccessEvent::TokenRenewed(fact) => fields(fact),
        AccessEvent::SingleSignOnUsed(fact) => fields(fact),
        AccessEvent::ApiTokenCreated(fact) => fields(fact),
        AccessEvent::ApiTokenRevoked(fact) => fields(fact),
        AccessEvent::ApiTokenUsed(fact) => fields(fact),
        AccessEvent::PreferencesSet(fact) => fields(fact),
        AccessEvent::NotificationChoicesSet(fact) => fields(fact),
        AccessEvent::AccessDenied(fact) => fields(fact),
    }
}

fn about_notices(event: &NoticesEvent) -> Result<Body, serde_json::Error> {
    match event {
        NoticesEvent::NotificationSent(fact) => fields(fact),
        NoticesEvent::NotificationFailed(fact) => fields(fact),
        NoticesEvent::NotificationsRead(fact) => fields(fact),
    }
}

fn about_claim(event: &ClaimEvent) -> Result<Body, serde_json::Error> {
    match event {
        ClaimEvent::ValueClaimed(fact) => fields(fact),
        ClaimEvent::ClaimReleased(fact) => fields(fact),
    }
}
