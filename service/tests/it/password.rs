//! Passwords that their owners set: by a link that an admin hands over, and by the present one.

use serde_json::{Value, json};
use sha1::{Digest, Sha1};

use crate::support::{
    Answer, EMAIL, Home, PASSWORD, Service, code, deedbook, exchange, get, graphql, post, renewed,
    run, said,
};

pub const OWN_PAGE: &str = "Sec-Fetch-Site: same-origin\r\n";
pub const CHOSEN: &str = "seven grey herons over Malmö";

/// A customer with one admin who has no password yet, and the link that the vendor makes for that person.
pub fn invited(service: &Service) -> String {
    let console = service.console_token();
    let ask = |query: &str, kind: &str, input: Value| {
        let query = format!("mutation($input: {kind}!) {{ {query} }}");
        let body = json!({ "query": query, "variables": { "input": input } });
        let answer = post(&service.console, "/graphql", Some(&console), &body).json();
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        answer["data"].clone()
    };
    let id = |number: u8| format!("00000000-0000-7000-8000-0000000000{number:02}");
    let open = json!({ "commandId": id(1), "name": "Acme" });
    let opened = ask("accountOpen(input: $input) { account { id } }", "AccountOpenInput", open);
    let add = json!({
        "commandId": id(2), "accountId": opened["accountOpen"]["account"]["id"], "name": "Ann",
        "email": "ann@acme.example", "role": "ORG_ADMIN",
    });
    let added = ask("memberAdd(input: $input) { member { id } }", "MemberAddInput", add);
    let link = json!({ "commandId": id(3), "memberId": added["memberAdd"]["member"]["id"] });
    let made =
        ask("passwordLinkMake(input: $input) { link { path } }", "PasswordLinkMakeInput", link);
    made["passwordLinkMake"]["link"]["path"].as_str().unwrap().to_owned()
}

/// Sends the form of the page behind a link.
pub fn choose(address: &str, path: &str, headers: &str, password: &str, again: &str) -> Answer {
    let asked = path.split_once('?').unwrap().1;
    let typed = serde_urlencoded::to_string([("password", password), ("again", again)]).unwrap();
    let body = format!("{asked}&{typed}");
    let length = body.len();
    exchange(
        address,
        &format!(
            "POST /welcome HTTP/1.1\r\nHost: {address}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n{headers}\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ),
    )
}

#[test]
fn a_link_lets_its_holder_choose_a_password_once() {
    let home = Home::new();
    let service = Service::start(home.data());
    let path = invited(&service);
    let page = get(&service.portal, &path);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("ann@acme.example"), "{}", page.body);
    assert_eq!(page.header("cache-control"), Some("no-store"));

    for (password, again, says) in [
        (CHOSEN, "another one entirely", "not the same"),
        ("too short", "too short", "at least 15 characters"),
        ("passwordpassword", "passwordpassword", "most common"),
        ("ann@acme.example", "ann@acme.example", "guessed soon"),
    ] {
        let refused = choose(&service.portal, &path, OWN_PAGE, password, again);
        assert_eq!(refused.status, 422, "{password}");
        assert!(refused.body.contains(says), "{password}: {}", refused.body);
        assert!(!refused.body.contains(CHOSEN), "a password is never sent back");
    }
    let foreign = choose(&service.portal, &path, "Sec-Fetch-Site: cross-site\r\n", CHOSEN, CHOSEN);
    assert_eq!(foreign.status, 403);
    assert_eq!(service.sign_in(&service.portal, "ann@acme.example", CHOSEN).status, 401);

    let set = choose(&service.portal, &path, OWN_PAGE, CHOSEN, CHOSEN);
    assert_eq!((set.status, set.header("location")), (303, Some("/")), "{}", set.body);
    assert!(set.header("set-cookie").unwrap().starts_with("deedbook_portal=ent_portal_"));
    assert_eq!(service.sign_in(&service.portal, "ann@acme.example", CHOSEN).status, 200);

    let used = choose(&service.portal, &path, OWN_PAGE, "eight grey herons over Malmö", CHOSEN);
    assert_eq!(used.status, 410);
    assert!(used.body.contains("no longer good"), "{}", used.body);
    let page = get(&service.portal, &path);
    assert_eq!(page.status, 410);
    assert!(!page.body.contains("ann@acme.example"), "an old link tells nobody's e-mail");
    let (_, log) = service.stop();
    let code = path.rsplit_once('=').unwrap().1;
    assert!(!log.contains(code) && !log.contains(CHOSEN), "{log}");
}

#[test]
fn a_link_opens_one_side_only_and_is_not_guessed() {
    let home = Home::new();
    let service = Service::start(home.data());
    let path = invited(&service);
    assert_eq!(get(&service.console, &path).status, 410);
    let (start, code) = path.rsplit_once('=').unwrap();
    let flipped = if code.ends_with('0') { "1" } else { "0" };
    for wrong in [
        format!("{start}={}{flipped}", &code[..code.len() - 1]),
        format!("{start}="),
        "/welcome".to_owned(),
        format!("/welcome?who=nobody&code={code}"),
    ] {
        assert_eq!(get(&service.portal, &wrong).status, 410, "{wrong}");
    }
}

#[test]
fn who_knows_the_present_password_changes_it_and_other_sessions_end() {
    let home = Home::new();
    let service = Service::start(home.data());
    let (here, there) = (service.console_token(), service.console_token());
    let is_in = |token: &str| {
        let answer = graphql(&service.console, Some(token), "{ viewer { passwordSetAt } }");
        answer.status == 200 && answer.json()["data"]["viewer"]["passwordSetAt"].is_string()
    };
    let change = |token: Option<&str>, present: &str, new: &str| {
        let body = json!({ "password": present, "new": new });
        post(&service.console, "/password", token, &body)
    };
    assert_eq!(change(None, PASSWORD, CHOSEN).status, 401);
    let wrong = change(Some(&here), "not the present one", CHOSEN);
    assert_eq!((wrong.status, wrong.code()), (422, "WRONG_PASSWORD".to_owned()));
    let weak = change(Some(&here), PASSWORD, "passwordpassword");
    assert_eq!((weak.status, weak.code()), (422, "PASSWORD_REFUSED".to_owned()));
    assert!(is_in(&there));

    let gone_on = renewed(&change(Some(&here), PASSWORD, CHOSEN));
    assert!(is_in(&gone_on), "the session that changed it goes on");
    assert!(!is_in(&here), "with another secret");
    assert!(!is_in(&there), "every other one is over before the answer");
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 401);
    assert_eq!(service.sign_in(&service.console, EMAIL, CHOSEN).status, 200);
    let guess = |_| change(Some(&gone_on), "not the present one", CHOSEN).status;
    let guesses: Vec<u16> = (0..7).map(guess).collect();
    assert_eq!(guesses.last(), Some(&429), "an open browser is no place to guess in");
}

/// A list of breached passwords with these in it, as the dumps have it.
pub fn leaked(home: &Home, passwords: &[&str]) -> String {
    let hash = |password: &[u8]| -> String {
        Sha1::digest(password).iter().map(|byte| format!("{byte:02X}")).collect()
    };
    let others = (0..100_u32).map(|n| hash(&n.to_be_bytes()));
    let mut lines: Vec<String> = passwords.iter().map(|one| hash(one.as_bytes())).collect();
    lines.extend(others);
    lines.sort();
    let text: String = lines.iter().map(|line| format!("{line}:3\r\n")).collect();
    std::fs::write(home.path("breached.txt"), text).unwrap();
    home.text("breached.txt")
}

#[test]
fn nobody_chooses_a_password_that_leaked_or_that_many_have() {
    let home = Home::new();
    let list = leaked(&home, &[CHOSEN]);
    let with_list = ["serve", "--data", home.data(), "--breached-passwords", &list];
    let service = Service::start_command(&with_list);
    let token = service.console_token();
    let change = |new: &str| {
        let body = json!({ "password": PASSWORD, "new": new });
        post(&service.console, "/password", Some(&token), &body)
    };
    let refused = |answer: &Answer, why: &str| {
        assert_eq!((answer.status, answer.code()), (422, "PASSWORD_REFUSED".to_owned()));
        assert!(answer.body.contains(why), "{}", answer.body);
    };
    refused(&change(CHOSEN), "leaked from another service");
    refused(&change("mailCreated5240"), "most common");
    let path = invited(&service);
    let page = choose(&service.portal, &path, "Sec-Fetch-Site: same-origin\r\n", CHOSEN, CHOSEN);
    assert_eq!(page.status, 422);
    assert!(page.body.contains("leaked from another service"), "{}", page.body);
    renewed(&change(&format!("{CHOSEN}, and more")));
    service.stop();

    let given = |list: &str| {
        let named = ["password", "--data", home.data(), "--email", EMAIL];
        let mut command = deedbook();
        command.args(named).args(["--breached-passwords", list]).env("DEEDBOOK_PASSWORD", CHOSEN);
        command.output().unwrap()
    };
    let leaked = given(&list);
    assert_eq!(code(&leaked), 1);
    assert!(said(&leaked).contains("PASSWORD_REFUSED"), "{}", said(&leaked));
    std::fs::write(home.path("other.txt"), "letmein\n").unwrap();
    let other = home.text("other.txt");
    for output in
        [given(&other), run(&["serve", "--data", home.data(), "--breached-passwords", &other])]
    {
        assert_eq!(code(&output), 1);
        let said = said(&output);
        assert!(said.contains("BREACHED_PASSWORDS_UNUSABLE") && said.contains("sorted"), "{said}");
    }
}
