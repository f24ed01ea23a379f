//! One customer's load leaves another's answers alone: while it floods, over many connections, with what costs most to read
//! and with changes, and is turned away by its own bound, the other is answered as if nobody else were there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use serde_json::{Value, json};

use crate::own_ledger::{ANN, PASSWORD as ANNS_PASSWORD, imported_with, password_of};
use crate::support::{Answer, Home, Service, exchange, graphql};

const BOB: &str = "bob@acme.example";
const GUS: &str = "gus@globex.example";
/// How many connections are under way at any time, half of them changing something.
const CONNECTIONS: usize = 16;
/// How often the other customer asks meanwhile, and changes something each time.
const ASKED: u64 = 40;

const HEAVY: &str = "{ licenses(first: 100) { totalCount nodes { id status productName position } } \
     account { people(first: 60) { nodes { id name email } } } }";

/// Two customers, of whom one has two people.
fn two_customers() -> Home {
    let home = imported_with("acme,bob,Bob Example,bob@acme.example,member\n");
    let service = Service::start(home.data());
    let token = service.console_token();
    let ask = |mutation: &str, number: u128, more: &str, object: &str| {
        let id = uuid::Uuid::from_u128(number);
        let asked = format!(
            "mutation {{ {mutation}(input: {{ commandId: \"{id}\", {more} }}) {{ {object} userErrors {{ code }} }} }}"
        );
        let done = graphql(&service.console, Some(&token), &asked).json()["data"][mutation].clone();
        assert_eq!(done["userErrors"], json!([]), "{done}");
        done
    };
    let opened = ask("accountOpen", 51, "name: \"Globex\"", "account { id }");
    let gus = format!(
        "accountId: {}, name: \"Gus\", email: \"{GUS}\", role: ORG_ADMIN",
        opened["account"]["id"]
    );
    ask("memberAdd", 52, &gus, "member { id }");
    service.stop();
    for person in [ANN, BOB, GUS] {
        assert!(password_of(&home, person).output().unwrap().status.success());
    }
    home
}

/// What the proxy of a service passes on of somebody at this address.
fn send(portal: &str, path: &str, from: &str, token: Option<&str>, body: &Value) -> Answer {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let (bearer, body) = (bearer.unwrap_or_default(), body.to_string());
    let length = body.len();
    exchange(
        portal,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: {portal}\r\nContent-Type: application/json\r\n\
             X-Forwarded-For: {from}\r\nX-Forwarded-Proto: https\r\n{bearer}\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

/// Somebody's browser or program, behind the proxy of this service.
struct Caller<'a> {
    service: &'a Service,
    from: &'a str,
    token: String,
}

impl<'a> Caller<'a> {
    fn sign_in(service: &'a Service, email: &str, from: &'a str) -> Self {
        let body = json!({ "email": email, "password": ANNS_PASSWORD });
        let answer = send(&service.portal, "/sign-in", from, None, &body);
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        Self { service, from, token }
    }

    fn ask(&self, query: &str) -> Answer {
        let body = json!({ "query": query });
        send(&self.service.portal, "/graphql", self.from, Some(&self.token), &body)
    }

    /// Is called otherwise: a change that is written to the disk.
    fn change(&self, number: u64) -> Answer {
        let id = uuid::Uuid::from_u64_pair(u64::from_be_bytes(*b"renaming"), number);
        self.ask(&format!(
            "mutation {{ profileChange(input: {{ commandId: \"{id}\", name: \"Name {number}\" }}) \
             {{ position userErrors {{ code }} }} }}"
        ))
    }
}

/// What one connection of a flood was answered.
#[derive(Default)]
struct Flooded {
    let_through: usize,
    turned_away: usize,
}

/// Ends the flood, also when a test stops on the way.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Floods until it is told to stop; tells when it was turned away for the first time.
fn flood(
    caller: &Caller<'_>,
    number: usize,
    at_its_bound: Sender<()>,
    over: &AtomicBool,
) -> Flooded {
    let mut at_its_bound = Some(at_its_bound);
    let mut flooded = Flooded::default();
    while !over.load(Ordering::SeqCst) {
        let nth = u64::try_from(flooded.let_through + flooded.turned_away).unwrap();
        let answer = if number.is_multiple_of(2) {
            caller.ask(HEAVY)
        } else {
            caller.change(u64::try_from(number).unwrap() << 32 | nth)
        };
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some(), "it is told how long to wait");
            flooded.turned_away += 1;
            if let Some(told) = at_its_bound.take() {
                told.send(()).unwrap();
            }
        } else {
            assert_eq!(answer.status, 200, "{}", answer.body);
            flooded.let_through += 1;
        }
    }
    flooded
}

#[test]
fn while_one_customer_floods_and_is_turned_away_another_is_answered_each_time() {
    let home = two_customers();
    let service = Service::start_command(&[
        "serve",
        "--data",
        home.data(),
        "--trusted-proxy",
        "127.0.0.1",
        "--management-rate",
        "200",
    ]);
    // From one address: so the bound of the address and of the customer are tried as well.
    let floods = [ANN, BOB].map(|email| Caller::sign_in(&service, email, "203.0.113.7"));
    let gus = Caller::sign_in(&service, GUS, "198.51.100.9");
    let (told, at_its_bound) = channel();
    let over = AtomicBool::new(false);
    let (flooded, answers) = std::thread::scope(|scope| {
        let ends = Ends(&over);
        let flooding: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let (caller, told, over) = (&floods[number / 2 % 2], told.clone(), &over);
                scope.spawn(move || flood(caller, number, told, over))
            })
            .collect();
        drop(told);
        assert_eq!(at_its_bound.iter().count(), CONNECTIONS, "each connection is at its bound");
        // The flood goes on until the other is through: were it queued behind, there would be no end.
        let asked = "{ licenses { totalCount } account { name } }";
        let answers = (0..ASKED).map(|number| (gus.ask(asked), gus.change(number)));
        let answers: Vec<(Answer, Answer)> = answers.collect();
        drop(ends);
        let flooded = flooding.into_iter().map(|one| one.join().unwrap());
        (flooded.collect::<Vec<Flooded>>(), answers)
    });
    let mut before = 0;
    for (read, changed) in &answers {
        assert_eq!(read.status, 200, "{}", read.body);
        assert_eq!(read.json()["data"]["account"]["name"], "Globex");
        assert_eq!(changed.status, 200, "{}", changed.body);
        let done = changed.json()["data"]["profileChange"].clone();
        assert_eq!(done["userErrors"], Value::Array(Vec::new()), "{done}");
        let position: u64 = done["position"].as_str().unwrap().parse().unwrap();
        assert!(position > before, "each is written after the one before it");
        before = position;
    }
    assert_eq!(flooded.len(), CONNECTIONS);
    assert!(flooded.iter().all(|one| one.turned_away > 0), "each connection is at its bound");
    let let_through: usize = flooded.iter().map(|one| one.let_through).sum();
    assert!(let_through > 0, "until then the flood is answered");
    let metrics = crate::support::get(&service.console, "/metrics").body;
    assert!(metrics.contains("deedbook_rate_limited_total{by=\"credential\"}"), "{metrics}");
}
