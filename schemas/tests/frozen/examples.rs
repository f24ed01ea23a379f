//! The hand-written examples: one file for each wire name, as a reader of the documentation sees an event.

use schemas::fact::{EncodedFact, EncodedPersonal, Fact, FactSet};
use schemas::{LedgerEvent, OpenedPart, Personal, SubjectId};
use schemas::{access, account, claim, ledger, license, meter, notices, policy, product, staff};
use serde::Deserialize;
use serde_json::Value;

use crate::{folder, json_file, released_lines, shape};

/// An example file.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    public: Value,
    personal: Option<PersonalExample>,
}

/// The personal part of an example.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonalExample {
    subject: SubjectId,
    value: Value,
}

fn example(wire_name: &str) -> Example {
    let file = json_file(&folder("examples").join(format!("{wire_name}.json")));
    serde_json::from_value(file).unwrap_or_else(|error| panic!("{wire_name}: {error}"))
}

fn fact<F: Fact>(example: &Example) -> Result<F, serde_json::Error> {
    let fact: F = serde_json::from_value(example.public.clone())?;
    assert_eq!(fact.personal().is_some(), example.personal.is_some(), "personal part");
    Ok(match &example.personal {
        Some(personal) => {
            let value: F::Personal = serde_json::from_value(personal.value.clone())?;
            fact.with_personal(Personal { subject: personal.subject, value: Some(value) })
        }
        None => fact,
    })
}

macro_rules! facts {
    ($($stream:ident::$set:ident { $($fact:ident = $wire:literal,)* })*) => {
        /// The event that an example shows, typed by its wire name.
        fn event(wire_name: &str, example: &Example) -> Result<LedgerEvent, serde_json::Error> {
            match wire_name {
                $($($wire => fact::<$stream::$fact>(example)
                    .map(|fact| LedgerEvent::from($stream::$set::from(fact))),)*)*
                unknown => panic!("add `{unknown}` to the list in schemas/tests/frozen/examples.rs"),
            }
        }
    };
}

facts! {
    ledger::LedgerFact {
        LedgerOpened = "ledger_opened.v1",
        LogRecovered = "log_recovered.v1",
        LedgerForked = "ledger_forked.v1",
        LogKeyRotated = "log_key_rotated.v1",
    }
    product::ProductEvent {
        ProductPublished = "product_published.v1",
        FeatureDefined = "feature_defined.v1",
        EditionPublished = "edition_published.v1",
        PlanPublished = "plan_published.v1",
        OfferingPublished = "offering_published.v1",
        BundlePublished = "bundle_published.v1",
        ReleasePublished = "release_published.v1",
    }
    account::AccountEvent {
        AccountOpened = "account_opened.v1",
        MemberAdded = "member_added.v1",
        MemberRoleChanged = "member_role_changed.v1",
        MemberSuspended = "member_suspended.v1",
        MemberRestored = "member_restored.v1",
        SecondFactorRuleSet = "second_factor_rule_set.v1",
        MemberErased = "member_erased.v1",
        MemberProfileChanged = "member_profile_changed.v1",
        AccountErased = "account_erased.v1",
        RoleGranted = "role_granted.v1",
        RoleGrantEnded = "role_grant_ended.v1",
        PartnerLinked = "partner_linked.v1",
        PartnerUnlinked = "partner_unlinked.v1",
        IdentityProviderConnected = "identity_provider_connected.v1",
        IdentityProviderDisconnected = "identity_provider_disconnected.v1",
        IdentityLinked = "identity_linked.v1",
        SingleSignOnRequired = "single_sign_on_required.v1",
        SingleSignOnNoLongerRequired = "single_sign_on_no_longer_required.v1",
        LegalHoldPlaced = "legal_hold_placed.v1",
        LegalHoldLifted = "legal_hold_lifted.v1",
        IdentityUnlinked = "identity_unlinked.v1",
        AccountPromoted = "account_promoted.v1",
        ContractDefaultsSet = "contract_defaults_set.v1",
    }
    license::LicenseEvent {
        LicenseIssued = "license_issued.v1",
        TermStarted = "term_started.v1",
        LicenseRenewed = "license_renewed.v1",
        SeatAssigned = "seat_assigned.v2",
        SeatUnassigned = "seat_unassigned.v1",
        SeatsAllocated = "seats_allocated.v1",
        DeviceActivated = "device_activated.v1",
        DeviceSeen = "device_seen.v1",
        DeviceDeactivated = "device_deactivated.v1",
        DevicesRetired = "devices_retired.v1",
        DomainActivated = "domain_activated.v1",
        DomainDeactivated = "domain_deactivated.v1",
        BlockerSet = "blocker_set.v1",
        BlockerCleared = "blocker_cleared.v1",
        OfferingSwitched = "offering_switched.v1",
        BundleApplied = "bundle_applied.v1",
        BundleRemoved = "bundle_removed.v1",
        LicenseRevoked = "license_revoked.v1",
        LicenseKeyRevealed = "license_key_revealed.v1",
        LicenseContractSet = "license_contract_set.v1",
    }
    meter::MeterEvent {
        MeterOpened = "meter_opened.v1",
        UnitsGranted = "units_granted.v1",
        UsageRecorded = "usage_recorded.v1",
    }
    staff::StaffEvent {
        StaffAdded = "staff_added.v1",
        StaffRenamed = "staff_renamed.v1",
        StaffSuspended = "staff_suspended.v1",
        StaffRestored = "staff_restored.v1",
        StaffErased = "staff_erased.v1",
    }
    access::AccessEvent {
        PasswordSet = "password_set.v1",
        PasswordLinkIssued = "password_link_issued.v1",
        SecondFactorSet = "second_factor_set.v1",
        SecondFactorUsed = "second_factor_used.v1",
        RecoveryCodeUsed = "recovery_code_used.v1",
        SecondFactorRemoved = "second_factor_removed.v1",
        TokenIssued = "token_issued.v1",
        TokenRevoked = "token_revoked.v1",
        TokenConfirmed = "token_confirmed.v1",
        TokenRenewed = "token_renewed.v1",
        SingleSignOnUsed = "single_sign_on_used.v1",
        PasskeyAdded = "passkey_added.v1",
        PasskeyUsed = "passkey_used.v1",
        PasskeyRemoved = "passkey_removed.v1",
        ApiTokenCreated = "api_token_created.v1",
        ApiTokenRevoked = "api_token_revoked.v1",
        ApiTokenUsed = "api_token_used.v1",
        PreferencesSet = "preferences_set.v1",
        NotificationChoicesSet = "notification_choices_set.v1",
        AccessDenied = "access_denied.v1",
    }
    claim::ClaimEvent {
        ValueClaimed = "value_claimed.v1",
        ClaimReleased = "claim_released.v1",
    }
    policy::PolicyEvent {
        NoticePolicyPublished = "notice_policy_published.v1",
    }
    notices::NoticesEvent {
        NotificationSent = "notification_sent.v1",
        NotificationFailed = "notification_failed.v1",
        NotificationsRead = "notifications_read.v1",
    }
}

fn opened(encoded: &EncodedFact) -> OpenedPart<'_> {
    match &encoded.personal {
        EncodedPersonal::Clear { subject, bytes } => OpenedPart::Open { subject: *subject, bytes },
        EncodedPersonal::None | EncodedPersonal::Missing => OpenedPart::None,
    }
}

#[test]
fn every_event_has_an_example_that_comes_back_from_its_bytes_as_it_was() {
    for (kind, wire_name, public, personal) in LedgerEvent::json_schemas() {
        let example = example(wire_name);
        assert_eq!(shape::misfits(&public.to_value(), &example.public), [""; 0], "{wire_name}");
        if let (Some(schema), Some(part)) = (personal, &example.personal) {
            assert_eq!(shape::misfits(&schema.to_value(), &part.value), [""; 0], "{wire_name}");
        }

        let written = event(wire_name, &example).unwrap_or_else(|e| panic!("{wire_name}: {e}"));
        assert_eq!(written.wire_name(), wire_name);
        let encoded = written.encode();
        let read = LedgerEvent::decode(kind, wire_name, &encoded.public, opened(&encoded));
        assert_eq!(read.as_ref().ok(), Some(&written), "{wire_name}: {read:?}");
        assert_eq!(read.unwrap().encode(), encoded, "{wire_name}: equal facts have equal bytes");
    }
}

#[test]
fn every_example_belongs_to_an_event() {
    let names: Vec<_> = LedgerEvent::json_schemas().into_iter().map(|(_, name, ..)| name).collect();
    for entry in std::fs::read_dir(folder("examples")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.strip_suffix(".json").unwrap_or_else(|| panic!("examples/{file}"));
        let retired = released_lines().contains_key(name);
        assert!(names.contains(&name) || retired, "examples/{file} belongs to no event");
    }
}

#[test]
fn what_an_earlier_version_wrote_is_read_as_the_newest() {
    let member = schemas::MemberId::from_bytes([7; 16]);
    // Version 1 of it had the one field that this fact has.
    let stored = license::LicenseEvent::from(license::SeatUnassigned { member }).encode();
    let kind = schemas::StreamKind::License;
    let read = LedgerEvent::decode(kind, "seat_assigned.v1", &stored.public, OpenedPart::None);
    let newest = license::SeatAssigned { member, accounts: None };
    assert_eq!(read.unwrap(), LedgerEvent::from(license::LicenseEvent::from(newest)));
}

#[test]
fn an_erased_subject_leaves_the_fact_and_takes_the_personal_part() {
    for (kind, wire_name, ..) in LedgerEvent::json_schemas() {
        let example = example(wire_name);
        let encoded = event(wire_name, &example).unwrap().encode();
        let subject = SubjectId::default();
        let erased =
            LedgerEvent::decode(kind, wire_name, &encoded.public, OpenedPart::Erased { subject });
        let bare = LedgerEvent::decode(kind, wire_name, &encoded.public, OpenedPart::None);
        if example.personal.is_some() {
            let read_again = erased.unwrap().encode();
            assert_eq!(read_again.public, encoded.public, "{wire_name}");
            assert_eq!(read_again.personal, EncodedPersonal::Missing, "{wire_name}");
            assert!(bare.is_err(), "{wire_name}: a personal part cannot just be left out");
        } else {
            assert!(erased.is_err(), "{wire_name}: a personal part where none belongs");
            assert!(bare.is_ok(), "{wire_name}");
        }
    }
}

/// The value with a field that nobody knows, added to each of its objects in turn. Objects below `values` and
/// `services` are maps, whose keys are not fields.
fn with_a_surprise(value: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    match value {
        Value::Object(object) => {
            let mut surprised = object.clone();
            surprised.insert("surprise".to_owned(), Value::from(1));
            all.push(Value::Object(surprised));
            for (name, field) in object {
                let below = with_a_surprise(field);
                let is_map = name == "values" || name == "services";
                // The first is the object itself.
                for changed in below.into_iter().skip(usize::from(is_map && field.is_object())) {
                    let mut copy = object.clone();
                    copy.insert(name.clone(), changed);
                    all.push(Value::Object(copy));
                }
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                for changed in with_a_surprise(item) {
                    let mut copy = items.clone();
                    copy[place] = changed;
                    all.push(Value::Array(copy));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

#[test]
fn a_field_that_nobody_knows_is_refused_at_every_depth() {
    for (_, wire_name, ..) in LedgerEvent::json_schemas() {
        let example = example(wire_name);
        for public in with_a_surprise(&example.public) {
            let surprised = Example { public, ..example.clone() };
            assert!(event(wire_name, &surprised).is_err(), "{wire_name}: {}", surprised.public);
        }
        for value in example.personal.iter().flat_map(|part| with_a_surprise(&part.value)) {
            let mut surprised = example.clone();
            surprised.personal.as_mut().unwrap().value = value;
            assert!(event(wire_name, &surprised).is_err(), "{wire_name}: personal part");
        }
    }
}

#[test]
fn a_stored_body_with_a_field_that_nobody_knows_is_refused() {
    for (kind, wire_name, ..) in LedgerEvent::json_schemas() {
        let encoded = event(wire_name, &example(wire_name)).unwrap().encode();
        let longer = with_one_more_field(&encoded.public);
        let read = LedgerEvent::decode(kind, wire_name, &longer, opened(&encoded));
        assert!(read.is_err(), "{wire_name}: {read:?}");
        let (fact, _) = wire_name.rsplit_once(".v").unwrap();
        let later = format!("{fact}.v999");
        let read = LedgerEvent::decode(kind, &later, &encoded.public, opened(&encoded));
        assert!(read.is_err(), "{later}: {read:?}");
    }
}

/// The MessagePack map with one field more. All bodies are small maps: their length is in the first byte.
fn with_one_more_field(body: &[u8]) -> Vec<u8> {
    let (first, rest) = body.split_first().unwrap();
    assert!((0x80..0x8f).contains(first), "a body is a map of less than 15 fields");
    let mut longer = vec![first + 1];
    longer.extend_from_slice(rest);
    longer.extend_from_slice(&rmp_serde::to_vec(&("surprise", 1)).unwrap()[1..]);
    longer
}
