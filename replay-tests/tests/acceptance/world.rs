//! The service in this process on a ledger in memory, with a clock that stands still, and the people who use it.

use std::net::SocketAddr;
use std::sync::Arc;

use deedbook_service::auth::Auth;
use deedbook_service::engine::Engine;
use deedbook_service::http::{Addresses, Listeners};
use deedbook_service::people;
use deedbook_service::shutdown::Shutdown;
use ledger_log::ManualClock;
use projections::Principal;
use replay_tests::api::Api;
use replay_tests::chance::Chance;
use replay_tests::http::Door;
use replay_tests::orbit::T0;
use replay_tests::vendor::{self, Sample, text};
use schemas::access::Audience;
use schemas::{MemberId, StaffId, Timestamp};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A service, its clock, and everybody's doors.
pub struct World {
    /// The vendor's operator.
    pub vera: Api,
    /// The admin of acme.
    pub ann: Api,
    /// A member of acme.
    pub bob: Api,
    /// The admin of globex.
    pub gina: Api,
    /// The ids of the sample.
    pub sample: Sample,
    /// The license L1: acme, Starter, five seats, two devices, until 2027-01-31.
    pub l1: String,
    /// Where the two sides are.
    pub addresses: Addresses,
    clock: Arc<ManualClock>,
    auth: Auth,
    staff: StaffId,
    runtime: Runtime,
}

/// The key of L1.
pub const L1_KEY: &str = "ORBT-9F4C-TQ7M-7Q2K";

impl World {
    /// The sample at its beginning, 2026-08-01T00:00:00Z.
    pub fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let clock = Arc::new(ManualClock::new(T0));
        let clock_of_engine = Arc::clone(&clock) as Arc<dyn ledger_log::Clock>;
        let (engine, listeners) = runtime.block_on(async {
            let engine = Engine::in_memory(clock_of_engine).await.unwrap();
            let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
            let wanted = Addresses { portal: any, console: any };
            (engine, Listeners::bind(wanted).await.unwrap())
        });
        let addresses = listeners.addresses().unwrap();
        let staff = runtime.block_on(people::add_operator(
            &engine,
            "Vera Lindqvist",
            "vera@orbit.example",
            "a passphrase that is long enough",
        ));
        let staff = staff.unwrap();
        let auth = Auth::new(engine.clone());
        runtime.spawn(listeners.serve(engine, Shutdown::default()));
        let nobody = |address| Api::new(Door::new(address), Chance::new(0));
        let mut vera = nobody(addresses.console);
        vera.door = runtime.block_on(door(&auth, Principal::Staff(staff), addresses));
        let sample = vendor::build(&mut vera);
        let l1 = issue(&mut vera, &sample.orbit, &sample.acme, "starter", L1_KEY);
        let portal = |seed| Api::new(Door::new(addresses.portal), Chance::new(seed));
        let (ann, bob, gina) = (portal(1), portal(2), portal(3));
        let mut world =
            Self { vera, ann, bob, gina, sample, l1, addresses, clock, auth, staff, runtime };
        world.sign_everybody_in();
        world
    }

    /// Moves the clock, and signs everybody in again: sign-ins end.
    pub fn at(&mut self, instant: &str) {
        let instant: jiff::Timestamp = instant.parse().unwrap();
        self.clock.set(Timestamp::from_micros(instant.as_microsecond()));
        self.sign_everybody_in();
    }

    fn sign_everybody_in(&mut self) {
        self.vera.door = self.door_of(Principal::Staff(self.staff));
        self.ann.door = self.door_of(member(&self.sample.ann));
        self.bob.door = self.door_of(member(&self.sample.bob));
        self.gina.door = self.door_of(member(&self.sample.gina));
    }

    /// The door of somebody, signed in.
    pub fn door_of(&self, principal: Principal) -> Door {
        self.runtime.block_on(door(&self.auth, principal, self.addresses))
    }

    /// A token of somebody, for one of the sides.
    pub fn token_of(&self, principal: Principal, side: Audience) -> String {
        self.runtime.block_on(self.auth.issue_token(principal, side)).unwrap().token
    }

    /// The vendor's operator as a principal.
    pub const fn vera_herself(&self) -> Principal {
        Principal::Staff(self.staff)
    }

    /// Another license; gives its id.
    pub fn issue(&mut self, account: &str, source: &str, key: &str) -> String {
        issue(&mut self.vera, &self.sample.orbit, account, source, key)
    }

    /// Members of acme beside ann and bob; gives their ids.
    pub fn people(&mut self, count: usize) -> Vec<String> {
        let acme = self.sample.acme.clone();
        let one = |number: usize| {
            let email = format!("person{number}@acme.example");
            vendor::member(&mut self.vera, &acme, &format!("Person {number}"), &email, "MEMBER")
        };
        (0..count).map(one).collect()
    }

    /// Runs what needs a runtime.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A license as ann sees it.
    #[track_caller]
    pub fn seen_by_ann(&mut self, license: &str, selection: &str) -> Value {
        seen(&mut self.ann, license, selection)
    }
}

async fn door(auth: &Auth, principal: Principal, addresses: Addresses) -> Door {
    let (audience, address) = match principal {
        Principal::Member(_) => (Audience::Portal, addresses.portal),
        Principal::Staff(_) => (Audience::Console, addresses.console),
    };
    let signed_in = auth.issue_token(principal, audience).await.unwrap();
    Door::new(address).with_token(&signed_in.token)
}

/// A member as a principal.
pub fn member(id: &str) -> Principal {
    Principal::Member(id.parse::<MemberId>().unwrap())
}

fn issue(vera: &mut Api, product: &str, account: &str, source: &str, key: &str) -> String {
    let term = json!({ "from": "2026-08-01T00:00:00Z", "until": "2027-01-31T00:00:00Z" });
    let input = json!({ "accountId": account, "productId": product, "source": source,
        "acquired": "ORDER", "key": key, "term": term });
    text(&vera.done("licenseIssue", input, "license { id }")["license"]["id"])
}

/// A license as somebody sees it; null when not at all.
#[track_caller]
pub fn seen(who: &mut Api, license: &str, selection: &str) -> Value {
    let query = format!("query($id: ID!) {{ license(id: $id) {{ {selection} }} }}");
    who.query(&query, &json!({ "id": license }))["license"].take()
}

/// The texts at a key of each of these objects.
pub fn each(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().map(|one| text(&one[key])).collect()
}

/// The first of these objects that has this text at this key.
#[track_caller]
pub fn find<'a>(list: &'a Value, key: &str, wanted: &str) -> &'a Value {
    let all = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    let found = all.iter().find(|one| one[key] == *wanted);
    found.unwrap_or_else(|| panic!("no `{wanted}` in {list}"))
}
