//! What the tests of single sign-on stand on: two customers, each with a provider, and a browser that goes there and back.

use std::ffi::OsStr;

use serde_json::{Value, json};

use super::provider::{CLIENT, Provider, Reply, SECRET};
use crate::own_ledger::{ANN, PASSWORD as ANNS_PASSWORD, imported_with, password_of};
use crate::support::{Answer, Home, Service, deedbook, exchange, graphql, post};

pub const GUS: &str = "gus@globex.example";

/// A ledger with two customers, each with a provider of its own.
pub struct Stage {
    pub service: Service,
    pub acme: String,
    pub globex: String,
    pub provider: Provider,
    pub other: Provider,
    /// A session that Ann began with her password.
    pub ann: String,
    _home: Home,
}

impl Stage {
    pub fn new() -> Self {
        Self::with(Provider::start(), &[])
    }

    /// Where Acme has this provider, and the service this in its environment.
    pub fn with(provider: Provider, variables: &[(&str, &OsStr)]) -> Self {
        let home = imported_with("acme,bob,Bob Example,bob@acme.example,member\n");
        assert!(password_of(&home, ANN).output().unwrap().status.success());
        let serve = ["serve", "--identity-providers", "loopback", "--data", home.data()];
        let mut command = deedbook();
        command.args(serve).envs(variables.iter().copied());
        let service = Service::start_by(&mut command);
        let other = Provider::start();
        let answer = service.sign_in(&service.portal, ANN, ANNS_PASSWORD);
        let ann = answer.json()["token"].as_str().unwrap().to_owned();
        let told = graphql(&service.portal, Some(&ann), "{ account { id } }").json();
        let acme = told["data"]["account"]["id"].as_str().unwrap().to_owned();
        let mut stage =
            Self { service, acme, globex: String::new(), provider, other, ann, _home: home };
        let vera = stage.service.console_token();
        let console = stage.service.console.clone();
        let open =
            act(&console, &vera, "accountOpen", &json!({ "name": "Globex" }), "account { id }");
        stage.globex = open["account"]["id"].as_str().unwrap().to_owned();
        let gus = json!({
            "accountId": stage.globex, "name": "Gus", "email": GUS, "role": "ORG_ADMIN",
        });
        assert_eq!(codes(&act(&console, &vera, "memberAdd", &gus, "member { id }")), [""; 0]);
        let portal = stage.service.portal.clone();
        let own = connect(&stage.acme, &stage.provider);
        let name = "accountConnectIdentityProvider";
        assert_eq!(codes(&act(&portal, &stage.ann, name, &own, ACCOUNT)), [""; 0]);
        let theirs = connect(&stage.globex, &stage.other);
        assert_eq!(codes(&act(&console, &vera, name, &theirs, ACCOUNT)), [""; 0]);
        stage
    }

    pub fn portal(&self, token: &str, mutation: &str, input: &Value) -> Value {
        act(&self.service.portal, token, mutation, input, ACCOUNT)
    }

    pub fn require(&self, token: &str, required: bool) -> Vec<String> {
        let input = json!({ "accountId": self.acme, "required": required });
        codes(&self.portal(token, "accountRequireSingleSignOn", &input))
    }

    /// Somebody types an e-mail on the page.
    pub fn begin(&self, email: &str) -> Answer {
        form(&self.service.portal, &[("email", email), ("next", "/licenses")])
    }

    /// The way there and back for somebody of whom the provider says this.
    pub fn travel(&self, email: &str, change: impl FnOnce(&mut Reply, &Trip)) -> Answer {
        // Whatever it said before: it is honest until somebody is there.
        self.provider.say(self.provider.honest("", email));
        let trip = Trip::of(&self.begin(email));
        let mut said = self.provider.honest(&trip.nonce, email);
        change(&mut said, &trip);
        self.provider.say(said);
        self.back(&trip, &self.acme, &[("code", "a code"), ("state", &trip.state)])
    }

    pub fn back(&self, trip: &Trip, account: &str, answered: &[(&str, &str)]) -> Answer {
        let query = serde_urlencoded::to_string(answered).unwrap();
        let path = format!("/sign-in/organization/{account}?{query}");
        with_cookie(&self.service.portal, &path, &trip.cookie)
    }

    /// Whether this token lets in.
    pub fn is_in(&self, token: &str) -> bool {
        graphql(&self.service.portal, Some(token), "{ viewer { member { id } } }").status == 200
    }

    pub fn sessions(&self) -> usize {
        let asked = "{ viewer { sessions { id } } }";
        let told = graphql(&self.service.portal, Some(&self.ann), asked).json();
        told["data"]["viewer"]["sessions"].as_array().unwrap().len()
    }
}

pub const ACCOUNT: &str = "account { identityProvider { issuer peopleLinked requiredSince } }";

pub fn connect(account: &str, provider: &Provider) -> Value {
    json!({
        "accountId": account, "issuer": provider.issuer, "clientId": CLIENT,
        "clientSecret": SECRET,
    })
}

pub fn act(address: &str, token: &str, mutation: &str, input: &Value, object: &str) -> Value {
    let mut input = input.clone();
    input["commandId"] = json!(uuid::Uuid::from_bytes(
        *blake3::hash(format!("{mutation}{input}{:?}", std::time::SystemTime::now()).as_bytes())
            .as_bytes()
            .first_chunk()
            .unwrap()
    ));
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {object} userErrors {{ code }} }} }}"
    );
    let body = json!({ "query": query, "variables": { "input": input } });
    let answer = post(address, "/graphql", Some(token), &body);
    answer.json()["data"][mutation].clone()
}

pub fn codes(answer: &Value) -> Vec<String> {
    let errors = answer["userErrors"].as_array().unwrap_or_else(|| panic!("{answer}"));
    errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
}

pub fn form(address: &str, fields: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded::to_string(fields).unwrap();
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST /sign-in/organization HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ),
    )
}

/// A browser comes back from elsewhere; or, with the cookie of a session, goes on from its own page.
pub fn with_cookie(address: &str, path: &str, cookie: &str) -> Answer {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\
         Sec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n"
    );
    exchange(address, &request)
}

/// The session that an answer begins.
pub fn session(answer: &Answer) -> Option<String> {
    let mut set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    let kept = set.find_map(|(_, value)| value.strip_prefix("deedbook_portal="));
    kept.map(|value| value.split(';').next().unwrap().to_owned()).filter(|token| !token.is_empty())
}

/// Somebody on the way to a provider.
#[derive(Clone)]
pub struct Trip {
    pub cookie: String,
    pub address: String,
    pub state: String,
    pub nonce: String,
}

impl Trip {
    pub fn of(begun: &Answer) -> Self {
        let address = match begun.header("location") {
            Some(address) => address.to_owned(),
            None => {
                assert_eq!(begun.status, 200, "{}", begun.body);
                let page = begun.body.replace("&#x2f;", "/").replace("&amp;", "&");
                page.split("href=\"http").nth(1).unwrap().split('"').next().unwrap().to_owned()
            }
        };
        let query = address.split_once('?').unwrap().1;
        let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
        let field = |wanted: &str| {
            fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap()
        };
        assert_eq!(field("code_challenge_method"), "S256");
        assert_eq!(field("response_type"), "code");
        let cookie = begun.header("set-cookie").unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
        Self {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            state: field("state"),
            nonce: field("nonce"),
            address,
        }
    }

    pub fn field(&self, wanted: &str) -> Option<String> {
        let query = self.address.split_once('?').unwrap().1;
        let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
        fields.into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
    }
}

/// Who somebody is here, as an admin reads it.
pub fn member(stage: &Stage, email: &str) -> Value {
    let asked = "{ account { people(first: 10) { nodes { id email linkedSince } } } }";
    let told = graphql(&stage.service.portal, Some(&stage.ann), asked).json();
    let people = told["data"]["account"]["people"]["nodes"].as_array().unwrap().clone();
    people.into_iter().find(|one| one["email"] == email).unwrap()
}
