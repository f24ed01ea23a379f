//! An authenticator of a test: it makes keys and signs what it is told to, also where a real one would not.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody is there; whoever it is showed a finger or a PIN; a new key comes along.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const NEW_KEY: u8 = 0x40;

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// A device with one passkey.
#[derive(Clone)]
pub struct Device {
    key: SigningKey,
    id: [u8; 16],
    /// Whom it signs in, as it was told.
    owner: String,
    pub counter: u32,
    /// Whether it asks for a finger or a PIN.
    pub verifies: bool,
    /// The page that it believes to be on, and its host.
    pub origin: String,
    pub host: String,
}

impl Device {
    /// One on a page of this origin, such as `http://localhost:8080`, with a key of this number.
    pub fn at(origin: &str, number: u8) -> Self {
        let host = origin.split("://").nth(1).unwrap().split(':').next().unwrap().to_owned();
        let key = SigningKey::from_slice(&[number; 32]).unwrap();
        let (origin, owner) = (origin.to_owned(), String::new());
        Self { key, id: [number; 16], owner, counter: 1, verifies: true, origin, host }
    }

    /// One that says the same and has another key.
    pub fn forged(&self, number: u8) -> Self {
        Self { key: SigningKey::from_slice(&[number; 32]).unwrap(), ..self.clone() }
    }

    /// One that says the same and means another passkey.
    pub fn renamed(&self, number: u8) -> Self {
        Self { id: [number; 16], ..self.clone() }
    }

    /// What it answers when it is asked to make a passkey.
    pub fn make(&mut self, options: &Value) -> Value {
        options["user"]["id"].as_str().unwrap().clone_into(&mut self.owner);
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        // COSE_Key (RFC 9052): kty 2, alg -7, crv 1, x, y.
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend_from_slice(x);
        key.extend_from_slice(&[0x22, 0x58, 0x20]);
        key.extend_from_slice(y);
        let mut data = self.data(NEW_KEY);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&[0, 16]);
        data.extend_from_slice(&self.id);
        data.extend_from_slice(&key);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3];
        object.extend_from_slice(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend_from_slice(&data);
        let client = self.client("webauthn.create", options);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "clientExtensionResults": {},
            "response": { "clientDataJSON": text(client.as_bytes()), "attestationObject": text(&object) },
        })
    }

    /// What it answers when it is asked to show its passkey.
    pub fn show(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let client = self.client("webauthn.get", options);
        let data = self.data(0);
        let signed = [data.as_slice(), &Sha256::digest(client.as_bytes())].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(client.as_bytes()),
                "authenticatorData": text(&data),
                "signature": text(signature.to_der().as_bytes()),
                "userHandle": self.owner,
            },
        })
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(self.host.as_bytes()).to_vec();
        data.push(PRESENT | verified | more);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    fn client(&self, kind: &str, options: &Value) -> String {
        let challenge = &options["challenge"];
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
    }
}
