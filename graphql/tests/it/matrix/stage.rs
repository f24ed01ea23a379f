//! A parent with two sub-accounts and a stranger, each with a license, a person without a role, a device and a domain;
//! and who calls.

use projections::scope::TenantScope;
use schemas::access::{Audience, TokenScope};
use schemas::{AccountId, ActivationId, EventId, GrantId, LicenseId, MemberId, Timestamp, TokenId};
use serde_json::{Value, json};

use crate::world::{T0, World, command, text};

/// Who calls at the portal.
pub const CALLERS: [&str; 8] = ["ann", "aud", "mem", "eva", "lim", "gad", "gau", "gus"];

/// One account and what is of it; or names of nothing.
pub struct Place {
    pub name: &'static str,
    pub account: String,
    pub license: String,
    pub person: String,
    pub device: String,
    pub domain: String,
    /// The fact that a seat was given to the person.
    pub entry: String,
    /// What was granted on the license.
    pub grant: String,
    /// An account below it.
    pub branch: String,
    /// That a partner acts for it.
    pub link: String,
    /// The token of a program of the person.
    pub token: String,
    /// An instant that is not far.
    pub soon: String,
}

pub struct Stage {
    pub world: World,
    pub places: Vec<Place>,
}

impl Stage {
    pub async fn new() -> Self {
        let world = World::fixture().await;
        let acme_us = world.open("Acme US", "C-1-US", Some(&world.ids.acme)).await;
        let accounts = [
            ("acme", world.ids.acme.clone(), world.ids.license.clone()),
            ("acme-eu", world.ids.acme_eu.clone(), issue(&world, &world.ids.acme_eu).await),
            ("acme-us", acme_us.clone(), issue(&world, &acme_us).await),
            ("globex", world.ids.globex.clone(), world.ids.foreign_license.clone()),
        ];
        let mut stage = Self { world, places: Vec::new() };
        for (name, account, license) in accounts {
            let place = stage.furnish(name, account, license).await;
            stage.places.push(place);
        }
        stage.people().await;
        let id = || ledger_log::derive::new_uuid(T0).expect("random bytes");
        stage.places.push(Place {
            name: "nothing",
            account: AccountId::new(id()).to_string(),
            license: LicenseId::new(id()).to_string(),
            person: MemberId::new(id()).to_string(),
            device: ActivationId::new(id()).to_string(),
            domain: ActivationId::new(id()).to_string(),
            entry: EventId::new(id()).to_string(),
            grant: GrantId::new(id()).to_string(),
            branch: AccountId::new(id()).to_string(),
            link: GrantId::new(id()).to_string(),
            token: TokenId::new(id()).to_string(),
            soon: ledger::calendar::text(stage.soon()),
        });
        stage
    }

    /// A person with a seat and a device, a domain, and somebody who audits the license.
    async fn furnish(&self, name: &'static str, account: String, license: String) -> Place {
        let world = &self.world;
        let person = world.add_member(&account, &format!("person-{name}")).await;
        let clerk = world.add_member(&account, &format!("clerk-{name}")).await;
        let seat = json!({ "commandId": command(), "licenseId": license, "memberId": person });
        world.done("seatAssign", "SeatAssignInput", seat, "license { id }").await;
        let bound = json!({ "commandId": command(), "licenseId": license, "fingerprint": name, "name": name,
            "memberId": person });
        let device =
            world.done("deviceActivate", "DeviceActivateInput", bound, "device { id }").await;
        let bound = json!({ "commandId": command(), "licenseId": license, "domain": format!("{name}.example.com") });
        let domain =
            world.done("domainActivate", "DomainActivateInput", bound, "device { id }").await;
        world.prove("vera").await;
        let over = json!({ "commandId": command(), "licenseId": license, "memberId": clerk, "role": "AUDITOR" });
        let grant = world.done("roleGrant", "RoleGrantInput", over, "grant { id }").await;
        let branch =
            world.open(&format!("Below {name}"), &format!("B-{name}"), Some(&account)).await;
        let partner = world.open(&format!("Partner of {name}"), &format!("P-{name}"), None).await;
        let linked = json!({ "commandId": command(), "accountId": account, "partnerId": partner,
            "role": "LICENSE_MANAGER" });
        let linked = world.done("partnerLink", "PartnerLinkInput", linked, "link { id }").await;
        let history = "query($id: ID!) { history(license: $id) { nodes { id fact } } }";
        let told = world.data(&world.console, "vera", history, json!({ "id": license })).await;
        let entries = told["history"]["nodes"].as_array().expect("entries");
        let entry = entries.iter().find(|one| one["fact"] == "seat_assigned").expect("a seat");
        let member: MemberId = person.parse().expect("a member id");
        let bearer = format!("program-{name}");
        let scopes = [TokenScope::Read];
        let token = world.issue_program(member.uuid(), &bearer, Audience::Portal, &scopes).await;
        Place {
            name,
            account,
            token: token.to_string(),
            person,
            device: text(&device["device"]["id"]),
            domain: text(&domain["device"]["id"]),
            entry: text(&entry["id"]),
            grant: text(&grant["grant"]["id"]),
            branch,
            link: text(&linked["link"]["id"]),
            soon: ledger::calendar::text(self.soon()),
            license,
        }
    }

    async fn people(&self) {
        let (world, places) = (&self.world, &self.places);
        let [acme, eu, ..] = &places[..] else { panic!("four places") };
        world.join(&acme.account, "aud", "AUDITOR").await;
        let mem = world.join(&acme.account, "mem", "MEMBER").await;
        world.join(&eu.account, "eva", "ORG_ADMIN").await;
        let lim = world.join(&eu.account, "lim", "MEMBER").await;
        let gad = world.join(&acme.account, "gad", "MEMBER").await;
        let gau = world.join(&eu.account, "gau", "MEMBER").await;
        // mem uses what acme bought; the device there is its own.
        let seat = json!({ "commandId": command(), "licenseId": acme.license, "memberId": mem });
        world.done("seatAssign", "SeatAssignInput", seat, "license { id }").await;
        for (member, role, over) in [
            (lim, "LICENSE_MANAGER", json!({ "licenseId": eu.license })),
            (gad, "ADMIN", json!({ "accountId": eu.account })),
            (gau, "AUDITOR", json!({ "accountId": acme.account })),
        ] {
            let mut input = over;
            input["commandId"] = json!(command());
            input["memberId"] = json!(member);
            input["role"] = json!(role);
            input["endsAt"] = json!(ledger::calendar::text(T0.plus_seconds(90 * 86_400)));
            world.done("roleGrant", "RoleGrantInput", input, "grant { id }").await;
        }
    }

    /// An instant at which everything still is as now.
    pub fn soon(&self) -> Timestamp {
        T0.plus_seconds(30 * 86_400)
    }

    /// Who somebody is that calls at the portal.
    pub fn scope(&self, caller: &str) -> TenantScope {
        let digest = schemas::Digest(*blake3::hash(caller.as_bytes()).as_bytes());
        let now = ledger_log::Clock::now(&*self.world.clock);
        let views = &self.world.gate.projections;
        let found = views.read(|views| {
            let person = views.authenticate_portal_token(&digest, now);
            person.or_else(|_| views.authenticate_portal_program(&digest, None, now))
        });
        found.expect("a caller")
    }

    /// Whether the caller sees what has this id, and everything of it.
    pub fn sees(&self, caller: &str, object: &str, id: &str) -> (bool, bool) {
        let scope = self.scope(caller);
        self.world.gate.projections.read(|views| match object {
            "License" => {
                let license = id.parse().expect("a license");
                (views.sees_license(&scope, license), views.sees_whole_license(&scope, license))
            }
            "Account" => {
                let account = id.parse().expect("an account");
                (views.sees_account(&scope, account), views.sees_whole_account(&scope, account))
            }
            _ => {
                let seen = views.sees_person(&scope, id.parse().expect("a person"));
                (seen, seen)
            }
        })
    }

    /// Runs a mutation at the portal.
    pub async fn act(&self, caller: &str, mutation: &str, input: Value) -> Value {
        let mut name = mutation.to_owned();
        name[..1].make_ascii_uppercase();
        let kind = match mutation {
            "domainDeactivate" => "DeviceDeactivateInput".to_owned(),
            _ => format!("{name}Input"),
        };
        let query = format!(
            "mutation M($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code field }} }} }}"
        );
        let world = &self.world;
        let answer = world.ask(&world.portal, caller, &query, json!({ "input": input })).await;
        assert_eq!(answer.get("errors"), None, "{mutation}: {answer}");
        answer["data"][mutation].clone()
    }
}

async fn issue(world: &World, account: &str) -> String {
    world.issue(account, "starter-bundle").await
}
