//! Signed notes as C2SP signed-note defines them: a text, and the signatures of one or more named Ed25519 keys.
//! Knows nothing of what the text says, and makes no keys: seeds are given to it.

mod key;

use base64ct::{Base64, Encoding};

pub use key::{SignerKey, VerifierKey};

/// The longest note that is read, in bytes. A checkpoint with a hundred cosignatures takes about a quarter of it.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;

/// The most signatures of a note that is read. The specification asks for at least 16.
pub const SIGNATURES_MAX: usize = 100;

/// A note as it was read. Nothing in it is to be believed before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed, its last newline included.
    pub text: String,
    /// Who says to have signed it.
    pub signatures: Vec<NoteSignature>,
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// The short number of the key: with the name, it says which key to try.
    pub key_id: u32,
    /// The signature, in the form that the key's type asks for.
    pub bytes: Vec<u8>,
}

/// Why a note or a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The note is longer than what is read.
    #[error("the note is longer than 65536 bytes")]
    TooLong,
    /// The text or the note holds a control character.
    #[error("the note holds a control character other than newline")]
    ControlCharacter,
    /// The text does not end in a newline.
    #[error("the text of the note does not end in a newline")]
    TextNotEnded,
    /// There is no block of signatures after a blank line.
    #[error("the note has no signatures")]
    NoSignatures,
    /// There are more signatures than are read.
    #[error("the note has more than 100 signatures")]
    TooManySignatures,
    /// A signature line is not dash, name and base64.
    #[error("a signature line of the note is malformed")]
    SignatureLine,
    /// A key's name is empty or holds a space or a plus.
    #[error("the name of a key is empty or holds a space, a plus or a control character")]
    KeyName,
    /// The text is not a key.
    #[error("the key is malformed")]
    KeyText,
    /// The key is of a type that is not read here.
    #[error("the key is not an Ed25519 key of type 1")]
    KeyType,
    /// The number that the key's text states is not the number of this key.
    #[error("the key's number does not belong to its name and key")]
    KeyId,
    /// The key would accept signatures that nobody made.
    #[error("the key is weak")]
    KeyWeak,
    /// A key that is known did not make the signature that bears its name.
    #[error("the signature of a known key is wrong")]
    SignatureWrong,
    /// No key that is known signed the note.
    #[error("no known key signed the note")]
    Unsigned,
}

/// The signed note of this text, with a signature by each of the keys, in their order.
///
/// # Errors
/// When the text does not end in a newline, holds control characters or is too long, or when there is no key.
pub fn sign(text: &str, keys: &[&SignerKey]) -> Result<String, NoteError> {
    check_characters(text)?;
    if !text.ends_with('\n') {
        return Err(NoteError::TextNotEnded);
    }
    if keys.is_empty() {
        return Err(NoteError::NoSignatures);
    }
    if keys.len() > SIGNATURES_MAX {
        return Err(NoteError::TooManySignatures);
    }
    let mut note = format!("{text}\n");
    for key in keys {
        let signature = key.sign(text.as_bytes());
        let bytes = [&key.key_id().to_be_bytes()[..], &signature[..]].concat();
        note.push_str(&format!("\u{2014} {} {}\n", key.name(), Base64::encode_string(&bytes)));
    }
    if note.len() > NOTE_BYTES_MAX { Err(NoteError::TooLong) } else { Ok(note) }
}

impl Note {
    /// The note that this text is.
    ///
    /// # Errors
    /// When it is too long, has too many signatures, or is not a note.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        check_characters(note)?;
        let blank = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, rest) = note.split_at(blank + 1);
        let lines = rest.strip_prefix('\n').ok_or(NoteError::NoSignatures)?;
        if lines.is_empty() {
            return Err(NoteError::NoSignatures);
        }
        let lines = lines.strip_suffix('\n').ok_or(NoteError::SignatureLine)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(parse_signature(line).ok_or(NoteError::SignatureLine)?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// Those of the known keys that signed the note, each once. Signatures of other keys are ignored.
    ///
    /// # Errors
    /// When a signature that bears the name and number of a known key is wrong, and when no known key signed.
    pub fn verify(&self, known: &[VerifierKey]) -> Result<Vec<VerifierKey>, NoteError> {
        let mut verified: Vec<VerifierKey> = Vec::new();
        for signature in &self.signatures {
            let same = |key: &&VerifierKey| {
                key.name() == signature.name && key.key_id() == signature.key_id
            };
            let Some(key) = known.iter().find(same) else { continue };
            key.verify(self.text.as_bytes(), &signature.bytes)?;
            if !verified.contains(key) {
                verified.push(key.clone());
            }
        }
        if verified.is_empty() { Err(NoteError::Unsigned) } else { Ok(verified) }
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLong);
    }
    if text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::ControlCharacter);
    }
    Ok(())
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = Base64::decode_vec(encoded).ok()?;
    let (key_id, signature) = bytes.split_first_chunk::<4>()?;
    let canonical = Base64::encode_string(&bytes) == encoded;
    (key::is_name(name) && canonical && !signature.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        key_id: u32::from_be_bytes(*key_id),
        bytes: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests;
