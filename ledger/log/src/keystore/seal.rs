//! Sealing and opening with XChaCha20-Poly1305, and the keyed hashes of blind indexes.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use ledger::proof::content::key_commitment;
use schemas::{Digest, SubjectId};
use zeroize::Zeroizing;

use super::Keystore;
use super::error::KeystoreError;
use super::record::{Kind, Record, WRAPPED_BYTES};

const NONCE_BYTES: usize = 24;
const COMMITMENT_BYTES: usize = 32;

/// What separates the two uses of the index key.
const DIGEST_TAG: u8 = 1;
const ID_TAG: u8 = 2;

/// What came of opening sealed bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum Opened {
    /// What had been sealed.
    Clear(Vec<u8>),
    /// The subject's key was destroyed: nobody can open it.
    Erased,
}

impl Keystore {
    /// Seals bytes with the subject's key: `nonce24 || ciphertext || key_commitment32`.
    ///
    /// # Errors
    /// When the subject has no key, or no longer one.
    pub fn seal(&self, subject: SubjectId, clear: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let key = self.key_of(subject)?.ok_or(KeystoreError::Erased { subject })?;
        let nonce: [u8; NONCE_BYTES] = random()?;
        let cipher = XChaCha20Poly1305::new((&*key).into());
        let ciphertext = cipher.encrypt(XNonce::from_slice(&nonce), clear);
        let ciphertext = ciphertext.map_err(|_| KeystoreError::SealBroken { subject })?;
        let commitment = key_commitment(&key, &nonce);
        Ok([nonce.as_slice(), &ciphertext, &commitment.0].concat())
    }

    /// Opens what was sealed for the subject.
    ///
    /// # Errors
    /// When the bytes commit to another key, are damaged, or the key is missing without having been destroyed.
    pub fn open_sealed(&self, subject: SubjectId, sealed: &[u8]) -> Result<Opened, KeystoreError> {
        let Some(key) = self.key_of(subject)? else {
            return Ok(Opened::Erased);
        };
        let broken = || KeystoreError::SealBroken { subject };
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        let (ciphertext, commitment) =
            rest.split_last_chunk::<COMMITMENT_BYTES>().ok_or_else(broken)?;
        // The commitment first: without it one ciphertext could be made to open under two keys.
        if key_commitment(&key, nonce) != Digest(*commitment) {
            return Err(KeystoreError::KeyCommitment { subject });
        }
        let cipher = XChaCha20Poly1305::new((&*key).into());
        let clear = cipher.decrypt(XNonce::from_slice(nonce), ciphertext);
        clear.map(Opened::Clear).map_err(|_| broken())
    }

    /// The keyed hash of a value, for finding it without storing it: a plain hash of an e-mail can be guessed.
    /// Equal values have equal digests for one purpose, and unrelated ones for another.
    #[must_use]
    pub fn digest(&self, purpose: &str, value: &[u8]) -> Digest {
        Digest(self.keyed(DIGEST_TAG, purpose, &[value]))
    }

    /// The bytes of an id that follows from these parts, a UUIDv8: the same for the same parts for ever, and not to
    /// be guessed without the keys.
    #[must_use]
    pub fn derive_id(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 16] {
        crate::derive::uuid_bytes(&self.keyed(ID_TAG, purpose, parts))
    }

    pub(crate) fn keyed(&self, tag: u8, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.index_key);
        hasher.update(&[tag]);
        crate::derive::update_with_length(&mut hasher, purpose.as_bytes());
        for part in parts {
            crate::derive::update_with_length(&mut hasher, part);
        }
        hasher.finalize().into()
    }

    pub(super) fn wrapped(
        &self,
        kind: Kind,
        subject: SubjectId,
        key: &[u8; 32],
    ) -> Result<Record, KeystoreError> {
        wrap(&self.kek, kind, subject, key)
    }

    /// The subject's key; `None` when it was destroyed.
    fn key_of(&self, subject: SubjectId) -> Result<Option<Zeroizing<[u8; 32]>>, KeystoreError> {
        let record = self.read().get(subject).copied();
        let record = record.ok_or(KeystoreError::KeyMissing { subject })?;
        match record.kind {
            Kind::Erased => Ok(None),
            Kind::Subject | Kind::Index => {
                let key = unwrap(&self.kek, &record);
                key.map(Some).ok_or(KeystoreError::SealBroken { subject })
            }
        }
    }
}

/// Wraps a key. Kind and subject are bound to it, so that records cannot be swapped.
pub(super) fn wrap(
    kek: &[u8; 32],
    kind: Kind,
    subject: SubjectId,
    key: &[u8; 32],
) -> Result<Record, KeystoreError> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let bound = bound(kind, subject);
    let payload = Payload { msg: key, aad: &bound };
    let cipher = XChaCha20Poly1305::new(kek.into());
    let ciphertext = cipher.encrypt(XNonce::from_slice(&nonce), payload);
    let wrapped = ciphertext.ok().map(|ciphertext| [nonce.as_slice(), &ciphertext].concat());
    // A wrapped key always has this size; the refusal is never taken.
    let wrapped: [u8; WRAPPED_BYTES] = wrapped
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(KeystoreError::SealBroken { subject })?;
    Ok(Record { kind, subject, wrapped })
}

/// The key in a record; `None` when the key-encryption key does not fit.
pub(super) fn unwrap(kek: &[u8; 32], record: &Record) -> Option<Zeroizing<[u8; 32]>> {
    let (nonce, ciphertext) = record.wrapped.split_first_chunk::<NONCE_BYTES>()?;
    let bound = bound(record.kind, record.subject);
    let payload = Payload { msg: ciphertext, aad: &bound };
    let cipher = XChaCha20Poly1305::new(kek.into());
    let clear = Zeroizing::new(cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?);
    let mut key = Zeroizing::new([0; 32]);
    if clear.len() != key.len() {
        return None;
    }
    key.copy_from_slice(&clear);
    Some(key)
}

fn bound(kind: Kind, subject: SubjectId) -> Vec<u8> {
    [b"deedbook key wrap v1".as_slice(), &[kind.code()], &subject.bytes()].concat()
}

/// Bytes from the machine's source of randomness.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeystoreError> {
    let mut bytes = [0; N];
    #[cfg(feature = "simulated")]
    if crate::embedded::simulated::fill_seeded(&mut bytes) {
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes)
        .map_err(|error| KeystoreError::Random { reason: error.to_string() })?;
    Ok(bytes)
}
