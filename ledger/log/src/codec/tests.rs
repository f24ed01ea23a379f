use schemas::license::{DeviceActivated, DeviceProfile, LicenseEvent, SeatAssigned};
use schemas::{
    ActivationId, Actor, CommandId, CorrelationId, EventId, MemberId, Personal, StreamKind,
    StreamName, Timestamp,
};
use uuid::Uuid;

use super::*;

const NAME: &str = "Ada's laptop";

fn codec() -> Codec {
    Codec::new(Arc::new(Keystore::in_memory().unwrap()))
}

fn seat() -> LedgerEvent {
    LicenseEvent::from(SeatAssigned { member: MemberId::from_bytes([1; 16]), accounts: None })
        .into()
}

fn device(name: Option<&str>) -> LedgerEvent {
    let profile = name.map(profile);
    let personal = Personal { subject: SubjectId::from_bytes([2; 16]), value: profile };
    let activation = ActivationId::from_bytes([3; 16]);
    let fingerprint = Digest([4; 32]);
    let (member, version) = (None, Some("2.1".to_owned()));
    LicenseEvent::from(DeviceActivated { activation, fingerprint, member, version, personal })
        .into()
}

fn stored(wire_name: &str, parts: Vec<Part>) -> StoredEvent {
    let id = Uuid::from_u128(9);
    let at = Timestamp::from_micros(5);
    let header = Header {
        event_id: EventId::new(id),
        tenant: None,
        stream: StreamName::new(StreamKind::License, id),
        revision: 12,
        previous_root: Digest::ZERO,
        wire_name: wire_name.to_owned(),
        recorded_at: at,
        effective_at: at,
        actor: Actor::System,
        on_behalf_of: None,
        command_id: CommandId::new(id),
        command_digest: Digest::ZERO,
        correlation_id: CorrelationId::new(id),
        causation_id: None,
        rule: "license.seats_fit".to_owned(),
        policy_digest: None,
        basis: None,
    };
    StoredEvent { position: LogPosition(77), header, parts, content_root: Digest([6; 32]) }
}

fn written(codec: &Codec, event: &LedgerEvent) -> StoredEvent {
    let (wire_name, parts) = codec.encode(event).unwrap();
    stored(wire_name, parts)
}

#[test]
fn events_read_back_as_they_were_written() {
    let codec = codec();
    for event in [seat(), device(Some(NAME))] {
        let stored = written(&codec, &event);
        let read = codec.decode(&stored).unwrap();
        assert_eq!(read.event, event);
        assert_eq!((read.position, read.content_root), (stored.position, stored.content_root));
        assert_eq!(read.header, stored.header);
    }
}

#[test]
fn no_personal_field_is_in_the_clear() {
    let (_, parts) = codec().encode(&device(Some(NAME))).unwrap();
    assert_eq!(parts.len(), 2);
    for part in &parts {
        let bytes = match part {
            Part::Public(bytes) | Part::Personal { sealed: bytes, .. } => bytes,
            Part::Removed { .. } => panic!("nothing was removed"),
        };
        assert!(!bytes.windows(4).any(|window| NAME.as_bytes().windows(4).any(|n| n == window)));
    }
}

#[test]
fn the_fields_of_an_erased_subject_are_gone_and_the_event_stays() {
    let codec = codec();
    let stored = written(&codec, &device(Some(NAME)));
    codec.keystore().erase(SubjectId::from_bytes([2; 16])).unwrap();
    assert_eq!(codec.decode(&stored).unwrap().event, device(None));
    let refused = codec.encode(&device(Some(NAME))).err().unwrap();
    assert_eq!(refused.code(), "SUBJECT_ERASED");
}

#[test]
fn closed_decoding_and_removed_bytes_leave_the_fields_out() {
    let codec = codec();
    let mut stored = written(&codec, &device(Some(NAME)));
    assert_eq!(codec.decode_closed(&stored).unwrap().event, device(None));
    stored.parts[1] = Part::Removed { commitment: Digest([1; 32]) };
    let LedgerEvent::License(LicenseEvent::DeviceActivated(device)) =
        codec.decode(&stored).unwrap().event
    else {
        panic!("another event");
    };
    assert_eq!(device.personal.value, None);
}

#[test]
fn an_unknown_type_or_a_newer_version_is_a_typed_refusal_that_says_where() {
    let codec = codec();
    let (_, parts) = codec.encode(&seat()).unwrap();
    for wire_name in ["seat_teleported.v1", "seat_assigned.v99"] {
        let refused = codec.decode(&stored(wire_name, parts.clone())).err().unwrap();
        assert_eq!(refused.code(), "SCHEMA_UNKNOWN");
        assert!(matches!(
            refused,
            CodecError::Read { revision: 12, position: LogPosition(77), .. }
        ));
    }
}

#[test]
fn a_body_of_another_shape_is_a_typed_refusal() {
    let codec = codec();
    let (name, public) = codec.encode(&seat()).unwrap();
    let (_, personal) = codec.encode(&device(Some(NAME))).unwrap();
    let cases = [
        vec![],
        vec![Part::Public(vec![0xc1])],
        vec![personal[1].clone()],
        vec![public[0].clone(), personal[1].clone()],
        vec![public[0].clone(), personal[1].clone(), public[0].clone()],
    ];
    for parts in cases {
        let refused = codec.decode(&stored(name, parts)).err().unwrap();
        assert_eq!(refused.code(), "BODY_UNREADABLE");
    }
    let refused = codec.decode(&stored("device_activated.v1", vec![personal[0].clone()]));
    assert_eq!(refused.err().unwrap().code(), "BODY_UNREADABLE");
}

#[test]
fn an_event_that_could_never_be_read_is_not_written() {
    let refused = codec().encode(&device(None)).err().unwrap();
    assert_eq!(refused.code(), "PERSONAL_MISSING");
}

#[test]
fn sealed_bytes_of_another_subject_are_refused() {
    let codec = codec();
    let mut stored = written(&codec, &device(Some(NAME)));
    let other = SubjectId::from_bytes([8; 16]);
    codec.keystore().ensure(&[other]).unwrap();
    if let Part::Personal { subject, .. } = &mut stored.parts[1] {
        *subject = other;
    }
    assert_eq!(codec.decode(&stored).err().unwrap().code(), "SEAL_BROKEN");
}

fn profile(name: &str) -> DeviceProfile {
    DeviceProfile { name: name.to_owned(), fingerprint: "fp-1".to_owned(), platform: None }
}
