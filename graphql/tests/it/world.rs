//! A ledger in memory with both doors before it, and the vendor of the fixture: `acme` (with
//! `acme-eu`) and `globex`, ann and bob of acme, gus of globex, vera and rita of the vendor,
//! product `orbit`, license L1.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::future::BoxFuture;
use graphql::door::{Denial, Gatekeeper, Pass};
use graphql::vain::Vain;
use graphql::{Gate, Limits, console, http as door_http, portal};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::staff::{Command as StaffCommand, StaffRules};
use ledger_log::{Codec, CommandMeta, EventLog, Keystore, Ledger, ManualClock, MemoryLog, derive};
use projections::{Changes, Options, Projections};
use schemas::access::{ApiTokenCreated, Audience, TokenScope};
use schemas::account::PersonProfile;
use schemas::staff::StaffRole;
use schemas::{Actor, CommandId, Digest, MemberId, StaffId, StreamName, Timestamp, TokenId};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

/// 2026-08-01T00:00:00Z.
pub const T0: Timestamp = Timestamp::from_micros(1_785_542_400_000_000);

pub struct PortalKeeper(pub Projections, pub Arc<ManualClock>);
pub struct ConsoleKeeper(pub Projections, pub Arc<ManualClock>);

fn digest_of(bearer: &str) -> Digest {
    Digest(*blake3::hash(bearer.as_bytes()).as_bytes())
}

impl Gatekeeper<portal::Viewer> for PortalKeeper {
    fn admit<'a>(
        &'a self,
        bearer: &'a str,
        from: Option<IpAddr>,
    ) -> BoxFuture<'a, Result<Pass<portal::Viewer>, Denial>> {
        Box::pin(async move {
            let now = ledger_log::Clock::now(&*self.1);
            let digest = digest_of(bearer);
            let scope = self.0.read(|views| {
                let person = views.authenticate_portal_token(&digest, now);
                person.or_else(|_| views.authenticate_portal_program(&digest, from, now))
            });
            let scope = scope.map_err(|_| Denial::Unknown)?;
            if scope.second_factor_missing() {
                return Err(Denial::SecondFactorMissing);
            }
            Ok(Pass { viewer: portal::Viewer { scope }, principal: scope.member().uuid(), from })
        })
    }

    fn charge(&self, _: &Pass<portal::Viewer>, _: u64) -> Result<(), Duration> {
        Ok(())
    }

    fn in_vain(&self, _: &Pass<portal::Viewer>, _: Vain) {}

    fn changes(&self) -> Changes {
        self.0.changes()
    }
}

impl Gatekeeper<console::Viewer> for ConsoleKeeper {
    fn admit<'a>(
        &'a self,
        bearer: &'a str,
        from: Option<IpAddr>,
    ) -> BoxFuture<'a, Result<Pass<console::Viewer>, Denial>> {
        Box::pin(async move {
            let now = ledger_log::Clock::now(&*self.1);
            let digest = digest_of(bearer);
            let scope = self.0.read(|views| {
                let person = views.authenticate_console_token(&digest, now);
                person.or_else(|_| views.authenticate_console_program(&digest, from, now))
            });
            let scope = scope.map_err(|_| Denial::Unknown)?;
            Ok(Pass { viewer: console::Viewer { scope }, principal: Uuid::nil(), from })
        })
    }

    fn charge(&self, _: &Pass<console::Viewer>, _: u64) -> Result<(), Duration> {
        Ok(())
    }

    fn in_vain(&self, _: &Pass<console::Viewer>, _: Vain) {}

    fn changes(&self) -> Changes {
        self.0.changes()
    }
}

#[derive(Clone)]
pub struct World {
    pub gate: Gate,
    pub clock: Arc<ManualClock>,
    pub portal: Router,
    pub console: Router,
    pub ids: Ids,
}

#[derive(Clone, Default)]
pub struct Ids {
    pub product: String,
    pub acme: String,
    pub acme_eu: String,
    pub globex: String,
    pub ann: String,
    pub bob: String,
    pub rita: String,
    pub license: String,
    pub foreign_license: String,
}

impl World {
    /// The ledger with the vendor's two people and nothing else.
    pub async fn empty() -> Self {
        Self::with_limits(Limits::portal(), Limits::console()).await
    }

    pub async fn with_limits(portal_limits: Limits, console_limits: Limits) -> Self {
        Self::over(Arc::new(MemoryLog::new()), portal_limits, console_limits).await
    }

    async fn over(log: Arc<dyn EventLog>, portal_limits: Limits, console_limits: Limits) -> Self {
        let codec = Arc::new(Codec::new(Arc::new(Keystore::in_memory().expect("a keystore"))));
        let options = Options::in_memory();
        let projections = Projections::start(Arc::clone(&log), Arc::clone(&codec), options);
        let projections = projections.await.expect("views start");
        let clock = Arc::new(ManualClock::new(T0));
        let ledger = Ledger::new(log, codec, Arc::clone(&clock) as Arc<dyn ledger_log::Clock>)
            .with_inline(Arc::new(projections.clone()));
        let environment = graphql::api_token::Environment::Test;
        let gate = Gate {
            ledger,
            projections: projections.clone(),
            sealing: None,
            environment,
            turn: Arc::default(),
        };
        let portal_keeper = Arc::new(PortalKeeper(projections.clone(), Arc::clone(&clock)));
        let console_keeper = Arc::new(ConsoleKeeper(projections, Arc::clone(&clock)));
        let mut world = Self {
            portal: door_http::router(portal::door(&gate, portal_limits, portal_keeper)),
            console: door_http::router(console::door(&gate, console_limits, console_keeper)),
            gate,
            clock,
            ids: Ids::default(),
        };
        world.add_staff("vera", StaffRole::Operator).await;
        world.ids.rita = world.add_staff("rita", StaffRole::Auditor).await.to_string();
        world
    }

    /// The whole fixture.
    pub async fn fixture() -> Self {
        Self::fixture_over(Arc::new(MemoryLog::new())).await
    }

    /// The whole fixture in this log.
    pub async fn fixture_over(log: Arc<dyn EventLog>) -> Self {
        let mut world = Self::over(log, Limits::portal(), Limits::console()).await;
        world.publish().await;
        world.ids.acme = world.open("Acme", "C-1", None).await;
        let acme = world.ids.acme.clone();
        world.ids.acme_eu = world.open("Acme Europe", "C-1-EU", Some(&acme)).await;
        world.ids.globex = world.open("Globex", "C-2", None).await;
        world.ids.ann = world.join(&acme, "ann", "ORG_ADMIN").await;
        world.ids.bob = world.join(&acme, "bob", "MEMBER").await;
        let globex = world.ids.globex.clone();
        world.join(&globex, "gus", "ORG_ADMIN").await;
        world.ids.license = world.issue(&acme, "starter-bundle").await;
        world.ids.foreign_license = world.issue(&globex, "starter-bundle").await;
        world
    }

    async fn add_staff(&self, name: &str, role: StaffRole) -> StaffId {
        let staff = StaffId::new(Uuid::new_v5_like(name));
        let keystore = self.gate.ledger.codec().keystore();
        let email = format!("{name}@vendor.example");
        let command = StaffCommand::Add {
            staff,
            role,
            email_digest: keystore.digest("email", email.as_bytes()),
            profile: PersonProfile { name: name.to_owned(), email, external_id: None },
        };
        let ran = self.gate.ledger.transact::<StaffRules>(staff.into(), command, self.meta()).await;
        ran.expect("staff is added");
        self.issue_token(staff.uuid(), name, Audience::Console).await;
        staff
    }

    /// Records what the operator asks of the rules, without the door.
    pub async fn run<D: ledger::Decider>(
        &self,
        stream: impl Into<StreamName>,
        command: D::Command,
    ) -> ledger_log::Receipt<D::Event>
    where
        D::Rejection: std::fmt::Debug,
    {
        let ran = self.gate.ledger.transact::<D>(stream.into(), command, self.meta()).await;
        ran.expect("the rules allow it")
    }

    fn meta(&self) -> CommandMeta {
        let id = derive::new_uuid(T0).expect("random bytes");
        CommandMeta::new(CommandId::new(id), Digest::ZERO, Actor::Operator)
    }

    /// Lets a principal in with its own name as bearer token.
    pub async fn issue_token(&self, principal: Uuid, bearer: &str, audience: Audience) -> TokenId {
        let token = TokenId::new(derive::new_uuid(T0).expect("random bytes"));
        let command = AccessCommand::IssueToken {
            token,
            audience,
            secret_digest: digest_of(bearer),
            expires_at: T0.plus_seconds(400 * 86_400),
        };
        let stream = StreamName::access(principal);
        let ran = self.gate.ledger.transact::<AccessRules>(stream, command, self.meta()).await;
        ran.expect("a token is issued");
        token
    }

    /// Lets a program in for a principal, with a bearer token of its own.
    pub async fn issue_program(
        &self,
        principal: Uuid,
        bearer: &str,
        audience: Audience,
        scopes: &[TokenScope],
    ) -> TokenId {
        let token = TokenId::new(derive::new_uuid(T0).expect("random bytes"));
        let command = AccessCommand::CreateApiToken(ApiTokenCreated {
            token,
            audience,
            name: bearer.to_owned(),
            scopes: scopes.to_vec(),
            networks: Vec::new(),
            secret_digest: digest_of(bearer),
            expires_at: T0.plus_seconds(300 * 86_400),
        });
        let stream = StreamName::access(principal);
        let ran = self.gate.ledger.transact::<AccessRules>(stream, command, self.meta()).await;
        ran.expect("a token is made");
        token
    }

    /// Sets up a second factor for a member of a customer.
    pub async fn give_second_factor(&self, member: &str) {
        let member: MemberId = member.parse().expect("a member id");
        let command = AccessCommand::SetSecondFactor {
            subject: member.into(),
            secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
            step: 1,
            recovery: Vec::new(),
        };
        let stream = StreamName::access(member.uuid());
        let ran = self.gate.ledger.transact::<AccessRules>(stream, command, self.meta()).await;
        ran.expect("a second factor is set up");
    }

    /// Shows again who somebody is, as the service does it once the password was right.
    pub async fn prove(&self, who: &str) {
        let (digest, now) = (digest_of(who), ledger_log::Clock::now(&*self.clock));
        let (principal, session) = self.gate.projections.read(|views| {
            if let Ok(scope) = views.authenticate_portal_token(&digest, now) {
                return (scope.member().uuid(), scope.session());
            }
            let scope = views.authenticate_console_token(&digest, now).expect("a session");
            let Actor::Staff(staff) = scope.actor() else { panic!("{who} is nobody") };
            (staff.uuid(), scope.session())
        });
        let command = AccessCommand::ConfirmToken { token: session.expect("a session").token };
        let stream = StreamName::access(principal);
        let ran = self.gate.ledger.transact::<AccessRules>(stream, command, self.meta()).await;
        ran.expect("a session is confirmed");
    }

    pub async fn revoke_token(&self, principal: Uuid, token: TokenId) {
        let command = AccessCommand::RevokeToken { token };
        let stream = StreamName::access(principal);
        let ran = self.gate.ledger.transact::<AccessRules>(stream, command, self.meta()).await;
        ran.expect("a token is revoked");
    }

    async fn publish(&mut self) {
        let input = json!({ "commandId": command(), "code": "orbit", "name": "Orbit" });
        let product =
            self.done("productPublish", "ProductPublishInput", input, "product { id }").await;
        self.ids.product = text(&product["product"]["id"]);
        for (key, kind) in
            [("core", "BOOLEAN"), ("advanced_analytics", "BOOLEAN"), ("sso", "BOOLEAN")]
        {
            self.publish_part(
                "featureDefine",
                "FeatureDefineInput",
                json!({ "key": key, "name": key, "module": "Base", "type": kind }),
            )
            .await;
        }
        let metered =
            json!({ "key": "api_calls", "name": "API calls", "type": "METERED", "unit": "call" });
        self.publish_part("featureDefine", "FeatureDefineInput", metered).await;
        for (code, features, calls) in [
            ("starter", vec!["core"], "10000"),
            ("growth", vec!["core", "advanced_analytics"], "100000"),
        ] {
            let mut values: Vec<Value> =
                features.iter().map(|one| json!({ "feature": one, "enabled": true })).collect();
            values.push(json!({ "feature": "api_calls", "allowance": { "limit": calls }, "resetEvery": "P1M" }));
            let edition = json!({ "code": code, "name": code, "values": values });
            self.publish_part("editionPublish", "EditionPublishInput", edition).await;
        }
        let all = json!({ "code": "enterprise", "name": "enterprise", "allFeatures": true });
        self.publish_part("editionPublish", "EditionPublishInput", all).await;
        let plan = json!({ "code": "yearly", "name": "Yearly", "planKind": "PAID", "term": "P183D", "grace": "P14D" });
        self.publish_part("planPublish", "PlanPublishInput", plan).await;
        for (code, seats) in [
            ("starter", json!({ "limit": "5" })),
            ("growth", json!({ "limit": "25" })),
            ("enterprise", json!({ "unlimited": true })),
        ] {
            let offering = json!({
                "code": format!("{code}-offering"), "name": code, "edition": code, "plan": "yearly",
                "seats": seats, "devices": { "limit": "2" }, "domains": { "limit": "1" },
                "services": if code == "enterprise" { json!([{ "key": "support_tier", "value": "dedicated" }]) } else { json!([]) },
            });
            self.publish_part("offeringPublish", "OfferingPublishInput", offering).await;
            let bundle = json!({
                "code": format!("{code}-bundle"), "name": format!("{code} bundle"),
                "offerings": [format!("{code}-offering")], "selfService": code == "growth",
            });
            self.publish_part("bundlePublish", "BundlePublishInput", bundle).await;
        }
    }

    pub async fn publish_part(&self, mutation: &str, kind: &str, mut input: Value) {
        input["commandId"] = json!(command());
        input["productId"] = json!(self.ids.product);
        self.done(mutation, kind, input, "product { id }").await;
    }

    pub async fn open(&self, name: &str, number: &str, parent: Option<&str>) -> String {
        let input = json!({ "commandId": command(), "name": name, "externalId": number, "parentId": parent });
        let opened = self.done("accountOpen", "AccountOpenInput", input, "account { id }").await;
        text(&opened["account"]["id"])
    }

    pub async fn join(&self, account: &str, name: &str, role: &str) -> String {
        let email = format!("{name}@example.com");
        let input = json!({ "commandId": command(), "accountId": account, "name": name, "email": email, "role": role });
        let added = self.done("memberAdd", "MemberAddInput", input, "member { id }").await;
        let id = text(&added["member"]["id"]);
        let member: MemberId = id.parse().expect("a member id");
        self.issue_token(member.uuid(), name, Audience::Portal).await;
        id
    }

    pub async fn add_member(&self, account: &str, name: &str) -> String {
        self.join(account, name, "MEMBER").await
    }

    pub async fn issue(&self, account: &str, source: &str) -> String {
        let input = json!({ "commandId": command(), "accountId": account, "productId": self.ids.product, "source": source });
        let issued = self.done("licenseIssue", "LicenseIssueInput", input, "license { id }").await;
        text(&issued["license"]["id"])
    }

    /// Runs a mutation at the console as vera; it must succeed.
    pub async fn done(&self, mutation: &str, kind: &str, input: Value, object: &str) -> Value {
        let payload = self.act(&self.console, "vera", mutation, kind, input, object).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
        payload
    }

    /// Runs a mutation and gives its payload.
    pub async fn act(
        &self,
        door: &Router,
        who: &str,
        mutation: &str,
        kind: &str,
        input: Value,
        object: &str,
    ) -> Value {
        let query = format!(
            "mutation M($input: {kind}!) {{ {mutation}(input: $input) {{ {object} replayed position consistencyToken \
             userErrors {{ code message field advice rule }} }} }}"
        );
        let answer = self.ask(door, who, &query, json!({ "input": input })).await;
        assert_eq!(answer.get("errors"), None, "{mutation}: {answer}");
        answer["data"][mutation].clone()
    }

    /// Asks a question and gives the whole answer.
    pub async fn ask(&self, door: &Router, who: &str, query: &str, variables: Value) -> Value {
        let asked = variables.to_string();
        let body = json!({ "query": query, "variables": variables }).to_string();
        let (_, answer) = send(door, post(who, body)).await;
        self.assert_nothing_foreign(who, &asked, &answer);
        serde_json::from_str(&answer).expect("JSON")
    }

    /// No answer to a customer may name anything of another one, unless the question did: names and ids are the canaries.
    fn assert_nothing_foreign(&self, who: &str, asked: &str, answer: &str) {
        let ids = &self.ids;
        let globex = [&ids.globex, &ids.foreign_license].map(String::as_str);
        let acme = [&ids.acme, &ids.acme_eu, &ids.ann, &ids.bob, &ids.license].map(String::as_str);
        let foreign = match who {
            "vera" | "rita" => return,
            "gus" => [&acme[..], &["Acme"]].concat(),
            _ => [&globex[..], &["Globex", "gus@"]].concat(),
        };
        for canary in foreign.into_iter().filter(|canary| !canary.is_empty()) {
            let told = answer.contains(canary) && !asked.contains(canary);
            assert!(!told, "{who} was told {canary}: {answer}");
        }
    }

    /// Asks a question that must be answered without errors.
    pub async fn data(&self, door: &Router, who: &str, query: &str, variables: Value) -> Value {
        let answer = self.ask(door, who, query, variables).await;
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        answer["data"].clone()
    }

    /// How many facts the ledger has.
    pub async fn facts(&self) -> usize {
        self.gate.ledger.log().read_all(None, 100_000).await.expect("the log is readable").len()
    }

    pub fn days_later(&self, days: i64) {
        self.clock.set(T0.plus_seconds(days * 86_400));
    }
}

trait FromName {
    fn new_v5_like(name: &str) -> Uuid;
}

impl FromName for Uuid {
    fn new_v5_like(name: &str) -> Uuid {
        let hash = blake3::hash(name.as_bytes());
        Uuid::from_slice(&hash.as_bytes()[..16]).expect("16 bytes")
    }
}

/// A command id of its own for each intent.
pub fn command() -> String {
    derive::new_uuid(T0).expect("random bytes").to_string()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, got {value}")).to_owned()
}

pub fn codes(payload: &Value) -> Vec<String> {
    let errors = payload["userErrors"].as_array().expect("user errors");
    errors.iter().map(|error| text(&error["code"])).collect()
}

pub fn post(who: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/graphql")
        .header("authorization", format!("Bearer {who}"))
        .header("content-type", "application/json")
        .header("accept", "application/graphql-response+json")
        .body(body.into())
        .expect("a request")
}

pub async fn send(door: &Router, request: Request<Body>) -> (StatusCode, String) {
    let answer = door.clone().oneshot(request).await.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}
