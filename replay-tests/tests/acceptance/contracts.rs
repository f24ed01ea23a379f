//! S1.21 and S2.49: terms end by the clocks of the contract and are shown with their offset; currency, locale and data
//! region; notice of automatic renewals by country, from a policy in versions.

use serde_json::{Value, json};

use crate::client::list;
use crate::stage::text;
use crate::world::World;

const DEFAULTS: &str = "account { contract { timeZone country currency locale dataRegion } }";
const TERM: &str = "term { from until } lastSecond { at local timeZone } \
    contract { timeZone country currency locale priceMinor }";
const NOTICE: &str = "renewalNotice { by { at local timeZone } noticeDays cancelBy { local } \
    cancelDays country policyVersion }";

/// What globex contracts with.
fn defaults(world: &World, zone: &str, country: &str, currency: &str, locale: &str) {
    let said = json!({ "timeZone": zone, "country": country, "currency": currency,
        "locale": locale, "dataRegion": country.to_lowercase() });
    let mut input = said.clone();
    input["accountId"] = json!(world.globex);
    let done = world.done("vera", "accountSetContractDefaults", input, DEFAULTS);
    assert_eq!(done["account"]["contract"], said);
}

fn publish(world: &World, version: u32, rules: &Value) -> Value {
    let input = json!({ "version": version, "rules": rules });
    world.done("vera", "noticePolicyPublish", input, "noticePolicy { version }")
}

#[test]
fn s1_21_the_end_of_a_term_is_counted_in_the_zone_of_the_contract_and_shown_with_its_offset() {
    let world = World::without_licenses("2025-12-31T23:00:00Z");
    defaults(&world, "Europe/Paris", "FR", "EUR", "fr-FR");
    let license = world.issue("globex", "starter", json!({}));
    for who in ["gil", "vera"] {
        let seen = world.license(who, &license, TERM);
        assert_eq!(seen["lastSecond"]["local"], "2026-12-31T23:59:59+01:00", "{who}: {seen}");
        assert_eq!(seen["lastSecond"]["timeZone"], "Europe/Paris");
        assert_eq!(seen["lastSecond"]["at"], "2026-12-31T22:59:59Z");
        assert_eq!(seen["term"]["until"], "2026-12-31T23:00:00Z", "UTC is what is stored");
    }
    // Summer time ended on 2026-10-25 between both ends of this one: an hour more than 30 days of 24 hours.
    world.at("2026-10-09T22:00:00Z");
    let monthly = world.issue("globex", "starter", json!({}));
    let renew = json!({ "licenseId": monthly, "period": "P1M", "basis": "FROM_NOW_IF_EXPIRED" });
    let until = text(&world.license("gil", &monthly, TERM)["term"]["until"]);
    assert_eq!(until, "2027-10-09T22:00:00Z");
    world.done("vera", "licenseRenew", renew, "license { id }");
    let seen = world.license("gil", &monthly, TERM);
    assert_eq!(seen["lastSecond"]["local"], "2027-11-09T23:59:59+01:00");
    assert_eq!(seen["term"]["until"], "2027-11-09T23:00:00Z");
}

#[test]
fn s1_21_without_a_zone_it_is_utc_and_what_was_issued_keeps_its_own() {
    let world = World::new();
    let seen = world.license("ann", &world.l1, TERM);
    assert_eq!(seen["lastSecond"]["local"], "2027-01-30T23:59:59+00:00");
    assert_eq!(seen["contract"]["timeZone"], "UTC");
    let zone = json!({ "accountId": world.acme, "timeZone": "America/New_York" });
    world.done("vera", "accountSetContractDefaults", zone, DEFAULTS);
    assert_eq!(world.license("ann", &world.l1, TERM), seen, "what was issued keeps its own");
    let contract = json!({ "timeZone": "asia/tokyo" });
    let set = json!({ "licenseId": world.l1, "contract": contract });
    world.done("vera", "licenseSetContract", set, "license { id }");
    let seen = world.license("ann", &world.l1, TERM);
    assert_eq!(seen["lastSecond"]["local"], "2027-01-31T08:59:59+09:00", "the same instant");
    assert_eq!(seen["term"]["until"], "2027-01-31T00:00:00Z");
    for wrong in ["Europe/Atlantis", "Etc/Unknown"] {
        let set = json!({ "licenseId": world.l1, "contract": { "timeZone": wrong } });
        assert_eq!(world.refused_code("vera", "licenseSetContract", set), "TIME_ZONE_UNKNOWN");
    }
    let told = world.ask("ann", "{ activity { text } }", json!({})).to_string();
    assert!(told.contains("the contract says: time zone Asia/Tokyo"), "{told}");
}

#[test]
fn s2_49_currency_country_and_locale_come_from_the_account_and_a_license_may_say_others() {
    let world = World::new();
    let rows = [
        ("Europe/Paris", "FR", "EUR", "fr-FR"),
        ("Europe/Berlin", "DE", "EUR", "de-DE"),
        ("America/New_York", "US", "USD", "en-US"),
        ("Asia/Tokyo", "JP", "JPY", "ja-JP"),
    ];
    for (zone, country, currency, locale) in rows {
        defaults(&world, zone, country, currency, locale);
        let price = json!({ "contract": { "priceMinor": "120000" } });
        let license = world.issue("globex", "starter", price);
        let expected = json!({ "timeZone": zone, "country": country, "currency": currency,
            "locale": locale, "priceMinor": "120000" });
        assert_eq!(world.license("gil", &license, TERM)["contract"], expected);
        let other = json!({ "contract": { "currency": "CHF" } });
        let other = world.issue("globex", "starter", other);
        let seen = world.license("gil", &other, TERM);
        assert_eq!(seen["contract"]["currency"], "CHF");
        assert_eq!(seen["contract"]["country"], country);
    }
    // The price is nobody's business who only has a seat.
    let set =
        json!({ "licenseId": world.l1, "contract": { "currency": "EUR", "priceMinor": 4900 } });
    world.done("vera", "licenseSetContract", set, "license { id }");
    let seat = json!({ "licenseId": world.l1, "memberId": world.bob });
    world.done("ann", "seatAssign", seat, "license { id }");
    for (who, price) in [("ann", json!("4900")), ("bob", Value::Null)] {
        let seen = world.license(who, &world.l1, TERM);
        assert_eq!(seen["contract"]["priceMinor"], price, "{who}");
        assert_eq!(seen["contract"]["currency"], "EUR", "{who}");
    }
    for wrong in
        [json!({ "currency": "euro" }), json!({ "country": "fr" }), json!({ "locale": "_" })]
    {
        let set = json!({ "licenseId": world.l1, "contract": wrong });
        assert_eq!(world.refused_code("vera", "licenseSetContract", set), "BAD_USER_INPUT");
    }
    let set = json!({ "licenseId": world.l1, "contract": { "priceMinor": 1 } });
    assert_eq!(world.refused_code("vera", "licenseSetContract", set), "PRICE_WITHOUT_CURRENCY");
    let wrong = json!({ "accountId": world.globex, "dataRegion": "EU West" });
    assert_eq!(world.refused_code("vera", "accountSetContractDefaults", wrong), "BAD_USER_INPUT");
}

#[test]
fn s2_49_notice_is_due_by_the_policy_of_the_country_in_the_zone_of_the_contract() {
    let world = World::without_licenses("2026-01-01T00:00:00Z");
    let rules = json!([
        { "country": "FR", "noticeDays": 90, "cancelDays": 14 },
        { "country": "DE", "noticeDays": 30, "cancelDays": 30 },
        { "country": "US", "noticeDays": 45, "cancelDays": 0 },
        { "country": "JP", "noticeDays": 60, "cancelDays": 8 },
        { "noticeDays": 20, "cancelDays": 0 },
    ]);
    let rows = [
        (
            "Europe/Paris",
            "FR",
            "2026-12-31T23:00:00Z",
            "2026-10-02T23:59:59+02:00",
            json!("2027-01-14T23:59:59+01:00"),
        ),
        (
            "Europe/Berlin",
            "DE",
            "2026-12-31T23:00:00Z",
            "2026-12-01T23:59:59+01:00",
            json!("2027-01-30T23:59:59+01:00"),
        ),
        (
            "America/New_York",
            "US",
            "2026-12-15T05:00:00Z",
            "2026-10-30T23:59:59-04:00",
            Value::Null,
        ),
        (
            "Asia/Tokyo",
            "JP",
            "2026-12-31T15:00:00Z",
            "2026-11-01T23:59:59+09:00",
            json!("2027-01-08T23:59:59+09:00"),
        ),
        ("UTC", "AU", "2027-01-01T00:00:00Z", "2026-12-11T23:59:59+00:00", Value::Null),
    ];
    let mut issued = Vec::new();
    for (zone, country, until, ..) in &rows {
        let term = json!({ "from": "2026-01-01T00:00:00Z", "until": until });
        let contract = json!({ "timeZone": zone, "country": country });
        issued.push(world.issue(
            "globex",
            "starter",
            json!({ "term": term, "contract": contract }),
        ));
    }
    assert_eq!(world.license("gil", &issued[0], NOTICE)["renewalNotice"], Value::Null, "no policy");
    assert_eq!(publish(&world, 1, &rules)["noticePolicy"]["version"], 1);
    for ((zone, country, _, by, cancel_by), license) in rows.iter().zip(&issued) {
        let seen = world.license("gil", license, NOTICE);
        let notice = &seen["renewalNotice"];
        assert_eq!(notice["by"]["local"], *by, "{country}: {seen}");
        assert_eq!(notice["by"]["timeZone"], *zone);
        let cancel = notice["cancelBy"].get("local").cloned().unwrap_or_default();
        assert_eq!((&cancel, &notice["policyVersion"]), (cancel_by, &json!(1)), "{country}");
        let of = if *country == "AU" { Value::Null } else { json!(country) };
        assert_eq!(notice["country"], of);
    }
}

#[test]
fn s2_49_a_version_counts_from_when_it_is_published_and_stays_what_it_was() {
    let world = World::without_licenses("2026-01-01T00:00:00Z");
    let rules = json!([
        { "country": "FR", "noticeDays": 90, "cancelDays": 14 },
        { "noticeDays": 20, "cancelDays": 0 },
    ]);
    publish(&world, 1, &rules);
    let term = json!({ "from": "2026-01-01T00:00:00Z", "until": "2026-12-31T23:00:00Z" });
    let contract = json!({ "timeZone": "Europe/Paris", "country": "FR" });
    let license = world.issue("globex", "starter", json!({ "term": term, "contract": contract }));
    world.at("2026-02-01T00:00:00Z");
    publish(&world, 2, &json!([{ "noticeDays": 10, "cancelDays": 0 }]));
    let now = world.license("gil", &license, NOTICE);
    assert_eq!(now["renewalNotice"]["by"]["local"], "2026-12-21T23:59:59+01:00");
    assert_eq!(now["renewalNotice"]["policyVersion"], 2);
    let then = format!(
        "query($id: ID!) {{ license(id: $id, asOf: {{ at: \"2026-01-15T00:00:00Z\" }}) {{ {NOTICE} }} }}"
    );
    let then = world.ask("gil", &then, json!({ "id": license }));
    assert_eq!(then["license"]["renewalNotice"]["policyVersion"], 1, "as it was then");
    let asked =
        "{ noticePolicies { version publishedAt rules { country noticeDays cancelDays } } }";
    let told = world.ask("vera", asked, json!({}));
    let versions: Vec<&Value> =
        list(&told["noticePolicies"]).iter().map(|one| &one["version"]).collect();
    assert_eq!(versions, [2, 1]);
    assert_eq!(told["noticePolicies"][1]["rules"][0]["country"], Value::Null, "all others first");
    let again = json!({ "version": 2, "rules": [{ "noticeDays": 11, "cancelDays": 0 }] });
    assert_eq!(world.refused_code("vera", "noticePolicyPublish", again), "POLICY_VERSION_TAKEN");
    let lacking =
        json!({ "version": 3, "rules": [{ "country": "FR", "noticeDays": 1, "cancelDays": 0 }] });
    assert_eq!(world.refused_code("vera", "noticePolicyPublish", lacking), "DEFAULT_RULE_MISSING");
}
