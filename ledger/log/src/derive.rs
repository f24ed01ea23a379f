//! Ids and digests that follow from what is already known, and new ids.

use std::cell::RefCell;

use schemas::{CommandId, Digest, EventId, Timestamp};
use uuid::{Builder, Uuid};

use crate::keystore::{Keystore, KeystoreError};

/// The BLAKE3 context of the ids of steps. It never changes.
const STEP_CONTEXT: &str = "deedbook 2026 command step v1";
const REQUEST_PURPOSE: &str = "request";

/// How many random bytes a UUIDv7 takes.
const ID_BITS_BYTES: usize = 10;
/// For how many ids a thread fetches them at once.
const IDS_AHEAD: usize = 25;

thread_local! {
    static AHEAD: RefCell<Vec<[u8; ID_BITS_BYTES]>> = const { RefCell::new(Vec::new()) };
}

/// The id of one step of a larger command. It is the same whenever the larger command is repeated, so that a step
/// that was done is not done again.
#[must_use]
pub fn step_command(command: CommandId, step: &str) -> CommandId {
    let mut hasher = blake3::Hasher::new_derive_key(STEP_CONTEXT);
    hasher.update(&command.bytes());
    hasher.update(step.as_bytes());
    CommandId::from_bytes(uuid_bytes(hasher.finalize().as_bytes()))
}

/// The digest of a command's meaning: the operation and its arguments in a fixed order.
///
/// It is keyed, because it stands in the event's header in the clear, and arguments may be personal.
#[must_use]
pub fn request_digest(keystore: &Keystore, operation: &str, arguments: &[&[u8]]) -> Digest {
    let mut value = Vec::new();
    for part in std::iter::once(operation.as_bytes()).chain(arguments.iter().copied()) {
        value.extend_from_slice(&length(part));
        value.extend_from_slice(part);
    }
    keystore.digest(REQUEST_PURPOSE, &value)
}

/// A new id, a UUIDv7: ids made later sort later, to the millisecond.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn new_uuid(now: Timestamp) -> Result<Uuid, KeystoreError> {
    let random = id_bits()?;
    let millis = u64::try_from(now.micros().div_euclid(1_000)).unwrap_or(0);
    Ok(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// Random bits of an id. They need not be secret, only never the same: so some are fetched ahead, as each call to the
/// machine takes longer than the whole rest of an id. Keys and nonces are never taken from here.
fn id_bits() -> Result<[u8; ID_BITS_BYTES], KeystoreError> {
    #[cfg(feature = "simulated")]
    if crate::embedded::simulated::is_seeded() {
        return crate::keystore::random();
    }
    AHEAD.with_borrow_mut(|ahead| {
        if ahead.is_empty() {
            let fetched: [u8; ID_BITS_BYTES * IDS_AHEAD] = crate::keystore::random()?;
            let (ids, _) = fetched.as_chunks::<ID_BITS_BYTES>();
            ahead.extend_from_slice(ids);
        }
        ahead.pop().map_or_else(crate::keystore::random, Ok)
    })
}

/// A new event's id.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn new_event_id(now: Timestamp) -> Result<EventId, KeystoreError> {
    new_uuid(now).map(EventId::new)
}

/// The first half of a hash as a UUIDv8.
pub(crate) fn uuid_bytes(hash: &[u8; 32]) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash) {
        *byte = *hashed;
    }
    Builder::from_custom_bytes(bytes).into_uuid().into_bytes()
}

/// Hashes bytes after their length, so that no two lists of parts hash the same bytes.
pub(crate) fn update_with_length(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&length(bytes));
    hasher.update(bytes);
}

fn length(bytes: &[u8]) -> [u8; 8] {
    // A length in memory always fits 64 bits.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_step_has_one_id_and_another_step_another() {
        let command = CommandId::from_bytes([7; 16]);
        assert_eq!(step_command(command, "claim"), step_command(command, "claim"));
        assert_ne!(step_command(command, "claim"), step_command(command, "open"));
        assert_ne!(step_command(command, "claim"), command);
        assert_eq!(
            step_command(command, "claim").uuid().to_string(),
            "6059c0c1-dfb9-8d5a-ac90-ebd54eca218c",
            "a step's id never changes"
        );
    }

    #[test]
    fn arguments_that_run_together_differ_in_their_digest() {
        let keystore = Keystore::in_memory().unwrap();
        let digest = |arguments: &[&[u8]]| request_digest(&keystore, "assignSeat", arguments);
        assert_eq!(digest(&[b"ab", b"c"]), digest(&[b"ab", b"c"]));
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"ab"]), request_digest(&keystore, "freeSeat", &[b"ab"]));
    }

    #[test]
    fn new_ids_are_version_seven_and_sort_by_time() {
        let early = new_uuid(Timestamp::from_micros(1_785_542_400_000_000)).unwrap();
        let late = new_uuid(Timestamp::from_micros(1_785_542_400_001_000)).unwrap();
        assert_eq!(early.get_version_num(), 7);
        assert!(early < late);
    }

    #[test]
    fn no_two_ids_of_one_instant_are_the_same() {
        let now = Timestamp::from_micros(1_785_542_400_000_000);
        let ids: HashSet<_> = (0..10 * IDS_AHEAD).map(|_| new_uuid(now).unwrap()).collect();
        assert_eq!(ids.len(), 10 * IDS_AHEAD);
    }
}
