//! What software in the field is told, signed, so that it need not trust the way it came: HTTP message signatures
//! (RFC 9421) over the status and the digest of the body (RFC 9530), by an Ed25519 key that signs nothing else.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What the signature is called in its two headers.
pub const LABEL: &str = "deedbook";
/// What every signature says it is for: it counts for nothing else.
pub const TAG: &str = "deedbook-answer-v1";

/// The key that signs what software is told.
#[derive(Clone)]
pub struct LicensingKey(SigningKey);

impl LicensingKey {
    /// The key of this seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The key of a seed as text.
    ///
    /// # Errors
    /// When the text is no seed.
    pub fn from_text(text: &str) -> Result<Self, LicensingKeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        let read = Base64UrlUnpadded::decode(text, &mut *seed).map(<[u8]>::len);
        if read == Ok(32) { Ok(Self::from_seed(&seed)) } else { Err(LicensingKeyError) }
    }

    /// Its seed as text.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(Base64UrlUnpadded::encode_string(self.0.as_bytes()))
    }

    /// What others check its signatures with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs an answer of this status and body, at this second since 1970.
    #[must_use]
    pub fn sign(&self, status: u16, body: &[u8], created: i64) -> SignedAnswer {
        let content_digest = content_digest(body);
        let id = self.public().id();
        let parameters = format!(
            "(\"@status\" \"content-digest\");created={created};keyid=\"{id}\";alg=\"ed25519\";\
             tag=\"{TAG}\""
        );
        let base = signature_base(status, &content_digest, &parameters);
        let signature = Base64::encode_string(&self.0.sign(base.as_bytes()).to_bytes());
        SignedAnswer {
            content_digest,
            input: format!("{LABEL}={parameters}"),
            signature: format!("{LABEL}=:{signature}:"),
        }
    }
}

/// What somebody checks signatures with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key with these bytes, as `x` of a JSON Web Key holds them.
    ///
    /// # Errors
    /// When the text is no key.
    pub fn from_x(x: &str) -> Result<Self, LicensingKeyError> {
        let mut bytes = [0; 32];
        let read = Base64UrlUnpadded::decode(x, &mut bytes).map_err(|_| LicensingKeyError)?;
        if read.len() != 32 {
            return Err(LicensingKeyError);
        }
        VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| LicensingKeyError)
    }

    /// Its bytes, as `x` of a JSON Web Key holds them (RFC 8037).
    #[must_use]
    pub fn x(&self) -> String {
        Base64UrlUnpadded::encode_string(self.0.as_bytes())
    }

    /// Its name: the thumbprint of its JSON Web Key (RFC 7638).
    #[must_use]
    pub fn id(&self) -> String {
        let canonical = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{}\"}}", self.x());
        Base64UrlUnpadded::encode_string(&Sha256::digest(canonical.as_bytes()))
    }

    /// Checks that this key signed an answer of this status and body.
    ///
    /// # Errors
    /// When it did not, or the body is another one.
    pub fn verify(
        &self,
        status: u16,
        body: &[u8],
        signed: &SignedAnswer,
    ) -> Result<(), AnswerError> {
        if content_digest(body) != signed.content_digest {
            return Err(AnswerError::Body);
        }
        let label = format!("{LABEL}=");
        let parameters = signed.input.strip_prefix(&label).ok_or(AnswerError::Malformed)?;
        let ours = parameters.starts_with("(\"@status\" \"content-digest\");created=")
            && parameters.ends_with(&format!(";tag=\"{TAG}\""));
        if !ours {
            return Err(AnswerError::Malformed);
        }
        let text = signed.signature.strip_prefix(&label).and_then(|text| text.strip_prefix(':'));
        let text = text.and_then(|text| text.strip_suffix(':')).ok_or(AnswerError::Malformed)?;
        let mut bytes = [0; 64];
        let read = Base64::decode(text, &mut bytes).map_err(|_| AnswerError::Malformed)?;
        let signature = Signature::from_slice(read).map_err(|_| AnswerError::Malformed)?;
        let base = signature_base(status, &signed.content_digest, parameters);
        let checked = self.0.verify_strict(base.as_bytes(), &signature);
        checked.map_err(|_| AnswerError::Signature)
    }
}

/// The headers of an answer that is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAnswer {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub input: String,
    /// `Signature`.
    pub signature: String,
}

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an Ed25519 key of 32 bytes in base64url")]
pub struct LicensingKeyError;

/// Why an answer is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The body is not the one whose digest was signed.
    #[error("the body is another one than was signed")]
    Body,
    /// The headers are not those of a signed answer.
    #[error("the answer is not signed as answers are")]
    Malformed,
    /// Another key signed it, or nobody did.
    #[error("the signature is wrong")]
    Signature,
}

/// `Content-Digest` of a body.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", Base64::encode_string(&Sha256::digest(body)))
}

/// What is signed, as RFC 9421, 2.5 has it.
fn signature_base(status: u16, content_digest: &str, parameters: &str) -> String {
    format!(
        "\"@status\": {status}\n\"content-digest\": {content_digest}\n\
         \"@signature-params\": {parameters}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421, B.1.4 and B.2.6.
    const SEED: &str = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU";
    const BASE: &str = "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\
        \"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n\
        \"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
        \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    const SIGNATURE: &str =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";

    #[test]
    fn the_published_example_is_signed_as_published() {
        let key = LicensingKey::from_text(SEED).expect("a seed");
        assert_eq!(Base64::encode_string(&key.0.sign(BASE.as_bytes()).to_bytes()), SIGNATURE);
    }

    /// RFC 8037, A.1 to A.3.
    #[test]
    fn a_key_has_the_published_thumbprint() {
        let key = PublicKey::from_x("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").expect("a key");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn an_answer_counts_for_its_status_and_body_alone() {
        let key = LicensingKey::from_seed(&[7; 32]);
        let (public, body) = (key.public(), br#"{"allowed":true}"#);
        let signed = key.sign(200, body, 1_800_000_000);
        assert_eq!(public.verify(200, body, &signed), Ok(()));
        assert_eq!(public.verify(403, body, &signed), Err(AnswerError::Signature));
        for place in 0..body.len() {
            let mut other = *body;
            other[place] ^= 1;
            assert_eq!(public.verify(200, &other, &signed), Err(AnswerError::Body));
            let forged = SignedAnswer { content_digest: content_digest(&other), ..signed.clone() };
            assert_eq!(public.verify(200, &other, &forged), Err(AnswerError::Signature));
        }
        let later = signed.input.replace("1800000000", "1800000001");
        let later = SignedAnswer { input: later, ..signed.clone() };
        assert_eq!(public.verify(200, body, &later), Err(AnswerError::Signature));
        let other = LicensingKey::from_seed(&[8; 32]).public();
        assert_eq!(other.verify(200, body, &signed), Err(AnswerError::Signature));
        let untagged = signed.input.replace(&format!(";tag=\"{TAG}\""), "");
        let untagged = SignedAnswer { input: untagged, ..signed };
        assert_eq!(public.verify(200, body, &untagged), Err(AnswerError::Malformed));
    }

    #[test]
    fn a_key_survives_being_written_down() {
        let key = LicensingKey::from_seed(&[9; 32]);
        let again = LicensingKey::from_text(&key.to_text()).expect("a seed");
        assert_eq!(again.public(), key.public());
        assert_eq!(PublicKey::from_x(&key.public().x()), Ok(key.public()));
        assert!(LicensingKey::from_text("c2hvcnQ").is_err());
        assert!(PublicKey::from_x("c2hvcnQ").is_err());
    }
}
