//! The demo: a sample vendor that scripts can use at once, and that goes on from where it was.

use serde_json::Value;

use crate::support::{Home, Service, code, graphql, printed, run, said};

fn start(home: &Home) -> Service {
    Service::start_command(&["demo", "--data", &home.text("demo")])
}

#[test]
fn everybody_of_the_sample_can_come_in_by_token_and_by_password_at_their_side_only() {
    let home = Home::vacant();
    let service = start(&home);
    let line = &service.first_line;
    assert_eq!(line["portalGraphql"], format!("http://{}/graphql", service.portal));
    assert_eq!(line["consoleGraphql"], format!("http://{}/graphql", service.console));
    let people = line["people"].as_array().unwrap();
    assert!(people.len() >= 5, "{people:?}");
    for person in people {
        let text = |field: &str| person[field].as_str().unwrap().to_owned();
        let (own, other) = match text("side").as_str() {
            "portal" => (&service.portal, &service.console),
            "console" => (&service.console, &service.portal),
            side => panic!("{side}"),
        };
        let token = text("token");
        assert_eq!(graphql(own, Some(&token), "{ __typename }").status, 200, "{person}");
        assert_eq!(graphql(other, Some(&token), "{ __typename }").status, 401, "{person}");
        let (email, password) = (text("email"), text("password"));
        assert_eq!(service.sign_in(own, &email, &password).status, 200, "{person}");
        assert_eq!(service.sign_in(other, &email, &password).status, 401, "{person}");
        assert!(!text("name").is_empty() && !text("role").is_empty());
    }
    let (ended, said) = service.stop();
    assert_eq!(ended, 0, "{said}");
}

#[test]
fn a_demo_goes_on_from_where_it_was_until_it_is_told_to_start_over() {
    let home = Home::vacant();
    start(&home).stop();
    let data = home.text("demo");
    // But of what people were told meanwhile, as of licenses that end soon.
    let events = |data: &str| -> usize {
        let told = run(&["inspect", "--data", data, "--json", "--limit", "1000000"]);
        let lines = String::from_utf8(told.stdout).unwrap();
        lines.lines().filter(|line| !line.contains("notification_sent.v1")).count()
    };
    let first = events(&data);
    assert!(first > 2_000, "{first} facts are no two years of 200 customers");
    let service = start(&home);
    let people = service.first_line["people"].as_array().map_or(0, Vec::len);
    service.stop();
    // A token for each of the people, and nothing else.
    assert_eq!(events(&data), first + people);
    Service::start_command(&["demo", "--fresh", "--data", &data]).stop();
    assert_eq!(events(&data), first);
}

#[test]
fn a_folder_that_is_no_demo_is_never_touched() {
    let home = Home::new();
    let before = printed(&run(&["verify", "--data", home.data(), "--json"]));
    for arguments in [&["demo", "--data"][..], &["demo", "--fresh", "--data"]] {
        let mut arguments = arguments.to_vec();
        arguments.extend([home.data(), "--portal", "127.0.0.1:0", "--console", "127.0.0.1:0"]);
        let refused = run(&arguments);
        assert_eq!(code(&refused), 1);
        assert!(said(&refused).contains("NO_DEMO"), "{}", said(&refused));
    }
    assert_eq!(printed(&run(&["verify", "--data", home.data(), "--json"])), before);
}

#[test]
fn import_takes_good_rows_once_and_names_bad_ones() {
    let home = Home::new();
    let files = Home::vacant();
    let text = "external_id,name\nC-1,Alpha Works\nC-2,Beta Works\n";
    std::fs::write(files.path("customers.csv"), text).unwrap();
    let path = files.text("customers.csv");
    let import = |extra: &[&str]| {
        let mut arguments = vec!["import", "--data", home.data(), "--json"];
        arguments.extend(extra);
        arguments.push(&path);
        run(&arguments)
    };
    let customers = |report: &Value| report["kinds"]["customers"].clone();
    let rehearsed = printed(&import(&["--dry-run"]));
    assert_eq!(customers(&rehearsed)["added"], 2);
    assert_eq!(customers(&printed(&import(&[])))["added"], 2);
    let again = customers(&printed(&import(&[])));
    assert_eq!((&again["added"], &again["already"]), (&0.into(), &2.into()));
    std::fs::write(files.path("customers.csv"), format!("{text}C-3,\n")).unwrap();
    let broken = import(&[]);
    assert_eq!(code(&broken), 1);
    let report: Value = serde_json::from_slice(&broken.stdout).unwrap();
    assert_eq!(report["problems"][0]["row"], 4, "{report}");
}
