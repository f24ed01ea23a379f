//! A second factor through the door: set up with the first code, asked for at each sign-in, each code once.

use schemas::{MemberId, StaffId};
use serde_json::{Value, json};

use crate::own_ledger::{ANN, PASSWORD as ANNS_PASSWORD, imported, password_of};
use crate::password::{CHOSEN, OWN_PAGE, choose, invited};
use crate::support::{
    Answer, EMAIL, Home, PASSWORD, Service, deedbook, exchange, graphql, post, renewed,
};

/// The code of a secret so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    let bytes = totp_rs::Secret::Encoded(secret.to_owned()).to_bytes().unwrap();
    let totp = totp_rs::TOTP::new(totp_rs::Algorithm::SHA1, 6, 0, 30, bytes).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    totp.generate(now.checked_add_signed(steps * 30).unwrap())
}

fn console(service: &Service, path: &str, token: Option<&str>, body: Value) -> Answer {
    post(&service.console, path, token, &body)
}

/// Sets a second factor up; answers the secret, the recovery codes, and with which token the session goes on. The code of the
/// step before is used up by it.
pub fn set_up(service: &Service, token: &str) -> (String, Vec<String>, String) {
    let begun = console(service, "/second-factor", Some(token), json!({ "password": PASSWORD }));
    assert_eq!(begun.status, 200, "{}", begun.body);
    let begun = begun.json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["address"].as_str().unwrap().contains(&format!("secret={secret}")));
    let confirm = json!({ "setup": begun["setup"], "code": code(&secret, -1) });
    let set = console(service, "/second-factor/confirm", Some(token), confirm);
    assert_eq!(set.status, 200, "{}", set.body);
    let codes = set.json()["recoveryCodes"].as_array().unwrap().clone();
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (secret, codes, renewed(&set))
}

/// A ticket for the second step, which the right password gives.
fn ticket(service: &Service) -> Value {
    let answer = service.sign_in(&service.console, EMAIL, PASSWORD);
    assert_eq!((answer.status, answer.code()), (401, "CODE_NEEDED".to_owned()), "{}", answer.body);
    answer.json()["ticket"].clone()
}

fn show(service: &Service, ticket: &Value, code: &str) -> Answer {
    console(service, "/sign-in", None, json!({ "ticket": ticket, "code": code }))
}

#[test]
fn a_code_is_asked_for_and_each_is_good_once_also_after_a_restart() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let wrong = console(&service, "/second-factor", Some(&token), json!({ "password": "no" }));
    assert_eq!((wrong.status, wrong.code()), (422, "WRONG_PASSWORD".to_owned()));
    let (secret, recovery, token) = set_up(&service, &token);
    assert_eq!(recovery.len(), 10);
    let asked = "{ viewer { secondFactor { recoveryCodesLeft } } }";
    let left = |token: &str| {
        let answer = graphql(&service.console, Some(token), asked).json();
        answer["data"]["viewer"]["secondFactor"]["recoveryCodesLeft"].clone()
    };
    assert_eq!(left(&token), 10, "who is signed in stays so");

    let first = ticket(&service);
    assert_eq!(show(&service, &first, &code(&secret, -1)).status, 401, "it set the factor up");
    assert_eq!(show(&service, &first, "000000").status, 401);
    let good = code(&secret, 0);
    assert_eq!(show(&service, &first, &good).status, 200);
    assert_eq!(show(&service, &first, &good).status, 401, "twice");
    assert_eq!(show(&service, &ticket(&service), &recovery[0].to_lowercase()).status, 200);
    assert_eq!(show(&service, &ticket(&service), &recovery[0]).status, 401, "twice");
    assert_eq!(left(&token), 9);
    let before = ticket(&service);
    let (_, log) = service.stop();
    for kept_back in [&secret, &recovery[1], &good] {
        assert!(!log.contains(kept_back.as_str()), "{log}");
    }

    let service = Service::start(home.data());
    assert_eq!(show(&service, &before, &good).status, 401, "nor after a restart");
    assert_eq!(show(&service, &before, &recovery[0]).status, 401);
    assert_eq!(show(&service, &before, &recovery[1]).status, 200, "the ticket outlives it");
}

#[test]
fn a_ticket_is_worth_nothing_to_anybody_else() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let (_, recovery, token) = set_up(&service, &token);
    let good = ticket(&service).as_str().unwrap().to_owned();
    let parts: Vec<&str> = good.split('.').collect();
    let later = parts[1].parse::<i64>().unwrap() + 60;
    let other = StaffId::new(uuid::Uuid::from_u128(7)).uuid().simple().to_string();
    let member = MemberId::new(parts[0].parse().unwrap()).uuid().simple().to_string();
    for forged in [
        format!("{}.{later}.{}", parts[0], parts[2]),
        format!("{other}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], "0".repeat(64)),
        format!("{good}x"),
        String::new(),
    ] {
        assert_eq!(show(&service, &json!(forged), &recovery[0]).status, 401, "{forged}");
    }
    let elsewhere =
        json!({ "ticket": format!("{member}.{}.{}", parts[1], parts[2]), "code": recovery[0] });
    assert_eq!(post(&service.portal, "/sign-in", None, &elsewhere).status, 401, "another door");
    let changed = json!({
        "password": PASSWORD, "new": "seven grey herons over Malmö", "code": recovery[1],
    });
    renewed(&console(&service, "/password", Some(&token), changed));
    assert_eq!(
        show(&service, &json!(good), &recovery[0]).status,
        401,
        "the password is another one"
    );
}

#[test]
fn what_is_made_for_one_step_is_worth_nothing_at_another() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let begin = json!({ "password": PASSWORD });
    let begun = console(&service, "/second-factor", Some(&token), begin).json();
    let setup = begun["setup"].as_str().unwrap();
    let (_, recovery, token) = set_up(&service, &token);
    let ticket = ticket(&service);
    for other in [setup, setup.split_once('.').unwrap().1, token.as_str()] {
        assert_eq!(show(&service, &json!(other), &recovery[0]).status, 401, "as a ticket: {other}");
    }
    for other in [ticket.as_str().unwrap(), setup] {
        let asked = graphql(&service.console, Some(other), "{ __typename }");
        assert_eq!(asked.status, 401, "as a session: {other}");
    }
    let confirm = json!({ "setup": ticket, "code": "000000" });
    let confirmed = console(&service, "/second-factor/confirm", Some(&token), confirm);
    assert_eq!(confirmed.code(), "NOT_BEGUN", "as what was begun");
    assert_eq!(show(&service, &ticket, &recovery[0]).status, 200, "at its own step it is good");
}

#[test]
fn a_link_stands_for_the_password_and_never_for_the_code() {
    let home = Home::new();
    let service = Service::start(home.data());
    let (portal, path) = (&service.portal, invited(&service));
    assert_eq!(choose(portal, &path, OWN_PAGE, CHOSEN, CHOSEN).status, 303);
    let signed_in = service.sign_in(portal, "ann@acme.example", CHOSEN).json();
    let token = signed_in["token"].as_str().unwrap();
    let send = |path: &str, body: Value| post(portal, path, Some(token), &body).json();
    let begun = send("/second-factor", json!({ "password": CHOSEN }));
    let first = code(begun["secret"].as_str().unwrap(), 0);
    let confirm = json!({ "setup": begun["setup"], "code": first });
    assert!(send("/second-factor/confirm", confirm)["recoveryCodes"].is_array());

    let who = path.split("who=").nth(1).unwrap().split('&').next().unwrap();
    let make = format!(
        "mutation {{ passwordLinkMake(input: {{ commandId: \"{}\", memberId: \"{who}\" }}) {{ link {{ path }} }} }}",
        uuid::Uuid::from_u128(18),
    );
    let made = graphql(&service.console, Some(&service.console_token()), &make).json();
    let link = made["data"]["passwordLinkMake"]["link"]["path"].as_str().unwrap().to_owned();
    let another = "eight grey herons over Malmö";
    let set = choose(portal, &link, OWN_PAGE, another, another);
    assert_eq!((set.status, set.header("location")), (303, Some("/sign-in")));
    assert_eq!(set.header("set-cookie"), None, "nobody is in yet");
    assert_eq!(service.sign_in(portal, "ann@acme.example", another).code(), "CODE_NEEDED");
}

#[test]
fn the_form_asks_for_the_code_and_leads_on() {
    let home = Home::new();
    let service = Service::start(home.data());
    let (secret, ..) = set_up(&service, &service.console_token());
    let submit = |body: String| {
        let (address, length) = (&service.console, body.len());
        exchange(
            address,
            &format!(
                "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            ),
        )
    };
    let form = |pairs: &[(&str, &str)]| serde_urlencoded::to_string(pairs).unwrap();
    let typed = [("email", EMAIL), ("password", PASSWORD), ("next", "/licenses")];
    let page = submit(form(&typed));
    assert_eq!(page.status, 200);
    assert_eq!(page.header("set-cookie"), None, "nobody is in yet");
    assert!(page.body.contains("one-time-code"), "{}", page.body);
    let ticket = page.body.split("name=\"ticket\" value=\"").nth(1).unwrap();
    let ticket = ticket.split('"').next().unwrap();
    let wrong = submit(form(&[("ticket", ticket), ("code", "000000"), ("next", "/licenses")]));
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("not right") && wrong.body.contains(ticket), "{}", wrong.body);
    let code = code(&secret, 0);
    let done = submit(form(&[("ticket", ticket), ("code", &code), ("next", "/licenses")]));
    assert_eq!((done.status, done.header("location")), (303, Some("/licenses")));
    assert!(done.header("set-cookie").unwrap().starts_with("deedbook_console="));
}

#[test]
fn it_is_removed_with_the_password_and_a_code() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let (secret, recovery, token) = set_up(&service, &token);
    let again = console(&service, "/second-factor", Some(&token), json!({ "password": PASSWORD }));
    assert_eq!((again.status, again.code()), (422, "SECOND_FACTOR_ALREADY_SET".to_owned()));
    let remove = |password: &str, code: &str| {
        let body = json!({ "password": password, "code": code });
        console(&service, "/second-factor/remove", Some(&token), body)
    };
    assert_eq!(remove("not the password", &recovery[0]).code(), "WRONG_PASSWORD");
    assert_eq!(remove(PASSWORD, "000000").code(), "WRONG_CODE");
    let token = renewed(&remove(PASSWORD, &code(&secret, 0)));
    assert_eq!(service.sign_in(&service.console, EMAIL, PASSWORD).status, 200);
    let stale = json!({ "setup": "nonsense", "code": "000000" });
    let stale = console(&service, "/second-factor/confirm", Some(&token), stale);
    assert_eq!(stale.code(), "NOT_BEGUN");
}

#[test]
fn a_new_password_takes_a_code_too() {
    let home = Home::new();
    let service = Service::start(home.data());
    let token = service.console_token();
    let (_, recovery, token) = set_up(&service, &token);
    let chosen = "bright kettles over the marsh";
    let change = |new: &str, code: Option<&str>| {
        let body = json!({ "password": PASSWORD, "new": new, "code": code });
        console(&service, "/password", Some(&token), body)
    };
    let missing = change(chosen, None);
    assert_eq!((missing.status, missing.code()), (422, "CODE_NEEDED".to_owned()));
    let wrong = change(chosen, Some("000000"));
    assert_eq!((wrong.status, wrong.code()), (422, "WRONG_CODE".to_owned()));
    let weak = change("passwordpassword", Some(&recovery[0]));
    assert_eq!((weak.status, weak.code()), (422, "PASSWORD_REFUSED".to_owned()));
    // The code was not used up by that.
    renewed(&change(chosen, Some(&recovery[0])));
}

#[test]
fn codes_are_not_guessed() {
    let home = Home::new();
    let service = Service::start(home.data());
    set_up(&service, &service.console_token());
    let ticket = ticket(&service);
    let guesses: Vec<u16> =
        (0..8).map(|guess| show(&service, &ticket, &format!("{guess:06}")).status).collect();
    assert_eq!(guesses.last(), Some(&429), "{guesses:?}");
}

#[test]
fn where_one_is_demanded_nothing_else_is_done_before_it_is_set_up() {
    let home = imported();
    assert_eq!(crate::support::code(&password_of(&home, ANN).output().unwrap()), 0);
    let service = Service::start(home.data());
    let signed_in = service.sign_in(&service.portal, ANN, ANNS_PASSWORD);
    let token = signed_in.json()["token"].as_str().unwrap().to_owned();
    let account = graphql(&service.portal, Some(&token), "{ account { id } }").json();
    let account = account["data"]["account"]["id"].as_str().unwrap().to_owned();
    let demand = format!(
        "mutation {{ accountDemandSecondFactor(input: {{ commandId: \"{}\", accountId: \"{account}\", \
         demanded: true }}) {{ userErrors {{ code }} }} }}",
        uuid::Uuid::from_u128(17),
    );
    let demanded = graphql(&service.console, Some(&service.console_token()), &demand).json();
    assert_eq!(
        demanded["data"]["accountDemandSecondFactor"]["userErrors"],
        json!([]),
        "{demanded}"
    );

    let asked = graphql(&service.portal, Some(&token), "{ account { id } }");
    assert_eq!(asked.status, 403);
    assert_eq!(asked.json()["errors"][0]["extensions"]["code"], "SECOND_FACTOR_REQUIRED");
    let check = json!({ "licenseId": "lic_00000000000000000000000000" });
    let checked = post(&service.portal, "/v1/check", Some(&token), &check);
    assert_eq!(checked.status, 403);
    assert_eq!(checked.json()["code"], "SECOND_FACTOR_REQUIRED", "{}", checked.body);

    let begin = json!({ "password": ANNS_PASSWORD });
    let begun = post(&service.portal, "/second-factor", Some(&token), &begin).json();
    let first = code(begun["secret"].as_str().unwrap(), 0);
    let confirm = json!({ "setup": begun["setup"], "code": first });
    let token = renewed(&post(&service.portal, "/second-factor/confirm", Some(&token), &confirm));
    assert_eq!(graphql(&service.portal, Some(&token), "{ account { id } }").status, 200);
}

#[test]
fn everybody_of_the_vendor_needs_one_unless_whoever_runs_the_service_says_otherwise() {
    let home = Home::new();
    let serve = ["serve", "--data", home.data()];
    let service =
        Service::start_by(deedbook().env_remove("DEEDBOOK_CONSOLE_SECOND_FACTOR").args(serve));
    let token = service.console_token();
    let asked = |token: &str| graphql(&service.console, Some(token), "{ viewer { role } }");
    let refused = asked(&token);
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "SECOND_FACTOR_REQUIRED");
    let check = json!({ "licenseId": "lic_00000000000000000000000000" });
    let checked = console(&service, "/v1/check", Some(&token), check);
    assert_eq!((checked.status, &checked.json()["code"]), (403, &json!("SECOND_FACTOR_REQUIRED")));
    let (_, recovery, token) = set_up(&service, &token);
    assert_eq!(asked(&token).status, 200);
    let came = show(&service, &ticket(&service), &recovery[0]).json();
    assert_eq!(asked(came["token"].as_str().unwrap()).status, 200);
    service.stop();
    // Who lost everything is let back by whoever holds the data folder.
    let lost = ["password", "--data", home.data(), "--email", EMAIL, "--remove-second-factor"];
    assert_eq!(crate::support::code(&crate::support::run(&lost)), 0);
    // Where it is said otherwise, everybody chooses; where it is said at all without a word, it is so.
    for (said, status) in [
        ("--console-second-factor=false", 200),
        ("--console-second-factor=true", 403),
        ("--console-second-factor", 403),
    ] {
        let service = Service::start_command(&[&serve[..], &[said]].concat());
        let token = service.console_token();
        let asked = graphql(&service.console, Some(&token), "{ viewer { role } }");
        assert_eq!(asked.status, status, "{said}");
    }
}
