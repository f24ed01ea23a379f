//! The demo with a program of Ann's, who is the admin of Acme: people ann, bob, cleo, dan, eve, fay and hal, and the
//! license L1 with five seats, of which ann, bob, cleo and dan have one.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::support::{Answer, Home, Service, exchange, post};

pub struct Stage {
    pub service: Service,
    /// Ann's session.
    pub ann: String,
    /// The token of her program.
    pub token: String,
    _home: Home,
}

impl Stage {
    pub fn new() -> Self {
        let home = Home::vacant();
        let service = Service::start_command(&["demo", "--data", &home.text("demo")]);
        let mut stage = Self { service, ann: String::new(), token: String::new(), _home: home };
        stage.ann = stage.token_of("ann");
        stage.token = stage.program("ann", &["PEOPLE", "LICENSES"]);
        stage
    }

    /// The session of somebody of the sample.
    pub fn token_of(&self, handle: &str) -> String {
        let people = self.service.first_line["people"].as_array().unwrap();
        let person = people.iter().find(|person| person["handle"] == handle).unwrap();
        person["token"].as_str().unwrap().to_owned()
    }

    /// The token of a program that acts for somebody.
    pub fn program(&self, handle: &str, scopes: &[&str]) -> String {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let day = i64::try_from(since.as_secs()).unwrap() + 86_400;
        let until = jiff::Timestamp::from_second(day).unwrap().to_string();
        let input = json!({ "name": "directory", "scopes": scopes, "expiresAt": until });
        let made = self.mutate(handle, "apiTokenCreate", &input, "created { secret }");
        made["created"]["secret"].as_str().unwrap().to_owned()
    }

    /// What somebody of the sample is answered by GraphQL.
    pub fn person(&self, handle: &str, query: &str) -> Value {
        let body = json!({ "query": query });
        let token = self.token_of(handle);
        let mut answer = post(self.door(handle), "/graphql", Some(&token), &body).json();
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        answer["data"].take()
    }

    /// Somebody of the sample does something by GraphQL.
    pub fn act_as(&self, handle: &str, mutation: &str, input: &Value) {
        self.mutate(handle, mutation, input, "");
    }

    fn mutate(&self, handle: &str, mutation: &str, input: &Value, selection: &str) -> Value {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code }} }} }}"
        );
        let mut input = input.clone();
        let id = format!("{:032x}", rand(&json!([handle, mutation, input])));
        input["commandId"] =
            format!("{}-{}-4{}-8{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..])
                .into();
        let body = json!({ "query": query, "variables": { "input": input } });
        let token = self.token_of(handle);
        let mut answer = post(self.door(handle), "/graphql", Some(&token), &body).json();
        let payload = answer["data"][mutation].take();
        assert_eq!(payload["userErrors"], json!([]), "{mutation}: {answer}");
        payload
    }

    fn door(&self, handle: &str) -> &str {
        if handle == "vera" { &self.service.console } else { &self.service.portal }
    }

    /// The program asks.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.send(Some(&self.token), method, path, &body)
    }

    /// The program changes something.
    pub fn patch(&self, path: &str, changes: Value) -> Answer {
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        self.ask("PATCH", path, Some(&json!({ "schemas": [schema], "Operations": changes })))
    }

    pub fn send(&self, token: Option<&str>, method: &str, path: &str, body: &str) -> Answer {
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let headers =
            token.unwrap_or_default() + "Content-Type: application/scim+json; charset=utf-8\r\n";
        self.request(&headers, method, path, body)
    }

    /// The program sends something as another kind of text.
    pub fn send_as(&self, media: &str, method: &str, path: &str, body: &str) -> Answer {
        let headers = format!("Authorization: Bearer {}\r\nContent-Type: {media}\r\n", self.token);
        self.request(&headers, method, path, body)
    }

    fn request(&self, headers: &str, method: &str, path: &str, body: &str) -> Answer {
        let (portal, length) = (&self.service.portal, body.len());
        let answer = exchange(
            portal,
            &format!(
                "{method} /scim/v2{path} HTTP/1.1\r\nHost: {portal}\r\n{headers}Content-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            ),
        );
        if !answer.body.is_empty() {
            assert_eq!(
                answer.header("content-type"),
                Some("application/scim+json"),
                "{}",
                answer.body
            );
        }
        answer
    }

    /// What a filter finds.
    pub fn find(&self, kind: &str, filter: &str) -> Value {
        let query = serde_urlencoded::to_string([("filter", filter)]).unwrap();
        let answer = self.ask("GET", &format!("/{kind}?{query}"), None);
        assert_eq!(answer.status, 200, "{filter}: {}", answer.body);
        answer.json()
    }

    /// The id of the user with this e-mail.
    pub fn user(&self, email: &str) -> String {
        let found = self.find("Users", &format!("userName eq \"{email}\""));
        found["Resources"][0]["id"].as_str().unwrap().to_owned()
    }

    /// The id of the group of the license that the vendor calls so.
    pub fn group(&self, number: &str) -> String {
        let all = self.person("ann", "{ licenses(first: 100) { nodes { id externalId } } }");
        let all = all["licenses"]["nodes"].as_array().unwrap().clone();
        let found = all.iter().find(|license| license["externalId"] == number).unwrap();
        found["id"].as_str().unwrap().to_owned()
    }

    /// Who has a seat, by GraphQL: the e-mails in their order.
    pub fn members(&self, number: &str) -> Vec<String> {
        let asked = format!(
            "{{ license(id: \"{}\") {{ seatHolders(first: 100) {{ nodes {{ member {{ email }} }} }} }} }}",
            self.group(number)
        );
        let told = self.person("ann", &asked);
        let holders = told["license"]["seatHolders"]["nodes"].as_array().unwrap().clone();
        let emails = holders.iter().map(|one| one["member"]["email"].as_str().unwrap().to_owned());
        let mut emails: Vec<String> = emails.collect();
        emails.sort();
        emails
    }

    /// How many facts there are about a license.
    pub fn facts(&self, number: &str) -> String {
        let asked = format!("{{ license(id: \"{}\") {{ factCount }} }}", self.group(number));
        self.person("ann", &asked)["license"]["factCount"].to_string()
    }

    /// How often something is told of the account, of the newest hundred.
    pub fn told(&self, fact: &str) -> usize {
        let told = self.person("ann", "{ history(first: 100) { nodes { fact } } }");
        let nodes = told["history"]["nodes"].as_array().unwrap().clone();
        nodes.iter().filter(|node| node["fact"] == fact).count()
    }
}

/// A refusal is one of SCIM with this status and type; gives its code.
#[track_caller]
pub fn error(answer: &Answer, status: u16, scim_type: Option<&str>) -> String {
    assert_eq!(answer.status, status, "{}", answer.body);
    let body = answer.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], status.to_string());
    assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{body}");
    let (code, words) = body["detail"].as_str().unwrap().split_once(": ").unwrap();
    assert!(!words.is_empty(), "{body}");
    code.to_owned()
}

/// A number for each intent that nobody used before: of what is meant, and of when.
fn rand(meant: &Value) -> u128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let hash = blake3::hash(format!("{meant} {}", since.as_nanos()).as_bytes());
    u128::from_le_bytes(*hash.as_bytes().first_chunk::<16>().unwrap())
}
