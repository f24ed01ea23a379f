//! An identity provider that says what a test has it say, also what no honest one would.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

pub const CLIENT: &str = "deedbook-test";
pub const SECRET: &str = "a-secret-of-the-test";

/// What it says next.
#[derive(Clone)]
pub struct Reply {
    /// The head of the ID token.
    pub head: Value,
    /// What it says of the person.
    pub claims: Value,
    /// The key that it signs with; `None`: not at all.
    pub key: Option<u8>,
    /// What it says beside the issuer's own address.
    pub description: Value,
    /// Whether its description is elsewhere.
    pub redirects: bool,
    /// Whether it answers without an ID token.
    pub silent: bool,
    /// How much it adds to its description.
    pub padding: usize,
    /// Its keys, by what it calls them.
    pub keys: Vec<(u8, &'static str)>,
}

/// The address of its description.
pub const DESCRIPTION: &str = "/.well-known/openid-configuration";

/// A running provider.
pub struct Provider {
    pub issuer: String,
    reply: Arc<Mutex<Reply>>,
    seen: Arc<Mutex<Seen>>,
}

/// What it was asked.
#[derive(Default)]
struct Seen {
    paths: Vec<String>,
    /// The bodies of the requests for tokens.
    tokens: Vec<String>,
}

pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

impl Provider {
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// One that is asked over TLS and shows this certificate, of those beside this file.
    pub fn start_with(certificate: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let issuer = format!("{scheme}://{}", listener.local_addr().unwrap());
        let tls = certificate.map(tls);
        let reply = Arc::new(Mutex::new(Self::honest_at(&issuer, "", "")));
        let seen = Arc::default();
        let provider = Self { issuer, reply, seen };
        let (issuer, reply) = (provider.issuer.clone(), Arc::clone(&provider.reply));
        let seen = Arc::clone(&provider.seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let said = reply.lock().unwrap().clone();
                let stream = stream.unwrap();
                match &tls {
                    None => answer(stream, &issuer, &said, &seen),
                    Some(tls) => {
                        let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
                        answer(StreamOwned::new(connection, stream), &issuer, &said, &seen);
                    }
                }
            }
        });
        provider
    }

    /// What an honest one says of somebody who answers to this nonce.
    pub fn honest(&self, nonce: &str, email: &str) -> Reply {
        Self::honest_at(&self.issuer, nonce, email)
    }

    fn honest_at(issuer: &str, nonce: &str, email: &str) -> Reply {
        Reply {
            head: json!({ "alg": "EdDSA", "kid": "one", "typ": "JWT" }),
            claims: json!({
                "iss": issuer, "aud": CLIENT, "sub": format!("subject of {email}"), "nonce": nonce,
                "iat": now(), "exp": now() + 300, "auth_time": now(), "email": email,
                "email_verified": true,
            }),
            key: Some(1),
            description: json!({}),
            redirects: false,
            silent: false,
            padding: 0,
            keys: vec![(1, "one"), (2, "two")],
        }
    }

    pub fn say(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    /// The bodies of the requests for tokens, the newest last.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().tokens.clone()
    }

    /// How often it was asked at this address.
    pub fn asked(&self, path: &str) -> usize {
        self.seen.lock().unwrap().paths.iter().filter(|asked| *asked == path).count()
    }
}

/// The challenge that a verifier fits (PKCE).
pub fn challenge(verifier: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes()))
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn token(said: &Reply) -> String {
    let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&said.head), part(&said.claims));
    let signature = said.key.map(|number| key(number).sign(signed.as_bytes()).to_bytes());
    let signature = signature.map(|bytes| Base64UrlUnpadded::encode_string(&bytes));
    format!("{signed}.{}", signature.unwrap_or_default())
}

/// A file beside this one: certificates of a root that the test has the service trust, and one of nobody.
pub fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/single_sign_on/certificates").join(name)
}

fn tls(name: &str) -> Arc<ServerConfig> {
    let file = |name: &str| fs::read(certificate(name)).unwrap();
    let chain = vec![CertificateDer::from(file(&format!("{name}.der")))];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(file("key.der")));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(config.with_single_cert(chain, key).unwrap())
}

fn answer(mut stream: impl Read + Write, issuer: &str, said: &Reply, seen: &Mutex<Seen>) {
    let mut reader = BufReader::new(&mut stream);
    let (mut line, mut length) = (String::new(), 0);
    let mut first = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if first.is_empty() {
            first.clone_from(&line);
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap_or_default();
    seen.lock().unwrap().paths.push(path.to_owned());
    let (status, body) = match path {
        DESCRIPTION if said.redirects => ("302 Found", json!({})),
        DESCRIPTION => ("200 OK", description(issuer, said)),
        "/keys" => ("200 OK", keys(said)),
        "/token" => {
            seen.lock().unwrap().tokens.push(String::from_utf8(body).unwrap());
            let mut given = json!({ "access_token": "unused", "token_type": "Bearer" });
            if !said.silent {
                given["id_token"] = json!(token(said));
            }
            ("200 OK", given)
        }
        _ => ("404 Not Found", json!({})),
    };
    let body = body.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nLocation: {issuer}/elsewhere\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn description(issuer: &str, said: &Reply) -> Value {
    let mut all = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "none", "HS256"],
        "padding": "x".repeat(said.padding),
    });
    for (name, value) in said.description.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

fn keys(said: &Reply) -> Value {
    let public = |&(number, kid): &(u8, &str)| {
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": kid,
            "x": Base64UrlUnpadded::encode_string(key(number).verifying_key().as_bytes()),
        })
    };
    json!({ "keys": said.keys.iter().map(public).collect::<Vec<_>>() })
}
