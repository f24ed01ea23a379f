//! Journeys of the fixture's people through both doors.

use serde_json::{Value, json};

use crate::world::{World, codes, command, text};

pub async fn assign(world: &World, who: &str, member: &str, id: &str) -> Value {
    let input = json!({ "commandId": id, "licenseId": world.ids.license, "memberId": member });
    let object = "license { status seats { purchased assigned available } }";
    world.act(&world.portal, who, "seatAssign", "SeatAssignInput", input, object).await
}

pub async fn activate(world: &World, fingerprint: &str) -> Value {
    let input = json!({
        "commandId": command(), "licenseId": world.ids.license, "fingerprint": fingerprint, "name": fingerprint,
    });
    let object = "device { id status kind name }";
    world.act(&world.portal, "ann", "deviceActivate", "DeviceActivateInput", input, object).await
}

async fn record(world: &World, quantity: u64) -> Value {
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "feature": "api_calls", "quantity": quantity.to_string() });
    let object = "reading { entitlement { usage remaining limit { limit } resetsAt } }";
    world.act(&world.console, "vera", "usageRecord", "UsageRecordInput", input, object).await
}

#[tokio::test]
async fn the_sixth_seat_is_refused_and_a_freed_one_is_free_at_once() {
    let world = World::fixture().await;
    let mut members = vec![world.ids.ann.clone(), world.ids.bob.clone()];
    for name in ["cem", "dee", "eve", "fay"] {
        members.push(world.add_member(&world.ids.acme, name).await);
    }
    for member in &members[..5] {
        assert_eq!(codes(&assign(&world, "ann", member, &command()).await), Vec::<String>::new());
    }
    let before = world.facts().await;
    let refused = assign(&world, "ann", &members[5], &command()).await;
    assert_eq!(codes(&refused), ["NO_SEAT_AVAILABLE"]);
    assert_eq!(refused["license"], Value::Null);
    assert_eq!(refused["userErrors"][0]["rule"], "license.seats_fit");
    assert_eq!(world.facts().await, before, "a refusal leaves nothing behind");
    let input =
        json!({ "commandId": command(), "licenseId": world.ids.license, "memberId": members[0] });
    let object = "license { seats { purchased assigned available } }";
    let freed =
        world.act(&world.portal, "ann", "seatUnassign", "SeatUnassignInput", input, object).await;
    assert_eq!(
        freed["license"]["seats"],
        json!({ "purchased": "5", "assigned": "4", "available": "1" })
    );
    assert_eq!(codes(&assign(&world, "ann", &members[5], &command()).await), Vec::<String>::new());
}

#[tokio::test]
async fn two_who_take_the_last_seat_are_one_winner() {
    let world = World::fixture().await;
    let mut members = vec![world.ids.ann.clone(), world.ids.bob.clone()];
    for name in ["cem", "dee", "eve", "fay"] {
        members.push(world.add_member(&world.ids.acme, name).await);
    }
    for member in &members[..4] {
        assign(&world, "ann", member, &command()).await;
    }
    let (one, other) = (command(), command());
    let (one, other) = tokio::join!(
        assign(&world, "ann", &members[4], &one),
        assign(&world, "ann", &members[5], &other),
    );
    let mut codes = [codes(&one), codes(&other)].concat();
    codes.sort();
    assert_eq!(codes, ["NO_SEAT_AVAILABLE"]);
}

#[tokio::test]
async fn a_retry_gets_the_stored_answer_and_another_meaning_is_refused() {
    let world = World::fixture().await;
    let id = command();
    let first = assign(&world, "ann", &world.ids.bob, &id).await;
    let before = world.facts().await;
    let again = assign(&world, "ann", &world.ids.bob, &id).await;
    assert_eq!(
        (again["replayed"].clone(), again["position"].clone()),
        (json!(true), first["position"].clone())
    );
    let other = assign(&world, "ann", &world.ids.ann, &id).await;
    assert_eq!(codes(&other), ["IDEMPOTENCY_MISMATCH"]);
    let malformed = assign(&world, "ann", &world.ids.ann, "not an id").await;
    assert_eq!(codes(&malformed), ["BAD_COMMAND_ID"]);
    assert_eq!(world.facts().await, before);
}

#[tokio::test]
async fn a_member_may_not_assign_seats_and_the_attempt_is_recorded_once_a_minute() {
    let world = World::fixture().await;
    let before = world.facts().await;
    for _ in 0..3 {
        let refused = assign(&world, "bob", &world.ids.bob, &command()).await;
        assert_eq!(codes(&refused), ["FORBIDDEN"]);
    }
    assert_eq!(world.facts().await, before + 1, "one denial is recorded for the minute");
    let query =
        "query($account: ID!) { history(account: $account, first: 1) { nodes { fact text } } }";
    let found =
        world.data(&world.console, "vera", query, json!({ "account": world.ids.acme })).await;
    let newest = &found["history"]["nodes"][0];
    assert_eq!(newest["fact"], "access_denied");
    assert_eq!(newest["text"], "seatAssign was denied");
}

#[tokio::test]
async fn two_devices_fit_a_third_does_not_and_the_same_again_is_the_same() {
    let world = World::fixture().await;
    let query = "query($id: ID!) { license(id: $id) { status deviceSlots { used available granted { limit } } } }";
    let status = async || {
        let found =
            world.data(&world.portal, "ann", query, json!({ "id": world.ids.license })).await;
        text(&found["license"]["status"])
    };
    assert_eq!(status().await, "ASSIGNED");
    let first = activate(&world, "D1").await;
    assert_eq!(status().await, "ACTIVE");
    let second = activate(&world, "D2").await;
    assert_eq!(codes(&activate(&world, "D3").await), ["TOO_MANY_DEVICES"]);
    let before = world.facts().await;
    let again = activate(&world, "D2").await;
    assert_eq!(again["device"]["id"], second["device"]["id"]);
    assert_eq!(world.facts().await, before, "an active device is activated by no new fact");
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "deviceId": first["device"]["id"] });
    let freed = world
        .act(
            &world.portal,
            "ann",
            "deviceDeactivate",
            "DeviceDeactivateInput",
            input,
            "device { status }",
        )
        .await;
    assert_eq!(freed["device"]["status"], "DEACTIVATED");
    assert_eq!(codes(&activate(&world, "D3").await), Vec::<String>::new());
}

#[tokio::test]
async fn dormant_devices_are_shown_first_and_then_retired_together() {
    let world = World::fixture().await;
    let old = activate(&world, "D1").await;
    world.days_later(100);
    activate(&world, "D2").await;
    let retire = async |dry_run: bool| {
        let input = json!({ "commandId": command(), "licenseId": world.ids.license, "silentDays": 90, "dryRun": dry_run });
        let object = "retired { dryRun devices { id } }";
        world
            .act(
                &world.portal,
                "ann",
                "devicesRetireDormant",
                "DevicesRetireDormantInput",
                input,
                object,
            )
            .await
    };
    let before = world.facts().await;
    let preview = retire(true).await;
    assert_eq!(preview["retired"]["devices"], json!([{ "id": old["device"]["id"] }]));
    assert_eq!(world.facts().await, before, "a preview records nothing");
    assert_eq!(codes(&retire(false).await), Vec::<String>::new());
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "deviceId": old["device"]["id"] });
    let home = world
        .act(&world.portal, "ann", "deviceCheckIn", "DeviceCheckInInput", input, "device { id }")
        .await;
    assert_eq!(codes(&home), ["RETIRED"]);
    assert_eq!(codes(&activate(&world, "D1").await), Vec::<String>::new(), "a slot is free again");
}

#[tokio::test]
async fn a_bundle_is_added_by_the_customer_when_it_is_for_self_service_and_read_at_once() {
    let world = World::fixture().await;
    let apply = async |bundle: &str| {
        let input =
            json!({ "commandId": command(), "licenseId": world.ids.license, "bundle": bundle });
        let object = "license { seats { purchased } bundles { code } }";
        world
            .act(
                &world.portal,
                "ann",
                "licenseApplyBundle",
                "LicenseApplyBundleInput",
                input,
                object,
            )
            .await
    };
    assert_eq!(codes(&apply("enterprise-bundle").await), ["NOT_SELF_SERVICE"]);
    let check = "query($input: CheckInput!, $atLeast: String) { check(input: $input, atLeast: $atLeast) { allowed code remaining failing { code fix { code } } } }";
    let asked = json!({ "licenseId": world.ids.license, "feature": "advanced_analytics" });
    let denied = world.data(&world.portal, "ann", check, json!({ "input": asked })).await;
    assert_eq!(denied["check"]["code"], "FEATURE_NOT_ENTITLED");
    let applied = apply("growth-bundle").await;
    assert_eq!(applied["license"]["seats"]["purchased"], "30");
    let token = applied["consistencyToken"].clone();
    let allowed =
        world.data(&world.portal, "ann", check, json!({ "input": asked, "atLeast": token })).await;
    assert_eq!(allowed["check"]["allowed"], true);
    let before = world.facts().await;
    assert_eq!(codes(&apply("growth-bundle").await), Vec::<String>::new());
    assert_eq!(world.facts().await, before, "applying it again changes nothing");
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "bundle": "growth-bundle" });
    let object = "license { seats { purchased } }";
    let removed = world
        .act(&world.portal, "ann", "licenseRemoveBundle", "LicenseRemoveBundleInput", input, object)
        .await;
    assert_eq!(removed["license"]["seats"]["purchased"], "5");
}

#[tokio::test]
async fn usage_counts_and_what_is_not_left_is_refused_without_a_trace() {
    let world = World::fixture().await;
    let used = record(&world, 9_750).await;
    assert_eq!(used["reading"]["entitlement"]["remaining"], "250", "{used}");
    let check = "query($input: CheckInput!) { check(input: $input) { allowed code remaining resetsAt failing { numbers { name value } } } }";
    let asked =
        json!({ "licenseId": world.ids.license, "feature": "api_calls", "quantity": "300" });
    let denied = world.data(&world.portal, "ann", check, json!({ "input": asked })).await;
    assert_eq!(denied["check"]["code"], "QUOTA_EXCEEDED");
    assert_eq!(denied["check"]["remaining"], "250");
    assert_eq!(denied["check"]["resetsAt"], "2026-09-01T00:00:00Z");
    let before = world.facts().await;
    assert_eq!(codes(&record(&world, 300).await), ["QUOTA_EXCEEDED"]);
    assert_eq!(world.facts().await, before);
}

#[tokio::test]
async fn a_switch_is_previewed_feature_by_feature_and_refused_when_seats_do_not_fit() {
    let world = World::fixture().await;
    let license = world.issue(&world.ids.acme, "growth-bundle").await;
    let mut members = vec![world.ids.ann.clone(), world.ids.bob.clone()];
    for name in ["cem", "dee", "eve", "fay", "gil"] {
        members.push(world.add_member(&world.ids.acme, name).await);
    }
    for member in &members {
        let input = json!({ "commandId": command(), "licenseId": license, "memberId": member });
        world.done("seatAssign", "SeatAssignInput", input, "license { id }").await;
    }
    let query = "query($input: LicenseChangeInput!) { licenseChangePreview(input: $input) { possible userErrors { code message } \
        changes { feature before after change } } }";
    let input = json!({ "licenseId": license, "changeOffering": "starter-bundle" });
    let found = world.data(&world.portal, "ann", query, json!({ "input": input })).await;
    let preview = &found["licenseChangePreview"];
    assert_eq!(preview["userErrors"][0]["code"], "SEATS_EXCEED_TARGET", "{preview}");
    let changes = preview["changes"].as_array().expect("changes");
    let of = |feature: &str| {
        changes.iter().find(|one| one["feature"] == feature).expect("the feature").clone()
    };
    assert_eq!(of("seats")["after"], "5");
    assert_eq!(of("advanced_analytics")["change"], "LOST");
    assert_eq!(of("core")["change"], "SAME");
    let input = json!({ "commandId": command(), "licenseId": license, "source": "starter-bundle", "usage": "CARRY" });
    let refused = world
        .act(
            &world.console,
            "vera",
            "licenseChangeOffering",
            "LicenseChangeOfferingInput",
            input,
            "license { id }",
        )
        .await;
    assert_eq!(codes(&refused), ["SEATS_EXCEED_TARGET"]);
}

#[tokio::test]
async fn clearing_one_of_two_blockers_leaves_the_license_suspended() {
    let world = World::fixture().await;
    let status = "license { status blockers { kind } }";
    for blocker in ["BILLING", "ABUSE"] {
        let input = json!({ "commandId": command(), "licenseId": world.ids.license, "blocker": blocker, "reason": "because" });
        world.done("licenseSetBlocker", "LicenseSetBlockerInput", input, status).await;
    }
    let clear = async |blocker: &str| {
        let input =
            json!({ "commandId": command(), "licenseId": world.ids.license, "blocker": blocker });
        world.done("licenseClearBlocker", "LicenseClearBlockerInput", input, status).await
    };
    let one = clear("BILLING").await;
    assert_eq!(one["license"], json!({ "status": "SUSPENDED", "blockers": [{ "kind": "ABUSE" }] }));
    let both = clear("ABUSE").await;
    assert_eq!(both["license"]["status"], "ASSIGNED");
}

#[tokio::test]
async fn an_enterprise_license_gives_features_that_are_defined_later() {
    let world = World::fixture().await;
    let license = world.issue(&world.ids.acme, "enterprise-bundle").await;
    let later = json!({ "key": "teleport", "name": "Teleport", "type": "BOOLEAN" });
    world.publish_part("featureDefine", "FeatureDefineInput", later).await;
    let query = "query($id: ID!) { license(id: $id) { seats { unlimited purchased } services { key value } \
        entitlements { feature isGranted state value { enabled } sources { allFeatures } } } }";
    let found = world.data(&world.portal, "ann", query, json!({ "id": license })).await;
    let license = &found["license"];
    assert_eq!(license["seats"], json!({ "unlimited": true, "purchased": null }));
    assert_eq!(license["services"], json!([{ "key": "support_tier", "value": "dedicated" }]));
    let rows = license["entitlements"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["feature"] == "teleport").expect("the feature");
    assert_eq!(
        (row["isGranted"].clone(), row["sources"][0]["allFeatures"].clone()),
        (json!(true), json!(true))
    );
}

#[tokio::test]
async fn the_counts_of_the_dashboard_add_up_and_equal_the_list() {
    let world = World::fixture().await;
    world.issue(&world.ids.acme, "growth-bundle").await;
    world.issue(&world.ids.acme_eu, "starter-bundle").await;
    activate(&world, "D1").await;
    let query = "{ dashboard { total byStatus { status count } position } licenses { totalCount position nodes { status } } }";
    let found = world.data(&world.portal, "ann", query, json!({})).await;
    let counts = found["dashboard"]["byStatus"].as_array().expect("counts");
    let sum: i64 = counts.iter().filter_map(|one| one["count"].as_i64()).sum();
    assert_eq!((found["dashboard"]["total"].clone(), sum), (json!(3), 3));
    assert_eq!(found["licenses"]["totalCount"], 3);
    let active = "{ licenses(status: [ACTIVE]) { totalCount nodes { status } } }";
    let found = world.data(&world.portal, "ann", active, json!({})).await;
    assert_eq!(found["licenses"], json!({ "totalCount": 1, "nodes": [{ "status": "ACTIVE" }] }));
}

#[tokio::test]
async fn a_diagnosis_tells_every_check_and_what_to_do() {
    let world = World::fixture().await;
    activate(&world, "D1").await;
    activate(&world, "D2").await;
    let query = "query($input: CheckInput!, $at: DateTime) { diagnose(input: $input, at: $at) { allowed code status \
        checks { code passed rule message fix { code text } } failing { code } } }";
    let input = json!({ "licenseId": world.ids.license, "fingerprint": "D3", "feature": "sso" });
    let found = world.data(&world.portal, "ann", query, json!({ "input": input })).await;
    let failing = found["diagnose"]["failing"].as_array().expect("failing checks");
    let failing: Vec<String> = failing.iter().map(|check| text(&check["code"])).collect();
    assert!(failing.contains(&"TOO_MANY_DEVICES".to_owned()), "{found}");
    assert!(failing.contains(&"FEATURE_NOT_ENTITLED".to_owned()), "{found}");
    assert!(
        found["diagnose"]["checks"]
            .as_array()
            .expect("checks")
            .iter()
            .any(|check| check["passed"] == true)
    );
    let past = world
        .data(&world.portal, "ann", query, json!({ "input": input, "at": "2026-07-01T00:00:00Z" }))
        .await;
    assert_eq!(past["diagnose"], Value::Null, "there was no license yet: {past}");
}

#[tokio::test]
async fn the_timeline_lists_notices_expiry_and_grace() {
    let world = World::fixture().await;
    let query = "query($id: ID!) { license(id: $id) { term { until } timeline { at kind daysBefore statusAfter } } }";
    let found = world.data(&world.portal, "ann", query, json!({ "id": world.ids.license })).await;
    assert_eq!(found["license"]["term"]["until"], "2027-01-31T00:00:00Z");
    let timeline = found["license"]["timeline"].as_array().expect("entries");
    let at = |kind: &str, days: Value| {
        let entry = timeline.iter().find(|one| one["kind"] == kind && one["daysBefore"] == days);
        entry.map(|one| text(&one["at"])).unwrap_or_default()
    };
    assert_eq!(at("NOTICE", json!(30)), "2027-01-01T00:00:00Z");
    assert_eq!(at("EXPIRY", Value::Null), "2027-01-31T00:00:00Z");
    assert_eq!(at("GRACE_END", Value::Null), "2027-02-14T00:00:00Z");
}

#[tokio::test]
async fn an_auditor_of_the_vendor_reads_and_does_not_act() {
    let world = World::fixture().await;
    let input = json!({ "commandId": command(), "licenseId": world.ids.license, "reason": "no" });
    let refused = world
        .act(&world.console, "rita", "licenseRevoke", "LicenseRevokeInput", input, "license { id }")
        .await;
    assert_eq!(codes(&refused), ["FORBIDDEN"]);
    let found = world
        .data(
            &world.console,
            "rita",
            "{ viewer { role } ledger { healthy digests { view digest } } }",
            json!({}),
        )
        .await;
    assert_eq!(found["viewer"]["role"], "AUDITOR");
    assert_eq!(found["ledger"]["healthy"], true);
    assert!(found["ledger"]["digests"].as_array().is_some_and(|digests| digests.len() >= 6));
}

#[tokio::test]
async fn health_is_the_worst_of_its_reasons_and_each_says_what_it_is_about() {
    let world = World::fixture().await;
    let health = async || {
        let query = "{ dashboard { health { level reasons { code level text status licenseId feature } } } }";
        world.data(&world.portal, "ann", query, json!({})).await["dashboard"]["health"].clone()
    };
    let codes = |health: &Value| -> Vec<String> {
        let reasons = health["reasons"].as_array().expect("reasons").iter();
        reasons.map(|reason| text(&reason["code"])).collect()
    };
    let fresh = health().await;
    assert_eq!(fresh["level"], "WARNING");
    assert_eq!(
        fresh["reasons"][0],
        json!({
            "code": "LICENSES_UNACTIVATED", "level": "WARNING", "status": "ASSIGNED",
            "text": "1 license was never activated", "licenseId": null, "feature": null,
        })
    );
    activate(&world, "FP-1").await;
    assert_eq!(health().await, json!({ "level": "GOOD", "reasons": [] }));
    record(&world, 7_999).await;
    assert_eq!(codes(&health().await), Vec::<String>::new());
    record(&world, 1).await;
    let nearly = health().await;
    assert_eq!(
        (nearly["level"].clone(), codes(&nearly)),
        (json!("WARNING"), vec!["QUOTA_NEARLY_USED_UP".to_owned()])
    );
    assert_eq!(nearly["reasons"][0]["text"], "API calls of Orbit is nearly used up");
    assert_eq!(nearly["reasons"][0]["licenseId"], world.ids.license.as_str());
    assert_eq!(nearly["reasons"][0]["feature"], "api_calls");
    record(&world, 2_000).await;
    let full = health().await;
    assert_eq!(
        (full["level"].clone(), codes(&full)),
        (json!("CRITICAL"), vec!["QUOTA_USED_UP".to_owned()])
    );
    // What is over counts no more: the license itself is the reason then.
    world.days_later(160);
    assert!(codes(&health().await).contains(&"LICENSES_EXPIRING".to_owned()));
    world.days_later(200);
    let over = health().await;
    assert_eq!(
        (over["level"].clone(), codes(&over)),
        (json!("CRITICAL"), vec!["LICENSES_EXPIRED".to_owned()])
    );
    // Another customer hears of its own only.
    let query = "{ dashboard { health { reasons { code } } } }";
    let gus = world.data(&world.portal, "gus", query, json!({})).await;
    assert_eq!(gus["dashboard"]["health"]["reasons"], json!([{ "code": "LICENSES_EXPIRED" }]));
}

#[tokio::test]
async fn quotas_are_told_the_fullest_first_and_health_agrees() {
    let world = World::fixture().await;
    let other = world.issue(&world.ids.acme_eu, "growth-bundle").await;
    record(&world, 8_765).await;
    let input = json!({ "commandId": command(), "licenseId": other, "feature": "api_calls", "quantity": "100001" });
    let object = "reading { license { id } }";
    world.act(&world.console, "vera", "usageRecord", "UsageRecordInput", input, object).await;
    let query = "{ dashboard { quotaCount quotas(first: 2) { licenseId usage limit percent } \
        health { reasons { code licenseId } } } }";
    let found = world.data(&world.portal, "ann", query, json!({})).await;
    let dashboard = &found["dashboard"];
    let quotas = dashboard["quotas"].as_array().expect("quotas");
    let of = |number: &str| {
        quotas.iter().find(|one| one["limit"] == *number).map(|one| one["percent"].clone())
    };
    assert_eq!(of("10000"), Some(json!("87")));
    let full = quotas.iter().map(|one| text(&one["percent"]).parse::<u64>().expect("a number"));
    assert!(full.is_sorted_by(|one, next| one >= next), "{quotas:?}");
    assert_eq!(dashboard["quotaCount"], 2);
    let told = dashboard["health"]["reasons"].as_array().expect("reasons");
    assert!(told.iter().any(|reason| reason["licenseId"] == world.ids.license), "{told:?}");
}
