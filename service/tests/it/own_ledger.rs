//! A vendor's own ledger, from an empty folder to a customer's admin who signs in.

use std::process::Command;

use crate::support::{Answer, Home, Service, code, deedbook, graphql, printed, run, said};

pub const ANN: &str = "ann@acme.example";
pub const PASSWORD: &str = "ann's own long password";
const SCHEMA: &str = "{ __schema { queryType { name } } }";

#[test]
fn a_customers_admin_signs_in_to_a_ledger_that_was_imported() {
    let home = imported();
    assert_eq!(code(&password_of(&home, ANN).output().unwrap()), 0);
    let service = Service::start(home.data());
    let token = token(&service);
    let answer = graphql(&service.portal, Some(&token), "{ account { name } }");
    assert_eq!(answer.json()["data"]["account"]["name"], "Acme Robotics");
    assert_eq!(service.sign_in(&service.console, ANN, PASSWORD).status, 401);
}

#[test]
fn a_password_needs_a_person_and_some_length() {
    let home = imported();
    let nobody = password_of(&home, "nobody@acme.example").output().unwrap();
    assert_eq!(code(&nobody), 1);
    assert!(said(&nobody).contains("NOT_FOUND"), "{}", said(&nobody));
    let short = password_of(&home, ANN).env("DEEDBOOK_PASSWORD", "short").output().unwrap();
    assert_eq!(code(&short), 1);
    assert!(said(&short).contains("PASSWORD_REFUSED"), "{}", said(&short));
    let mut made = password_of(&home, ANN);
    let made = made.env_remove("DEEDBOOK_PASSWORD").arg("--json").output().unwrap();
    let password = printed(&made)["password"].as_str().unwrap().to_owned();
    let service = Service::start(home.data());
    assert_eq!(service.sign_in(&service.portal, ANN, &password).status, 200);
}

#[test]
fn customers_read_the_published_schema_unless_the_portal_is_told_to_give_it() {
    let home = imported();
    assert_eq!(code(&password_of(&home, ANN).output().unwrap()), 0);
    let closed = Service::start(home.data());
    let refused = graphql(&closed.portal, Some(&token(&closed)), SCHEMA);
    assert_eq!(refused.json()["errors"][0]["extensions"]["code"], "INTROSPECTION_DISABLED");
    assert!(refused.json().get("data").is_none(), "{}", refused.body);
    let console = graphql(&closed.console, Some(&closed.console_token()), SCHEMA);
    assert_eq!(console.json()["data"]["__schema"]["queryType"]["name"], "Query");
    assert_eq!(closed.stop().0, 0);
    let open = Service::start_command(&["serve", "--portal-introspection", "--data", home.data()]);
    let given = graphql(&open.portal, Some(&token(&open)), SCHEMA);
    assert_eq!(given.json()["data"]["__schema"]["queryType"]["name"], "Query");
}

/// A new ledger with one customer and its admin.
pub fn imported() -> Home {
    imported_with("")
}

/// The same with more people, as lines of a file of members.
pub fn imported_with(people: &str) -> Home {
    let home = Home::new();
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let customers = "external_id,kind,name\nacme,organization,Acme Robotics\n";
    let members = format!(
        "customer_external_id,external_id,name,email,role\n\
         acme,ann,Ann Example,ann@acme.example,org_admin\n{people}"
    );
    let customers = write("customers.csv", customers);
    let members = write("members.csv", &members);
    let done = run(&["import", "--data", home.data(), &customers, &members]);
    assert_eq!(code(&done), 0, "{}", said(&done));
    home
}

pub fn password_of(home: &Home, email: &str) -> Command {
    let mut command = deedbook();
    command.args(["password", "--data", home.data(), "--email", email]);
    command.env("DEEDBOOK_PASSWORD", PASSWORD);
    command
}

fn token(service: &Service) -> String {
    let signed_in: Answer = service.sign_in(&service.portal, ANN, PASSWORD);
    signed_in.json()["token"].as_str().unwrap().to_owned()
}
