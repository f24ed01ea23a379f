//! `POST /v1/check`: the same answers as GraphQL gives, and each way of being turned away.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, Home, Service, exchange, get, graphql, post};

const PATH: &str = "/v1/check";

/// What of GraphQL's answer the plain one says too; asked in a fragment, GraphQL makes it in its longer way.
const FIELDS: &str =
    "allowed code reason remaining resetsAt failing { code message rule fix { code text } }";

const FEATURES: [&str; 7] =
    ["core", "model_detail", "dashboards", "api_calls", "storage", "advanced_analytics", "no_such"];

struct Demo {
    service: Service,
    _home: Home,
}

impl Demo {
    fn start() -> Self {
        let home = Home::vacant();
        let service = Service::start_command(&["demo", "--data", &home.text("demo")]);
        Self { service, _home: home }
    }

    fn token(&self, handle: &str) -> String {
        let people = self.service.first_line["people"].as_array().unwrap();
        let person = people.iter().find(|person| person["handle"] == handle).unwrap();
        person["token"].as_str().unwrap().to_owned()
    }

    fn licenses(&self, address: &str, token: &str) -> Vec<String> {
        let seen =
            graphql(address, Some(token), "{ licenses(first: 100) { nodes { id } } }").json();
        let nodes = seen["data"]["licenses"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn by_graphql(address: &str, token: &str, question: &Value, selection: &str) -> Value {
    let query = format!("query($input: CheckInput!) {{ check(input: $input) {{ {selection} }} }}");
    let body = json!({ "query": query, "variables": { "input": question } });
    let mut answer = post(address, "/graphql", Some(token), &body).json();
    assert!(answer.get("errors").is_none(), "{question}: {answer}");
    answer["data"]["check"].take()
}

/// The plain answer in the form of GraphQL's: what is left out is null there.
fn by_http(address: &str, token: &str, question: &Value) -> Value {
    let answer = post(address, PATH, Some(token), question);
    assert_eq!(answer.status, 200, "{question}: {}", answer.body);
    let mut said = answer.json();
    let object = said.as_object_mut().unwrap();
    assert!(object.remove("at").is_some_and(|at| at.as_str().unwrap().ends_with('Z')));
    assert!(object.remove("token").is_some_and(|token| token.is_string()));
    // Meanwhile the service tells people of what ends soon, and the ledger goes on.
    assert!(object.remove("position").is_some_and(|position| position.is_string()));
    for name in ["code", "remaining", "resetsAt"] {
        object.entry(name).or_insert(Value::Null);
    }
    said
}

#[test]
fn the_plain_answer_says_what_graphql_says_for_every_license_and_feature() {
    let demo = Demo::start();
    let (portal, console) = (&demo.service.portal, &demo.service.console);
    let (mut codes, mut asked) = (BTreeSet::new(), 0);
    for (address, handle) in [(portal, "ann"), (portal, "bob"), (portal, "gil"), (console, "vera")]
    {
        let token = demo.token(handle);
        for license in demo.licenses(address, &token) {
            let mut questions = vec![
                json!({ "licenseId": license }),
                json!({ "licenseId": license, "fingerprint": "nobody's laptop" }),
                json!({ "licenseId": license, "domain": "App.Example.com" }),
                json!({ "licenseId": license, "version": "2.3.0", "feature": null }),
                json!({ "licenseId": license, "feature": "api_calls", "quantity": "18446744073709551615" }),
                json!({ "licenseId": license, "feature": "model_detail", "choice": "high" }),
                json!({ "licenseId": license, "memberId": "mem_00000000000000000000000000" }),
            ];
            let features = FEATURES.iter();
            questions.extend(features.map(|key| json!({ "licenseId": license, "feature": key })));
            for question in questions {
                let plain = by_http(address, &token, &question);
                assert_eq!(plain, by_graphql(address, &token, &question, FIELDS), "{question}");
                let fragment = format!("... on Decision {{ {FIELDS} }}");
                assert_eq!(plain, by_graphql(address, &token, &question, &fragment), "{question}");
                codes.insert(plain["code"].to_string());
                asked += 1;
            }
        }
    }
    assert!(asked > 1_000 && codes.len() >= 8, "{asked} questions, {codes:?}: too few to tell");
}

#[test]
fn an_answer_knows_what_its_token_names() {
    let demo = Demo::start();
    let (portal, ann) = (&demo.service.portal, demo.token("ann"));
    let license = demo.licenses(portal, &ann).remove(0);
    let first = post(portal, PATH, Some(&ann), &json!({ "licenseId": license })).json();
    let question = json!({ "licenseId": license, "atLeast": first["token"], "quantity": 1 });
    let second = post(portal, PATH, Some(&ann), &question);
    assert_eq!(second.status, 200, "{}", second.body);
    let place = |told: &Value| told["position"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(place(&second.json()) >= place(&first), "{}", second.body);
}

/// A refusal is a problem of this status and code; gives what it says of the field.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["status"], status, "{problem}");
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["requestId"], *answer.header("x-request-id").unwrap());
    assert!(!problem["title"].as_str().unwrap().is_empty(), "{problem}");
    assert!(!problem["detail"].as_str().unwrap().is_empty(), "{problem}");
    problem["field"].clone()
}

#[test]
fn a_license_that_is_unknown_and_one_that_is_somebody_elses_are_one_answer() {
    let demo = Demo::start();
    let portal = &demo.service.portal;
    let (ann, gil) = (demo.token("ann"), demo.token("gil"));
    let foreign = demo.licenses(portal, &gil).remove(0);
    let without_id = |license: &str, extra: &str| {
        let mut question = json!({ "licenseId": license });
        question["domain"] = extra.into();
        let answer = post(portal, PATH, Some(&ann), &question);
        refused(&answer, 404, "NOT_FOUND");
        let mut problem = answer.json();
        problem["requestId"].take();
        problem
    };
    for domain in ["app.example.com", "no domain"] {
        let unknown = without_id("lic_00000000000000000000000000", domain);
        assert_eq!(without_id(&foreign, domain), unknown);
    }
}

#[test]
fn nobody_asks_without_a_token_of_the_side() {
    let demo = Demo::start();
    let (portal, console) = (&demo.service.portal, &demo.service.console);
    let (ann, vera) = (demo.token("ann"), demo.token("vera"));
    let forged =
        ann.replace("ent_portal_0", "ent_portal_1").replace("ent_portal_8", "ent_portal_9");
    let forged = if forged == ann { format!("{ann}0") } else { forged };
    for (address, token) in [
        (portal, None),
        (console, None),
        (portal, Some(&vera)),
        (console, Some(&ann)),
        (portal, Some(&forged)),
    ] {
        let answer = post(address, PATH, token.map(String::as_str), &json!({ "licenseId": "x" }));
        refused(&answer, 401, "UNAUTHENTICATED");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn what_is_no_question_is_refused_with_a_stable_code() {
    let demo = Demo::start();
    let (portal, ann) = (&demo.service.portal, demo.token("ann"));
    let license = demo.licenses(portal, &ann).remove(0);
    let with = |name: &str, value: Value| {
        let mut question = json!({ "licenseId": license });
        question[name] = value;
        post(portal, PATH, Some(&ann), &question)
    };
    for (name, value, field) in [
        ("licenseId", json!("mem_00000000000000000000000000"), json!("licenseId")),
        ("memberId", json!("nobody"), json!("memberId")),
        ("feature", json!("No Key"), json!("feature")),
        ("domain", json!("https://app.example.com/"), json!("domain")),
        ("licenseId", Value::Null, Value::Null),
        ("feature", json!(7), Value::Null),
        ("features", json!("core"), Value::Null),
        ("quantity", json!(-1), Value::Null),
        ("quantity", json!("+1"), Value::Null),
        ("quantity", json!(""), Value::Null),
        ("quantity", json!("18446744073709551616"), Value::Null),
    ] {
        let answer = with(name, value.clone());
        assert_eq!(refused(&answer, 400, "BAD_USER_INPUT"), field, "{name}: {value}");
    }
    assert_eq!(refused(&with("atLeast", json!("soon")), 400, "TOKEN_MALFORMED"), json!("atLeast"));
    let zeros = "0".repeat(32);
    let made_up = json!(format!("at1-{zeros}-1-{zeros}"));
    assert_eq!(refused(&with("atLeast", made_up), 400, "TOKEN_FORGED"), json!("atLeast"));
    let array = post(portal, PATH, Some(&ann), &json!([license, "core"]));
    refused(&array, 400, "BATCH_NOT_SUPPORTED");
}

#[test]
fn what_does_not_come_as_it_should_is_refused_as_at_the_other_doors() {
    let demo = Demo::start();
    let (portal, ann) = (&demo.service.portal, demo.token("ann"));
    let send = |headers: &str, body: &str| {
        let length = body.len();
        let head = format!("POST {PATH} HTTP/1.1\r\nHost: {portal}\r\nConnection: close\r\n");
        let token = format!("Authorization: Bearer {ann}\r\n");
        exchange(portal, &format!("{head}{token}{headers}Content-Length: {length}\r\n\r\n{body}"))
    };
    let json = "Content-Type: application/json\r\n";
    refused(&send(json, "{\"licenseId\": "), 400, "MALFORMED_JSON");
    refused(&send(json, ""), 400, "MALFORMED_JSON");
    refused(&send("", "{}"), 415, "UNSUPPORTED_MEDIA_TYPE");
    refused(&send("Content-Type: text/plain\r\n", "{}"), 415, "UNSUPPORTED_MEDIA_TYPE");
    refused(&send(&format!("{json}Sec-Fetch-Site: cross-site\r\n"), "{}"), 403, "FORBIDDEN");
    let long = format!("{{\"licenseId\": \"{}\"}}", "x".repeat(20_000));
    refused(&send(json, &long), 413, "BODY_TOO_LARGE");
    let answer = get(portal, PATH);
    refused(&answer, 405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), Some("POST"));
}
