//! The service in this process, on free ports, on a ledger in memory, with a clock that stands where it is put.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use deedbook_service::budgets::Rates;
use deedbook_service::engine::Engine;
use deedbook_service::http::{Addresses, Listeners};
use deedbook_service::shutdown::Shutdown;
use deedbook_service::{passwords, people, second_factor};
use ledger::access::{AccessRules, Command as AccessCommand};
use ledger_log::{Clock, CommandMeta, ManualClock, derive};
use replay_tests::chance::Chance;
use replay_tests::http::Door;
use schemas::{Actor, CommandId, MemberId, StreamName, Timestamp};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The one password of everybody here.
pub const PASSWORD: &str = "correct horse battery staple";
/// How long a sign-in is used before a new one, in microseconds: less than a token lives.
const SIGN_IN_MICROS: i64 = 6 * 60 * 60 * 1_000_000;

/// Which door somebody knocks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The customers'.
    Portal,
    /// The vendor's.
    Console,
}

/// Somebody who knocks.
pub struct Person {
    pub side: Side,
    pub email: String,
    /// Whose data the person may see: `acme` sees `acme-eu` too, not the other way round.
    pub tenant: String,
    /// Whose else, by a link of a partner.
    pub also: Vec<String>,
    pub door: Option<Door>,
    pub signed_in_at: Timestamp,
    pub token: String,
}

/// The running service and everybody who knows it.
pub struct Stage {
    pub addresses: Addresses,
    pub people: Mutex<BTreeMap<String, Person>>,
    /// Texts that belong to one tenant alone: (tenant, text).
    pub secrets: Mutex<Vec<(String, String)>>,
    pub chance: Mutex<Chance>,
    clock: Arc<ManualClock>,
    engine: Engine,
    runtime: Runtime,
    shutdown: Shutdown,
    phc: String,
}

impl Stage {
    /// A service that stands at this instant, with vera of the vendor and nothing else.
    pub fn open(at: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = Arc::new(ManualClock::new(instant(at)));
        let of_engine = Arc::clone(&clock) as Arc<dyn Clock>;
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let wanted = Addresses { portal: any, console: any };
        let (engine, listeners) = runtime.block_on(async {
            let engine = Engine::in_memory(of_engine).await.unwrap();
            // These ask for more in a moment than anybody may.
            let rates = Rates { management: 0, validation: 0 };
            (engine, Listeners::bind(wanted).await.unwrap().with_rates(rates))
        });
        let addresses = listeners.addresses().unwrap();
        let vera = people::add_operator(
            &engine,
            "Vera Okapi",
            "vera@vendor-okapi.example",
            PASSWORD,
            None,
        );
        runtime.block_on(vera).unwrap();
        let shutdown = Shutdown::default();
        runtime.spawn(listeners.serve(engine.clone(), shutdown.clone()));
        let stage = Self {
            addresses,
            people: Mutex::default(),
            secrets: Mutex::default(),
            chance: Mutex::new(Chance::new(20_260_801)),
            clock,
            engine,
            runtime,
            shutdown,
            phc: passwords::hash(PASSWORD).unwrap(),
        };
        stage.know("vera", Side::Console, "vera@vendor-okapi.example", "vendor");
        stage.secret("vendor", "vera@vendor-okapi.example");
        stage.secret("vendor", "Vera Okapi");
        stage
    }

    /// From now on this person can knock under this short name.
    pub fn know(&self, name: &str, side: Side, email: &str, tenant: &str) {
        let person = Person {
            side,
            email: email.to_owned(),
            tenant: tenant.to_owned(),
            also: Vec::new(),
            door: None,
            signed_in_at: Timestamp::default(),
            token: String::new(),
        };
        self.people.lock().unwrap().insert(name.to_owned(), person);
    }

    /// From now on this person may see what is of another tenant too.
    pub fn lets_see(&self, who: &str, tenant: &str) {
        let mut people = self.people.lock().unwrap();
        people.get_mut(who).unwrap().also.push(tenant.to_owned());
    }

    /// From now on no other tenant may ever read this text at the portal.
    pub fn secret(&self, tenant: &str, text: &str) {
        self.secrets.lock().unwrap().push((tenant.to_owned(), text.to_owned()));
    }

    /// Gives a member a password. Members get theirs by import; that is not what is tried here.
    pub fn give_password(&self, member: &str) {
        let member: MemberId = member.parse().unwrap();
        let ledger = self.engine.ledger();
        let id = CommandId::new(self.chance.lock().unwrap().id());
        let digest = derive::request_digest(self.engine.keystore(), "password", &[&id.bytes()]);
        let meta = CommandMeta::new(id, digest, Actor::Operator);
        let (subject, phc) = (member.into(), self.phc.clone());
        let set = AccessCommand::SetPassword { subject, phc, kept: None };
        let stream = StreamName::access(member.uuid());
        self.runtime.block_on(ledger.transact::<AccessRules>(stream, set, meta)).unwrap();
    }

    /// Gives a member a second factor with these recovery codes, as if it had been set up with an authenticator.
    pub fn give_second_factor(&self, member: &str, recovery: &[&str]) {
        let member: MemberId = member.parse().unwrap();
        let (ledger, keystore) = (self.engine.ledger(), self.engine.keystore());
        let id = CommandId::new(self.chance.lock().unwrap().id());
        let digest = derive::request_digest(keystore, "second_factor", &[&id.bytes()]);
        let meta = CommandMeta::new(id, digest, Actor::Operator);
        let secret = second_factor::secret(&[7; 20]);
        let recovery = recovery.iter().map(|code| second_factor::recovery_digest(keystore, code));
        let (subject, recovery) = (member.into(), recovery.collect());
        let set = AccessCommand::SetSecondFactor { subject, secret, step: 0, recovery };
        let stream = StreamName::access(member.uuid());
        self.runtime.block_on(ledger.transact::<AccessRules>(stream, set, meta)).unwrap();
    }

    /// The instant that the service's clock stands at.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Puts the clock to this instant.
    pub fn at(&self, at: &str) {
        self.put(instant(at));
    }

    /// Puts the clock to this instant.
    pub fn put(&self, at: Timestamp) {
        assert!(self.clock.now() <= at, "the clock of a ledger never runs backwards");
        self.clock.set(at);
    }

    /// How far the ledger is, with everybody signed in: sign-ins that are still to come are facts too.
    pub fn position(&self) -> Option<u64> {
        let known = |person: &Person| {
            let soon = ["ann@", "bob@", "gil@", "vera@"]
                .iter()
                .any(|start| person.email.starts_with(start));
            soon || !person.token.is_empty()
        };
        let people = self.people.lock().unwrap();
        let known: Vec<String> =
            people.iter().filter(|(_, one)| known(one)).map(|(name, _)| name.clone()).collect();
        drop(people);
        for name in known {
            self.token(&name);
        }
        self.engine.durable().map(|position| position.0)
    }

    /// Runs what needs a runtime.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The door of this side, for somebody without a name.
    pub fn nobody(&self, side: Side) -> Door {
        match side {
            Side::Portal => Door::new(self.addresses.portal),
            Side::Console => Door::new(self.addresses.console),
        }
    }

    /// What `POST /sign-in` of a side answers to this e-mail and password.
    pub fn sign_in(&self, side: Side, email: &str, password: &str) -> replay_tests::http::Answer {
        let body = json!({ "email": email, "password": password }).to_string();
        let headers = [("content-type", "application/json")];
        self.nobody(side).send("POST", "/sign-in", &headers, body.as_bytes()).unwrap()
    }

    /// A connection of this person, signed in. Give it back with `return_door`.
    pub fn take_door(&self, who: &str) -> Door {
        let (side, email, kept, token, since) = {
            let mut people = self.people.lock().unwrap();
            let person = people.get_mut(who).unwrap_or_else(|| panic!("nobody is called {who}"));
            let door = person.door.take();
            (person.side, person.email.clone(), door, person.token.clone(), person.signed_in_at)
        };
        let fresh = self.now().micros() - since.micros() < SIGN_IN_MICROS;
        match kept {
            Some(door) if fresh => door,
            None if fresh && !token.is_empty() => self.nobody(side).with_token(&token),
            _ => {
                let answer = self.sign_in(side, &email, PASSWORD);
                assert_eq!(answer.status, 200, "{who} signs in: {}", answer.text());
                let token = text(&answer.json()["token"]);
                let mut people = self.people.lock().unwrap();
                let person = people.get_mut(who).unwrap();
                person.token.clone_from(&token);
                person.signed_in_at = self.now();
                self.nobody(side).with_token(&token)
            }
        }
    }

    /// Keeps a connection for the next request of this person.
    pub fn return_door(&self, who: &str, door: Door) {
        self.people.lock().unwrap().get_mut(who).unwrap().door = Some(door);
    }

    /// This person shows again who it is: the session goes on with another token.
    pub fn confirm(&self, who: &str) {
        let body = json!({ "password": PASSWORD }).to_string();
        let headers = [("content-type", "application/json")];
        let mut door = self.take_door(who);
        let answer = door.send("POST", "/confirm", &headers, body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{who} shows who it is: {}", answer.text());
        let mut people = self.people.lock().unwrap();
        let person = people.get_mut(who).unwrap();
        person.token = text(&answer.json()["token"]);
        person.door = None;
    }

    /// A token of this person that is accepted now.
    pub fn token(&self, who: &str) -> String {
        let door = self.take_door(who);
        self.return_door(who, door);
        self.people.lock().unwrap()[who].token.clone()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.shutdown.start();
    }
}

/// An instant in RFC 3339.
pub fn instant(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    Timestamp::from_micros(instant.as_microsecond())
}

/// The text of a JSON value.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
