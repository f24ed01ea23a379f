//! Each fact in plain words. Names are looked up as the reader may see them; what was erased has
//! none.

use ledger::authority::{Basis, Rule};
use ledger::product;
use ledger_log::RecordedEvent;
use schemas::access::AccessEvent;
use schemas::account::{AccountEvent, GrantedRole, MemberRole, PartnerRole, RoleGranted};
use schemas::catalog::{BundleRef, SourceRef};
use schemas::claim::ClaimEvent;
use schemas::ledger::LedgerFact;
use schemas::license::{Blocker, LicenseEvent, SeatsAllocated, UsageOnSwitch};
use schemas::meter::MeterEvent;
use schemas::notices::{Channel, NoticesEvent};
use schemas::policy::PolicyEvent;
use schemas::product::ProductEvent;
use schemas::staff::StaffEvent;
use schemas::{
    ActivationId, Actor, Header, LedgerEvent, LicenseId, MemberId, MeterId, StaffId, TokenId,
};
use uuid::Uuid;

use super::contract;
use super::undo::Reversal;
use crate::gate::{Gate, Reader, with_scope};
use crate::notices;
use crate::read::{ERASED, actor_name};
use crate::scalars::instant_text;

/// What happened.
pub(super) fn text(gate: &Gate, reader: Reader, recorded: &RecordedEvent) -> String {
    let stream = recorded.header.stream.id;
    match &recorded.event {
        LedgerEvent::Ledger(fact) => ledger_text(fact),
        LedgerEvent::Product(fact) => product_text(fact),
        LedgerEvent::Account(fact) => account_text(gate, reader, fact),
        LedgerEvent::License(fact) => license_text(gate, reader, LicenseId::new(stream), fact),
        LedgerEvent::Meter(fact) => meter_text(gate, reader, MeterId::new(stream), fact),
        LedgerEvent::Staff(fact) => staff_text(gate, reader, fact),
        LedgerEvent::Access(fact) => access_text(gate, stream, fact),
        LedgerEvent::Policy(PolicyEvent::NoticePolicyPublished(one)) => {
            format!("version {} of the notice periods was published", one.version)
        }
        LedgerEvent::Notices(fact) => notices_text(gate, reader, MemberId::new(stream), fact),
        LedgerEvent::Claim(ClaimEvent::ValueClaimed(_)) => "a sign-in e-mail was taken".to_owned(),
        LedgerEvent::Claim(ClaimEvent::ClaimReleased(_)) => {
            "a sign-in e-mail is free again".to_owned()
        }
    }
}

fn notices_text(gate: &Gate, reader: Reader, member: MemberId, fact: &NoticesEvent) -> String {
    let name = actor_name(gate, reader, Actor::Member(member));
    let way = |channel| match channel {
        Channel::Mail => "by mail",
        Channel::Portal => "in the portal",
    };
    match fact {
        NoticesEvent::NotificationSent(one) => {
            format!("{name} was told {}: {}", way(one.channel), notices::title(one.notice))
        }
        NoticesEvent::NotificationFailed(one) => {
            let title = notices::title(one.notice);
            format!("{name} could not be told {}: {title}", way(one.channel))
        }
        NoticesEvent::NotificationsRead(_) => format!("{name} read notifications"),
    }
}

fn staff_text(gate: &Gate, reader: Reader, fact: &StaffEvent) -> String {
    let name = |staff: StaffId| actor_name(gate, reader, Actor::Staff(staff));
    match fact {
        StaffEvent::StaffAdded(_) => "a person joined the vendor".to_owned(),
        StaffEvent::StaffRenamed(_) => "changed the own name".to_owned(),
        StaffEvent::StaffSuspended(one) => format!("{} was suspended", name(one.staff)),
        StaffEvent::StaffRestored(one) => format!("{} may sign in again", name(one.staff)),
        StaffEvent::StaffErased(_) => "the data of a person of the vendor was erased".to_owned(),
    }
}

fn ledger_text(fact: &LedgerFact) -> String {
    match fact {
        LedgerFact::LedgerOpened(opened) => format!("the ledger of {} was opened", opened.vendor),
        LedgerFact::LogRecovered(recovered) => {
            format!("{} unacknowledged bytes were cut off after a crash", recovered.bytes)
        }
        LedgerFact::LedgerForked(forked) => {
            format!("the ledger goes on from the first {} events of another one", forked.events)
        }
        LedgerFact::LogKeyRotated(_) => "another key signs the log from here on".to_owned(),
    }
}

fn product_text(fact: &ProductEvent) -> String {
    match fact {
        ProductEvent::ProductPublished(one) => format!("product {} was published", one.code),
        ProductEvent::FeatureDefined(one) => format!("feature {} was defined", one.feature),
        ProductEvent::EditionPublished(one) => {
            format!("version {} of edition {} was published", one.version, one.edition)
        }
        ProductEvent::PlanPublished(one) => {
            format!("version {} of plan {} was published", one.version, one.plan)
        }
        ProductEvent::OfferingPublished(one) => {
            format!("version {} of offering {} was published", one.version, one.code)
        }
        ProductEvent::BundlePublished(one) => {
            format!("version {} of bundle {} was published", one.version, one.code)
        }
        ProductEvent::ReleasePublished(one) => format!("release {} came out", one.version),
    }
}

fn account_text(gate: &Gate, reader: Reader, fact: &AccountEvent) -> String {
    let known = |member: MemberId| name_of(gate, reader, member);
    match fact {
        AccountEvent::AccountOpened(opened) => {
            let name = opened.personal.value.as_ref().map(|profile| profile.name.as_str());
            format!("account {} was opened", name.unwrap_or(ERASED))
        }
        AccountEvent::MemberAdded(added) => {
            let name = added.personal.value.as_ref().map(|profile| profile.name.as_str());
            format!("{} joined the account", name.unwrap_or(ERASED))
        }
        AccountEvent::MemberRoleChanged(changed) => {
            format!("{} became {}", known(changed.member), role_text(changed.role))
        }
        AccountEvent::MemberSuspended(one) => format!("{} was suspended", known(one.member)),
        AccountEvent::MemberRestored(one) => format!("{} may sign in again", known(one.member)),
        AccountEvent::MemberProfileChanged(one) => {
            let what = if one.email_before.is_some() { "e-mail" } else { "name" };
            format!("the {what} of {} changed", known(one.member))
        }
        AccountEvent::AccountPromoted(_) | AccountEvent::ContractDefaultsSet(_) => {
            contract::account_text(fact)
        }
        AccountEvent::MemberErased(_) => "the data of a person was erased".to_owned(),
        AccountEvent::AccountErased(erased) => match erased.members.len() {
            0 => "the data of the account was erased".to_owned(),
            1 => "the data of the account and of its one person was erased".to_owned(),
            people => format!("the data of the account and of its {people} people was erased"),
        },
        AccountEvent::RoleGranted(given) => granted_text(gate, reader, given),
        AccountEvent::RoleGrantEnded(_) => "a role that was granted was ended".to_owned(),
        AccountEvent::PartnerLinked(linked) => {
            let may = match linked.role {
                PartnerRole::LicenseViewer => "may see the licenses",
                PartnerRole::Auditor => "may read everything",
                PartnerRole::LicenseManager => "may give and take seats and devices",
            };
            format!("a partner {may}")
        }
        AccountEvent::PartnerUnlinked(_) => "a partner was parted with".to_owned(),
        AccountEvent::LegalHoldPlaced(_) => {
            "nobody is erased from now on: a legal matter needs what is known".to_owned()
        }
        AccountEvent::LegalHoldLifted(_) => "a legal matter is over".to_owned(),
        AccountEvent::SecondFactorRuleSet(set) if set.demanded => {
            "everybody needs a second factor from now on".to_owned()
        }
        AccountEvent::SecondFactorRuleSet(_) => {
            "a second factor is everybody's own choice again".to_owned()
        }
        AccountEvent::IdentityProviderConnected(one) => {
            format!("the identity provider {} was connected", one.issuer)
        }
        AccountEvent::IdentityProviderDisconnected(_) => {
            "the identity provider was disconnected".to_owned()
        }
        AccountEvent::IdentityLinked(one) => {
            format!("{} came in through the identity provider", known(one.member))
        }
        AccountEvent::IdentityUnlinked(one) => {
            format!("{} was unlinked from the identity provider", known(one.member))
        }
        AccountEvent::SingleSignOnRequired(_) => {
            "people come in through the identity provider only".to_owned()
        }
        AccountEvent::SingleSignOnNoLongerRequired(_) => {
            "people may come in with their passwords again".to_owned()
        }
    }
}

const fn role_text(role: MemberRole) -> &'static str {
    match role {
        MemberRole::OrgAdmin => "an admin",
        MemberRole::Member => "a member without a role",
        MemberRole::Auditor => "an auditor",
    }
}

/// By which right something was done.
pub(super) fn allowed_by(basis: &str) -> Option<String> {
    let words = match basis.parse::<Basis>().ok()?.rule {
        Rule::HomeRole => "a role of one's own",
        Rule::GrantedRole => "a role that was granted",
        Rule::OwnThings => "it being one's own",
        Rule::PartnerLink => "acting for the customer as its partner",
        Rule::VendorOperator => "operating for the vendor",
        Rule::DataFolder => "holding the data folder",
        Rule::VendorAuditor => "auditing for the vendor",
        Rule::LicenseKey => "showing the license key",
        Rule::KeptOut
        | Rule::Outside
        | Rule::NoSuchRole
        | Rule::MayDoMore
        | Rule::Outlasts
        | Rule::ChainTooLong
        | Rule::AuditorsOnlyRead
        | Rule::BeyondToken
        | Rule::BeyondKey => return None,
    };
    Some(words.to_owned())
}

/// The program that did it for whoever acted: its token by name, where the reader may know it.
pub(super) fn program(gate: &Gate, reader: Reader, header: &Header) -> Option<String> {
    let token = header.basis.as_deref()?.parse::<Basis>().ok()?.token?;
    let principal = match (header.actor, reader) {
        (Actor::Member(member), _) => Some(member.uuid()),
        (Actor::Staff(staff), Reader::Vendor(_)) => Some(staff.uuid()),
        (Actor::Staff(_), Reader::Tenant(_))
        | (Actor::System | Actor::Operator | Actor::Token(_) | Actor::License(_), _) => None,
    };
    let name = principal.and_then(|principal| {
        gate.projections.read(|views| views.api_token_name(principal, token))
    });
    Some(name.unwrap_or_else(|| "a program".to_owned()))
}

fn granted_text(gate: &Gate, reader: Reader, given: &RoleGranted) -> String {
    let role = match given.role {
        GrantedRole::Auditor => "may read",
        GrantedRole::LicenseManager => "may manage seats and devices of",
        GrantedRole::Admin => "may manage",
    };
    let what = if given.license.is_some() { "one license" } else { "everything of the account" };
    let until = given.ends_at.map(|end| format!(" until {}", ledger::calendar::text(end)));
    format!("{} {role} {what}{}", name_of(gate, reader, given.member), until.unwrap_or_default())
}

fn meter_text(gate: &Gate, reader: Reader, meter: MeterId, fact: &MeterEvent) -> String {
    let counted = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let (license, feature) = views.metered(scope, meter)?;
            let product = views.product(scope, license.product)?;
            product.state.features.get(feature).map(|feature| feature.name.clone())
        })
    });
    let counted = counted.unwrap_or_else(|| "something that is not published".to_owned());
    match fact {
        MeterEvent::MeterOpened(_) => format!("counting of {counted} began"),
        MeterEvent::UnitsGranted(one) => {
            format!("{} units of {counted} were granted", grouped(one.amount))
        }
        MeterEvent::UsageRecorded(one) => {
            format!("{} units of {counted} were used", grouped(one.quantity))
        }
    }
}

/// A number as people read it: `12,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn access_text(gate: &Gate, principal: Uuid, fact: &AccessEvent) -> String {
    let called = |token: TokenId| {
        let name = gate.projections.read(|views| views.api_token_name(principal, token));
        name.unwrap_or_else(|| "of a program".to_owned())
    };
    match fact {
        AccessEvent::PasswordSet(_) => "a password was set".to_owned(),
        AccessEvent::PasswordLinkIssued(_) => "a link to set a password was made".to_owned(),
        AccessEvent::SecondFactorSet(_) => "a second factor was set up".to_owned(),
        AccessEvent::SecondFactorUsed(_) => "a code of the second factor was used".to_owned(),
        AccessEvent::RecoveryCodeUsed(_) => "a recovery code was used".to_owned(),
        AccessEvent::SecondFactorRemoved(_) => "the second factor was removed".to_owned(),
        AccessEvent::TokenIssued(_) => "signed in".to_owned(),
        AccessEvent::TokenRevoked(_) => "signed out".to_owned(),
        AccessEvent::TokenConfirmed(_) => "showed again who it is".to_owned(),
        AccessEvent::TokenRenewed(_) => "the session got a new secret".to_owned(),
        AccessEvent::SingleSignOnUsed(_) => "came through the identity provider".to_owned(),
        AccessEvent::PasskeyAdded(_) => "a passkey was added".to_owned(),
        AccessEvent::PasskeyUsed(_) => "a passkey was shown".to_owned(),
        AccessEvent::PasskeyRemoved(_) => "a passkey was removed".to_owned(),
        AccessEvent::ApiTokenCreated(one) => {
            format!("the token {} was made for a program", one.name)
        }
        AccessEvent::ApiTokenRevoked(one) => format!("the token {} was revoked", called(one.token)),
        AccessEvent::ApiTokenUsed(one) => {
            format!("a program used the token {} that day", called(one.token))
        }
        AccessEvent::PreferencesSet(_) => "it was chosen how pages look".to_owned(),
        AccessEvent::NotificationChoicesSet(_) => "it was chosen what to be told".to_owned(),
        AccessEvent::AccessDenied(one) => format!("{} was denied", one.operation),
    }
}

fn license_text(gate: &Gate, reader: Reader, license: LicenseId, fact: &LicenseEvent) -> String {
    let name = |member: MemberId| name_of(gate, reader, member);
    let bound = |activation: ActivationId, kind: &str| {
        let name = gate.projections.read(|views| {
            let row = with_scope!(reader, |scope| views.license(scope, license).cloned())?;
            row.bindings.get(&activation)?.name().map(str::to_owned)
        });
        name.map_or_else(|| format!("a {kind}"), |name| format!("{kind} {name}"))
    };
    match fact {
        LicenseEvent::LicenseIssued(one) => {
            format!("the license was issued on {}", source_of(gate, reader, one.source))
        }
        LicenseEvent::TermStarted(one) => match one.until {
            Some(until) => format!("the term started, until {}", instant_text(until)),
            None => "the term started, without end".to_owned(),
        },
        LicenseEvent::LicenseRenewed(one) => {
            format!("the license was renewed until {}", instant_text(one.until))
        }
        LicenseEvent::SeatAssigned(one) => format!("{} got a seat", name(one.member)),
        LicenseEvent::SeatsAllocated(one) => allocated_text(gate, reader, license, one),
        LicenseEvent::SeatUnassigned(one) => format!("the seat of {} was freed", name(one.member)),
        LicenseEvent::DeviceActivated(one) => {
            let device = one.personal.value.as_ref().map(|device| device.name.as_str());
            format!("device {} was activated", device.unwrap_or("with erased name"))
        }
        LicenseEvent::DeviceSeen(one) => format!("{} called home", bound(one.activation, "device")),
        LicenseEvent::DeviceDeactivated(one) => {
            format!("{} was deactivated", bound(one.activation, "device"))
        }
        LicenseEvent::DevicesRetired(one) => {
            format!("{} devices were retired", one.activations.len())
        }
        LicenseEvent::DomainActivated(one) => {
            let domain = one.personal.value.as_ref().map(|domain| domain.domain.as_str());
            format!("domain {} was activated", domain.unwrap_or("with erased name"))
        }
        LicenseEvent::DomainDeactivated(one) => {
            format!("{} was deactivated", bound(one.activation, "domain"))
        }
        LicenseEvent::BlockerSet(one) => {
            let reason = one.personal.value.as_ref().map(|reason| format!(": {}", reason.text));
            let reason = reason.unwrap_or_default();
            format!("the license was blocked ({}){reason}", blocker_name(one.blocker))
        }
        LicenseEvent::BlockerCleared(one) => {
            format!("the block ({}) was cleared", blocker_name(one.blocker))
        }
        LicenseEvent::OfferingSwitched(one) => {
            let usage = match one.usage {
                UsageOnSwitch::Carry => "usage is carried over",
                UsageOnSwitch::Restart => "usage counts anew",
            };
            format!("the license was switched to {}; {usage}", source_of(gate, reader, one.source))
        }
        LicenseEvent::BundleApplied(one) => {
            format!("{} was added", bundle_of(gate, reader, one.bundle))
        }
        LicenseEvent::BundleRemoved(one) => {
            format!("{} was taken away", bundle_of(gate, reader, one.bundle))
        }
        LicenseEvent::LicenseRevoked(one) => {
            let reason = one.personal.value.as_ref().map(|reason| format!(": {}", reason.text));
            format!("the license was revoked{}", reason.unwrap_or_default())
        }
        LicenseEvent::LicenseContractSet(one) => contract::contract_text(&one.contract),
        LicenseEvent::LicenseKeyRevealed(_) => "the license key was shown in the clear".to_owned(),
    }
}

fn allocated_text(
    gate: &Gate,
    reader: Reader,
    license: LicenseId,
    allocated: &SeatsAllocated,
) -> String {
    let name = gate.projections.read(|views| {
        let account = allocated.account;
        with_scope!(reader, |scope| views
            .name_with_seats(scope, license, account)
            .map(str::to_owned))
    });
    let whose = name.unwrap_or_else(|| "another account".to_owned());
    let most = if allocated.capped { ", and no others" } else { "" };
    match allocated.seats {
        1 => format!("1 seat is set aside for {whose}{most}"),
        seats => format!("{seats} seats are set aside for {whose}{most}"),
    }
}

/// The act that takes a fact back: `free the seat of Ann`.
pub(super) fn reversal(gate: &Gate, reader: Reader, act: Reversal) -> String {
    let name = |member: MemberId| name_of(gate, reader, member);
    match act {
        Reversal::FreeSeat(member) => format!("free the seat of {}", name(member)),
        Reversal::GiveSeat(member) => format!("give {} a seat again", name(member)),
        Reversal::RemoveBundle(bundle) => {
            format!("take {} away again", bundle_of(gate, reader, bundle))
        }
        Reversal::AddBundle(bundle) => format!("add {} again", bundle_of(gate, reader, bundle)),
        Reversal::ClearBlocker(blocker) => format!("clear the block ({})", blocker_name(blocker)),
    }
}

fn name_of(gate: &Gate, reader: Reader, member: MemberId) -> String {
    actor_name(gate, reader, Actor::Member(member))
}

fn bundle_of(gate: &Gate, reader: Reader, bundle: BundleRef) -> String {
    format!("bundle {}", source_of(gate, reader, SourceRef::Bundle(bundle)))
}

fn source_of(gate: &Gate, reader: Reader, source: SourceRef) -> String {
    let found = gate.projections.read(|views| {
        let product = with_scope!(reader, |scope| views.product_of_source(scope, source).cloned());
        product.and_then(|product| source_name(&product.state, source))
    });
    found.unwrap_or_else(|| "something that is not published".to_owned())
}

/// The name of an offering or bundle, with its version.
pub(super) fn source_name(product: &product::State, source: SourceRef) -> Option<String> {
    match source {
        SourceRef::Offering(one) => {
            let offering = product.offering_version(one)?;
            Some(format!("{} (version {})", offering.name, one.version))
        }
        SourceRef::Bundle(one) => {
            let bundle = product.bundle_version(one)?;
            Some(format!("{} (version {})", bundle.name, one.version))
        }
    }
}

fn blocker_name(blocker: Blocker) -> &'static str {
    match blocker {
        Blocker::Billing => "billing",
        Blocker::Abuse => "abuse",
        Blocker::VendorHold => "vendor hold",
        Blocker::CustomerHold => "customer hold",
        Blocker::Compliance => "compliance",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
