//! The keys that sign and verify notes, and their text forms. Only Ed25519, type 1: it is what public logs and witnesses
//! speak.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::NoteError;

/// The type byte of Ed25519 keys.
const ED25519: u8 = 1;

/// A key that signs notes. It overwrites its secret when dropped, and does not print it.
pub struct SignerKey {
    name: String,
    key_id: u32,
    secret: SigningKey,
}

impl SignerKey {
    /// The key with this name and secret seed. The same two always make the same key.
    ///
    /// # Errors
    /// When the name is empty or holds a space, a plus or a control character.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::KeyName);
        }
        let secret = SigningKey::from_bytes(seed);
        let key_id = key_id(name, secret.verifying_key().as_bytes());
        Ok(Self { name: name.to_owned(), key_id, secret })
    }

    /// The key that this text is: `PRIVATE+KEY+<name>+<number>+<base64 of type and seed>`.
    ///
    /// # Errors
    /// When it is not such a text, or its number is not that of the key.
    pub fn from_text(text: &str) -> Result<Self, NoteError> {
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(NoteError::KeyText)?;
        let (name, stated, seed) = parse_key(rest)?;
        let key = Self::from_seed(name, &seed)?;
        if key.key_id == stated { Ok(key) } else { Err(NoteError::KeyId) }
    }

    /// The text form, which holds the secret.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.secret.to_bytes());
        let encoded = Zeroizing::new(encode(&seed));
        let text = format!("PRIVATE+KEY+{}+{:08x}+{}", self.name, self.key_id, *encoded);
        Zeroizing::new(text)
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        let public = self.secret.verifying_key();
        VerifierKey { name: self.name.clone(), key_id: self.key_id, public }
    }

    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The short number of the key.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    pub(super) fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.secret.sign(text).to_bytes()
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}+{:08x})", self.name, self.key_id)
    }
}

/// A key that verifies notes: what a stranger has to know of the vendor.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key_id: u32,
    public: VerifyingKey,
}

impl VerifierKey {
    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The short number of the key.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    pub(super) fn verify(&self, text: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        let signature = Signature::from_slice(signature).map_err(|_| NoteError::SignatureWrong)?;
        // Strict: the same answer everywhere, and no signature that fits more than one text.
        self.public.verify_strict(text, &signature).map_err(|_| NoteError::SignatureWrong)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}+{}", self.name, self.key_id, encode(self.public.as_bytes()))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, stated, public) = parse_key(text)?;
        let key = VerifyingKey::from_bytes(&public).map_err(|_| NoteError::KeyText)?;
        if key.is_weak() {
            return Err(NoteError::KeyWeak);
        }
        if key_id(name, &public) != stated {
            return Err(NoteError::KeyId);
        }
        Ok(Self { name: name.to_owned(), key_id: stated, public: key })
    }
}

/// Whether this can be the name of a key.
pub(super) fn is_name(name: &str) -> bool {
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && !name.contains(forbidden)
}

/// The number that the specification recommends: the first four bytes of a hash over name, type and public key.
fn key_id(name: &str, public: &[u8; 32]) -> u32 {
    let hasher = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]);
    let hash: [u8; 32] = hasher.chain_update(public).finalize().into();
    let [first, second, third, fourth, ..] = hash;
    u32::from_be_bytes([first, second, third, fourth])
}

fn encode(key: &[u8; 32]) -> String {
    let bytes = Zeroizing::new([&[ED25519][..], &key[..]].concat());
    Base64::encode_string(&bytes)
}

/// Name, number and the 32 bytes of `<name>+<number>+<base64 of type and bytes>`.
fn parse_key(text: &str) -> Result<(&str, u32, Zeroizing<[u8; 32]>), NoteError> {
    let (name, rest) = text.split_once('+').ok_or(NoteError::KeyText)?;
    let (number, encoded) = rest.split_once('+').ok_or(NoteError::KeyText)?;
    if !is_name(name) {
        return Err(NoteError::KeyName);
    }
    let stated = u32::from_str_radix(number, 16).map_err(|_| NoteError::KeyText)?;
    if format!("{stated:08x}") != number {
        return Err(NoteError::KeyText);
    }
    // The longest key of a type that exists is smaller than this; it is told apart from a malformed one.
    let mut buffer = Zeroizing::new([0; 4096]);
    let decoded = Base64::decode(encoded, &mut buffer[..]).map_err(|_| NoteError::KeyText)?;
    let (kind, key) = decoded.split_first().ok_or(NoteError::KeyText)?;
    if *kind != ED25519 {
        return Err(NoteError::KeyType);
    }
    let key = <[u8; 32]>::try_from(key).map_err(|_| NoteError::KeyText)?;
    Ok((name, stated, Zeroizing::new(key)))
}
