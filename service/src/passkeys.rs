//! Passkeys (Web Authentication, W3C): what an authenticator is asked, and whether what it signed is right. Knows nothing
//! of who signs in. The only file that names `webauthn-rs`; the log holds keys as JSON Web Keys do, whatever checks them.

pub mod pending;

use base64ct::{Base64UrlUnpadded, Encoding};
use projections::views::access::KnownPasskey;
use schemas::PasskeyId;
use schemas::access::PasskeyKey;
use serde_json::Value;
use uuid::Uuid;
use webauthn_rs::prelude::{
    COSEAlgorithm, COSEEC2Key, COSEKey, COSEKeyType, COSERSAKey, Credential,
    DiscoverableAuthentication, ECDSACurve, Passkey, PasskeyAuthentication, PasskeyRegistration,
    Url, Webauthn, WebauthnBuilder, WebauthnError,
};
pub use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

/// Why a passkey is not believed, or cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Passkeys belong to the name of a host; an IP address has none.
    #[error("passkeys need this service to be called by a name, not by an IP address")]
    NoName,
    /// What the authenticator signed is not what was asked, or not signed by the key that is known.
    #[error("what the authenticator signed is not right")]
    NotRight(#[source] WebauthnError),
    /// It has a kind of key that is not accepted.
    #[error("the authenticator has a kind of key that is not accepted")]
    KindOfKey,
    /// It names nobody, or a passkey that is not known here.
    #[error("this passkey is not known here")]
    Unknown,
    /// The library could not ask.
    #[error("a passkey cannot be asked for")]
    CannotAsk(#[source] WebauthnError),
}

/// Who asks for passkeys: this service, as the browser calls it. A passkey is good for that host alone, and the browser
/// sees to it: that is why nobody can be led elsewhere to give it away.
pub struct RelyingParty {
    webauthn: Webauthn,
    host: String,
}

/// Whose passkey it is to be.
pub struct Owner {
    /// The id, by which authenticators remember whom to sign in.
    pub id: Uuid,
    /// The e-mail.
    pub email: String,
    /// The name.
    pub name: String,
}

/// A passkey that was made just now.
pub struct Made {
    /// The id by which the authenticator knows it.
    pub credential: Vec<u8>,
    /// Its public key.
    pub key: PasskeyKey,
    /// How often the authenticator had signed.
    pub counter: u32,
    /// Whether it may be copied to other devices of its owner.
    pub backup_eligible: bool,
    /// Whether it was copied.
    pub backed_up: bool,
}

/// A passkey that was shown just now.
pub struct Shown {
    /// The passkey.
    pub passkey: PasskeyId,
    /// How often the authenticator had signed.
    pub counter: u32,
    /// Whether it was copied to other devices of its owner.
    pub backed_up: bool,
}

impl RelyingParty {
    /// This service as it is called, such as `https://portal.orbit.example`.
    ///
    /// # Errors
    /// When it is called by an IP address.
    pub fn called(origin: &str, name: &str) -> Result<Self, Refused> {
        let origin = Url::parse(origin).map_err(|_| Refused::NoName)?;
        let host = origin.domain().ok_or(Refused::NoName)?.to_owned();
        let builder = WebauthnBuilder::new(&host, &origin).map_err(|_| Refused::NoName)?;
        let webauthn = builder.rp_name(name).build().map_err(Refused::CannotAsk)?;
        Ok(Self { webauthn, host })
    }

    /// The name of the host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What an authenticator is told that shall make a passkey: none that has one of those already.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn ask_to_make(
        &self,
        owner: &Owner,
        known: &[KnownPasskey],
    ) -> Result<(Value, PasskeyRegistration), Refused> {
        let have = known.iter().filter_map(|one| bytes(&one.credential.credential)).collect();
        let asked = self.webauthn.start_passkey_registration(
            owner.id,
            &owner.email,
            &owner.name,
            Some(have),
        );
        let (asked, state) = asked.map_err(Refused::CannotAsk)?;
        let mut options = options(&asked.public_key)?;
        // So that it can be found without typing an e-mail first.
        let selection = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut);
        if let Some(selection) = selection {
            selection.insert("residentKey".to_owned(), "required".into());
            selection.insert("requireResidentKey".to_owned(), true.into());
        }
        Ok((options, state))
    }

    /// The passkey that was made.
    ///
    /// # Errors
    /// When it is not what was asked for.
    pub fn made(
        &self,
        answer: &RegisterPublicKeyCredential,
        state: &PasskeyRegistration,
    ) -> Result<Made, Refused> {
        let made = self.webauthn.finish_passkey_registration(answer, state);
        let credential: Credential = made.map_err(Refused::NotRight)?.into();
        Ok(Made {
            key: jwk(&credential.cred).ok_or(Refused::KindOfKey)?,
            credential: credential.cred_id,
            counter: credential.counter,
            backup_eligible: credential.backup_eligible,
            backed_up: credential.backup_state,
        })
    }

    /// What an authenticator is told that shall show any passkey for this host.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub fn ask_for_any(&self) -> Result<(Value, DiscoverableAuthentication), Refused> {
        let asked = self.webauthn.start_discoverable_authentication();
        let (asked, state) = asked.map_err(Refused::CannotAsk)?;
        Ok((options(&asked.public_key)?, state))
    }

    /// Whom the passkey that was shown says it signs in. That is to be believed once [`Self::shown`] has checked it.
    ///
    /// # Errors
    /// When it names nobody.
    pub fn named(&self, answer: &PublicKeyCredential) -> Result<Uuid, Refused> {
        let named = self.webauthn.identify_discoverable_authentication(answer);
        named.map(|(who, _)| who).map_err(|_| Refused::Unknown)
    }

    /// The passkey that was shown, among those of whom it named.
    ///
    /// # Errors
    /// When it is none of them, or was not signed as was asked.
    pub fn shown(
        &self,
        answer: &PublicKeyCredential,
        state: DiscoverableAuthentication,
        known: &[KnownPasskey],
    ) -> Result<Shown, Refused> {
        let found = self
            .of_this_host(known)
            .find(|(_, passkey)| passkey.cred_id().as_slice() == answer.get_credential_id());
        let (found, passkey) = found.ok_or(Refused::Unknown)?;
        let result = self.webauthn.finish_discoverable_authentication_v2(answer, state, &passkey);
        let result = result.map_err(Refused::NotRight)?;
        let (counter, backed_up) = (result.counter(), result.backup_state());
        Ok(Shown { passkey: found, counter, backed_up })
    }

    /// What an authenticator is told that shall show one of these passkeys.
    ///
    /// # Errors
    /// When none of them is for this host.
    pub fn ask_for_one_of(
        &self,
        known: &[KnownPasskey],
    ) -> Result<(Value, PasskeyAuthentication), Refused> {
        let passkeys: Vec<Passkey> = self.of_this_host(known).map(|(_, passkey)| passkey).collect();
        if passkeys.is_empty() {
            return Err(Refused::Unknown);
        }
        let asked = self.webauthn.start_passkey_authentication(&passkeys);
        let (asked, state) = asked.map_err(Refused::CannotAsk)?;
        Ok((options(&asked.public_key)?, state))
    }

    /// The passkey that was shown, of those that were asked for.
    ///
    /// # Errors
    /// When it was not signed as was asked.
    pub fn shown_again(
        &self,
        answer: &PublicKeyCredential,
        state: &PasskeyAuthentication,
        known: &[KnownPasskey],
    ) -> Result<Shown, Refused> {
        let result = self.webauthn.finish_passkey_authentication(answer, state);
        let result = result.map_err(Refused::NotRight)?;
        let found = self.of_this_host(known).find(|(_, one)| one.cred_id() == result.cred_id());
        // It may have been removed since it was asked for.
        let (found, _) = found.ok_or(Refused::Unknown)?;
        let (counter, backed_up) = (result.counter(), result.backup_state());
        Ok(Shown { passkey: found, counter, backed_up })
    }

    fn of_this_host<'a>(
        &'a self,
        known: &'a [KnownPasskey],
    ) -> impl Iterator<Item = (PasskeyId, Passkey)> + 'a {
        let here = known.iter().filter(|one| one.relying_party == self.host);
        here.filter_map(|one| Some((one.passkey, passkey(one)?)))
    }
}

/// The options as a browser takes them (`PublicKeyCredential.parse…OptionsFromJSON`).
fn options(asked: &impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(asked).map_err(|error| Refused::CannotAsk(error.into()))
}

/// What the library checks with.
fn passkey(known: &KnownPasskey) -> Option<Passkey> {
    // Through the library's own text form: what is beside the key is the same for all of ours.
    let credential = serde_json::json!({
        "cred_id": known.credential.credential,
        "cred": cose(&known.credential.key)?,
        "counter": known.counter,
        "transports": null,
        "user_verified": true,
        "backup_eligible": known.backup_eligible,
        "backup_state": known.backed_up,
        "registration_policy": "required",
        "extensions": { },
        "attestation": { "data": "None", "metadata": "None" },
        "attestation_format": "None",
    });
    serde_json::from_value::<Credential>(credential).ok().map(Into::into)
}

fn cose(key: &PasskeyKey) -> Option<COSEKey> {
    let curve = |curve, x: &str, y: &str| {
        Some(COSEKeyType::EC_EC2(COSEEC2Key { curve, x: bytes(x)?, y: bytes(y)? }))
    };
    Some(match key {
        PasskeyKey::Es256 { x, y } => {
            COSEKey { type_: COSEAlgorithm::ES256, key: curve(ECDSACurve::SECP256R1, x, y)? }
        }
        PasskeyKey::Es384 { x, y } => {
            COSEKey { type_: COSEAlgorithm::ES384, key: curve(ECDSACurve::SECP384R1, x, y)? }
        }
        PasskeyKey::Rs256 { n, e } => {
            let key = COSERSAKey { n: bytes(n)?, e: bytes(e)?.try_into().ok()? };
            COSEKey { type_: COSEAlgorithm::RS256, key: COSEKeyType::RSA(key) }
        }
    })
}

fn jwk(key: &COSEKey) -> Option<PasskeyKey> {
    let text = Base64UrlUnpadded::encode_string;
    match (&key.type_, &key.key) {
        (COSEAlgorithm::ES256, COSEKeyType::EC_EC2(key)) if key.curve == ECDSACurve::SECP256R1 => {
            Some(PasskeyKey::Es256 { x: text(&key.x), y: text(&key.y) })
        }
        (COSEAlgorithm::ES384, COSEKeyType::EC_EC2(key)) if key.curve == ECDSACurve::SECP384R1 => {
            Some(PasskeyKey::Es384 { x: text(&key.x), y: text(&key.y) })
        }
        (COSEAlgorithm::RS256, COSEKeyType::RSA(key)) => {
            Some(PasskeyKey::Rs256 { n: text(&key.n), e: text(&key.e) })
        }
        (_, COSEKeyType::EC_EC2(_) | COSEKeyType::EC_OKP(_) | COSEKeyType::RSA(_)) => None,
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// The text of what an authenticator calls a passkey.
#[must_use]
pub fn text(credential: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(credential)
}
