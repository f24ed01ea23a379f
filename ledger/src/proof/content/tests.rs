//! Golden vectors: computed by a second, independent BLAKE3 (plain Python) over bytes spelled out by hand.

use proptest::prelude::*;
use schemas::{
    AccountId, Actor, CommandId, CorrelationId, EventId, MemberId, StreamKind, StreamName,
    SubjectId, Timestamp,
};
use uuid::Uuid;

use super::*;

#[test]
fn each_context_is_hashed_to_the_key_that_is_written_down() {
    let keys = [
        (PART_CONTEXT, PART_KEY),
        (EVENT_CONTEXT, EVENT_KEY),
        (KEY_COMMIT_CONTEXT, KEY_COMMIT_KEY),
    ];
    for (context, key) in keys {
        assert_eq!(blake3::hazmat::hash_derive_key_context(context), key, "{context}");
    }
}

fn public() -> Part {
    Part::Public(b"\x81\xa4seat\x07".to_vec())
}

fn personal() -> Part {
    Part::Personal { subject: SubjectId::from_bytes([0x22; 16]), sealed: (0..80).collect() }
}

fn header() -> Header {
    Header {
        event_id: EventId::from_bytes([0x11; 16]),
        tenant: Some(AccountId::from_bytes([0x12; 16])),
        stream: StreamName::new(StreamKind::License, Uuid::from_bytes([0x13; 16])),
        revision: 7,
        previous_root: Digest([0x14; 32]),
        wire_name: "seat_assigned.v1".to_owned(),
        recorded_at: Timestamp::from_micros(1_785_542_400_000_000),
        effective_at: Timestamp::from_micros(1_785_542_399_000_000),
        actor: Actor::Member(MemberId::from_bytes([0x15; 16])),
        on_behalf_of: None,
        command_id: CommandId::from_bytes([0x16; 16]),
        command_digest: Digest([0x17; 32]),
        correlation_id: CorrelationId::from_bytes([0x18; 16]),
        causation_id: None,
        rule: "license.seats_fit".to_owned(),
        policy_digest: None,
        basis: None,
    }
}

#[test]
fn part_commitments_are_the_golden_ones() {
    let golden = [
        (
            Part::Public(Vec::new()),
            "d8a03a8d873f8daab0fecf8c399c34f7ddedbf6a5d06b38e6d5230af6a655114",
        ),
        (public(), "578d10891acdc98e44fd17d8be46c719d7520d4116d161db527eea490b777711"),
        (personal(), "a44c2a1dec0c556c316b6d68bb28b83ef45a04eb138ed5c40f19e4a9bec631ef"),
    ];
    for (part, expected) in golden {
        assert_eq!(part_commitment(&part).to_string(), expected, "{part:?}");
    }
}

#[test]
fn content_roots_are_the_golden_ones() {
    assert_eq!(
        content_root(&header(), &[]).to_string(),
        "39e4767e51aa7297549c3c1fbb63125e3e5dfde4aa247338e0e772b5957852a3"
    );
    assert_eq!(
        content_root(&header(), &[public(), personal()]).to_string(),
        "f6310c74cad83ab032647e2b39bf5381e9e39af39e888cb7b45e07ce43c7a3fb"
    );
}

#[test]
fn the_key_commitment_is_the_golden_one() {
    let nonce = std::array::from_fn(|index| u8::try_from(index).unwrap());
    assert_eq!(
        key_commitment(&[0x21; 32], &nonce).to_string(),
        "5013d0f5fbdded3e5693c95d3e7f507886338205a5de33447cb70a345d7c3895"
    );
}

#[test]
fn a_removed_part_leaves_the_root_as_it_was() {
    let removed = Part::Removed { commitment: part_commitment(&personal()) };
    assert_eq!(
        content_root(&header(), &[public(), personal()]),
        content_root(&header(), &[public(), removed])
    );
}

proptest! {
    #[test]
    fn a_flipped_bit_of_a_part_changes_the_root(
        body in prop::collection::vec(any::<u8>(), 1..200),
        place: prop::sample::Index,
        bit in 0_u8..8,
        sealed: bool,
    ) {
        let part = |bytes: Vec<u8>| if sealed {
            Part::Personal { subject: SubjectId::from_bytes([1; 16]), sealed: bytes }
        } else {
            Part::Public(bytes)
        };
        let mut flipped = body.clone();
        flipped[place.index(body.len())] ^= 1 << bit;
        let before = content_root(&header(), &[part(body)]);
        prop_assert_ne!(before, content_root(&header(), &[part(flipped)]));
    }

    #[test]
    fn bytes_moved_between_parts_change_the_root(
        body in prop::collection::vec(any::<u8>(), 2..100),
        cut: prop::sample::Index,
    ) {
        let cut = 1 + cut.index(body.len() - 1);
        let (head, tail) = body.split_at(cut);
        let two = [Part::Public(head.to_vec()), Part::Public(tail.to_vec())];
        let one = [Part::Public(body.clone())];
        prop_assert_ne!(content_root(&header(), &two), content_root(&header(), &one));
        let swapped = [two[1].clone(), two[0].clone()];
        if two != swapped {
            prop_assert_ne!(content_root(&header(), &two), content_root(&header(), &swapped));
        }
    }
}
