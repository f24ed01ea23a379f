//! S0.25: one customer shares out what it bought among its sub-accounts.

use serde_json::{Value, json};

use crate::client::{codes, each};
use crate::stage::text;
use crate::world::World;

/// acme with 25 seats: ten for Europe, ten for America, five for anybody; somebody who looks after Europe alone.
struct Shared {
    world: World,
    license: String,
    acme_us: String,
}

fn shared() -> Shared {
    let world = World::without_licenses(crate::world::T0);
    world.member("acme-eu", "eve", "Eve Lynx", "ORG_ADMIN");
    // Its id is no secret of acme's: the branches know it.
    let input = json!({ "accountId": world.acme, "productId": world.orbit, "source": "growth" });
    let made = world.done("vera", "licenseIssue", input, "license { id }");
    let license = text(&made["license"]["id"]);
    let below = world.ask("ann", "{ account { subAccounts { nodes { id name } } } }", json!({}));
    let below = below["account"]["subAccounts"]["nodes"].as_array().unwrap().clone();
    let us = below.iter().find(|one| one["name"] == "Acme Puma America").unwrap();
    let acme_us = us["id"].as_str().unwrap().to_owned();
    for account in [&world.acme_eu, &acme_us] {
        let given = json!({ "licenseId": license, "accountId": account, "seats": "10" });
        world.done("ann", "seatsAllocate", given, "license { id }");
    }
    Shared { world, license, acme_us }
}

impl Shared {
    fn seat(&self, who: &str, member: &str) -> Vec<String> {
        let seat = json!({ "licenseId": self.license, "memberId": member });
        codes(&self.world.act(who, "seatAssign", seat, "license { id }"))
    }

    fn allocate(&self, who: &str, account: &str, seats: u64) -> Vec<String> {
        let given =
            json!({ "licenseId": self.license, "accountId": account, "seats": seats.to_string() });
        codes(&self.world.act(who, "seatsAllocate", given, "license { id }"))
    }

    fn people(&self, tenant: &str, count: usize) -> Vec<String> {
        let one = |n: usize| {
            let short = format!("{tenant}{n}");
            self.world.member(tenant, &short, &format!("{short} Person"), "MEMBER")
        };
        (0..count).map(one).collect()
    }

    fn told(&self, who: &str) -> Value {
        self.world.license(
            who,
            &self.license,
            "allocations { accountName seats assigned available mayChange } seats { assigned available reserved }",
        )
    }
}

#[test]
fn s0_25_ten_for_europe_ten_for_america_and_five_for_whoever_comes_first() {
    let shared = shared();
    let europe = shared.people("acme-eu", 16);
    for one in &europe[..15] {
        assert_eq!(shared.seat("ann", one), [""; 0]);
    }
    assert_eq!(shared.seat("ann", &europe[15]), ["NO_SEAT_AVAILABLE"], "ten and the five");
    let expected = json!({
        "allocations": [
            { "accountName": "Acme Lynx Europe", "seats": "10", "assigned": "15", "available": "0", "mayChange": true },
            { "accountName": "Acme Puma America", "seats": "10", "assigned": "0", "available": "10", "mayChange": true },
        ],
        "seats": { "assigned": "15", "available": "0", "reserved": "10" },
    });
    let mut told = shared.told("ann");
    told["allocations"].as_array_mut().unwrap().sort_by_key(|one| one["accountName"].to_string());
    assert_eq!(told, expected);
    // Nothing of America's is Europe's to take, and nothing that is used is given away.
    assert_eq!(shared.allocate("ann", &shared.world.acme_eu, 16), ["SEATS_NOT_FREE"]);
    assert_eq!(shared.allocate("ann", &shared.acme_us, 11), ["SEATS_NOT_FREE"]);
    assert_eq!(shared.allocate("ann", &shared.acme_us, 9), [""; 0]);
    assert_eq!(
        shared.seat("ann", &europe[15]),
        [""; 0],
        "what is given back is for whoever comes first"
    );
    assert_eq!(shared.seat("ann", &shared.world.bob), ["NO_SEAT_AVAILABLE"]);
}

#[test]
fn s0_25_who_looks_after_one_branch_sees_and_gives_the_seats_of_that_branch() {
    let shared = shared();
    let world = &shared.world;
    let lynx = shared.people("acme-eu", 2);
    assert_eq!(shared.seat("ann", &world.bob), [""; 0]);
    assert_eq!(shared.seat("eve", &lynx[0]), [""; 0]);
    assert_eq!(shared.seat("eve", &world.bob), ["FORBIDDEN"], "not of that branch");

    let license = world.license(
        "eve",
        &shared.license,
        "may history { totalCount } devices { totalCount } allocations { accountName seats assigned available mayChange } \
         seatHolders { nodes { memberId } } seatCandidates { nodes { id } }",
    );
    assert_eq!(license["may"], json!(["SEE_LICENSE", "MANAGE_SEATS"]));
    assert_eq!(license["history"], Value::Null, "it names people of other branches");
    let own = json!([{ "accountName": "Acme Lynx Europe", "seats": "10", "assigned": "1", "available": "13", "mayChange": false }]);
    assert_eq!(license["allocations"], own);
    assert_eq!(each(&license["seatHolders"]["nodes"], "memberId"), [lynx[0].clone()]);
    let candidates = each(&license["seatCandidates"]["nodes"], "id");
    assert!(candidates.contains(&lynx[1]) && !candidates.contains(&world.bob), "{candidates:?}");

    // Its own seats are not for the branch to make more, nor others' for it to see.
    assert_eq!(shared.allocate("eve", &world.acme_eu, 11), ["FORBIDDEN"]);
    assert_eq!(shared.allocate("eve", &shared.acme_us, 1), ["FORBIDDEN"]);
    let overview =
        "{ licenses { nodes { id } } dashboard { total seats { purchased assigned available } } }";
    let seen = world.ask("eve", overview, json!({}));
    assert_eq!(each(&seen["licenses"]["nodes"], "id"), std::slice::from_ref(&shared.license));
    let counted =
        json!({ "total": 1, "seats": { "purchased": "10", "assigned": "1", "available": "9" } });
    assert_eq!(seen["dashboard"], counted);

    // What is taken back is gone before the answer.
    assert_eq!(shared.allocate("ann", &world.acme_eu, 0), [""; 0]);
    assert_eq!(world.license("eve", &shared.license, "id"), Value::Null);
    assert_eq!(shared.seat("eve", &lynx[1]), ["NOT_FOUND"]);
}

#[test]
fn s0_25_a_branch_passes_on_what_it_has_and_no_more() {
    let shared = shared();
    let world = &shared.world;
    let below = json!({ "name": "Acme Lynx Germany", "parentId": world.acme_eu, "externalId": "crm-lynx-de" });
    let germany = world.done("vera", "accountOpen", below, "account { id }");
    let germany = germany["account"]["id"].as_str().unwrap().to_owned();
    assert_eq!(shared.allocate("eve", &germany, 11), ["ALLOCATIONS_EXCEED"]);
    assert_eq!(shared.allocate("eve", &germany, 4), [""; 0]);
    assert_eq!(shared.allocate("ann", &world.acme_eu, 3), ["ALLOCATIONS_EXCEED"]);
    let told = shared.told("eve");
    let rows: Vec<_> = told["allocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["seats"].clone(), row["available"].clone(), row["mayChange"].clone()))
        .collect();
    assert!(
        rows.contains(&(json!("10"), json!("11"), json!(false))),
        "six of its own, five shared: {rows:?}"
    );
    assert!(rows.contains(&(json!("4"), json!("15"), json!(true))), "{rows:?}");
}
