//! The keys of a ledger: listed without showing one, and changed while everything sealed stays readable.

use std::fs;

use serde_json::{Value, json};

use crate::support::{EMAIL, Home, PASSWORD, Service, code, graphql, printed, run, said};

const VIEWER: &str = "{ viewer { staff { name email } } }";

fn list(home: &Home) -> Vec<Value> {
    let told = printed(&run(&["keys", "list", "--data", home.data(), "--json"]));
    told["keys"].as_array().unwrap().clone()
}

fn id(keys: &[Value], name: &str) -> String {
    let key = keys.iter().find(|key| key["name"] == name).unwrap();
    key["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_key_that_wraps_all_others_is_changed_and_what_was_sealed_stays_readable() {
    let home = Home::new();
    let before = list(&home);
    let old = fs::read(home.path("keys/kek")).unwrap();
    let arguments = ["keys", "rotate", "key-encryption", "--data", home.data(), "--json"];
    let rotated = printed(&run(&arguments));
    assert_eq!(rotated["before"], id(&before, "key-encryption"));
    let after = list(&home);
    assert_eq!(rotated["now"], id(&after, "key-encryption"));
    assert_ne!(rotated["before"], rotated["now"]);
    assert_ne!(fs::read(home.path("keys/kek")).unwrap(), old);
    for same in ["hashes", "log", "people"] {
        assert_eq!(id(&before, same), id(&after, same), "{same}");
    }
    let service = Service::start(home.data());
    let token = service.sign_in(&service.console, EMAIL, PASSWORD).json();
    let told = graphql(&service.console, token["token"].as_str(), VIEWER).json();
    assert_eq!(told["data"]["viewer"]["staff"]["email"], EMAIL, "{told}");
    assert_eq!(service.stop().0, 0);
    let whole = printed(&run(&["verify", "--data", home.data(), "--json"]));
    assert_eq!(whole["whole"], json!(true), "{whole}");
}

#[test]
fn each_key_is_listed_with_what_it_is_for_and_none_is_shown() {
    let home = Home::new();
    let listed = run(&["keys", "list", "--data", home.data()]);
    assert_eq!(code(&listed), 0, "{}", said(&listed));
    let text = String::from_utf8(listed.stdout).unwrap();
    for name in ["key-encryption", "people", "hashes", "log"] {
        assert!(text.contains(name), "{text}");
    }
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let kek = hex(&fs::read(home.path("keys/kek")).unwrap());
    assert!(!text.contains(&kek[..16]) && !text.contains("PRIVATE"), "{text}");
    let page = include_str!("../../../docs/keys.md");
    for key in list(&home) {
        let name = key["name"].as_str().unwrap();
        assert!(page.contains(&format!("| `{name}` |")), "docs/keys.md tells of `{name}`");
    }
}

#[test]
fn no_key_is_changed_under_a_service_that_runs() {
    let home = Home::new();
    let before = fs::read(home.path("keys/kek")).unwrap();
    let service = Service::start(home.data());
    let refused = run(&["keys", "rotate", "key-encryption", "--data", home.data()]);
    assert_eq!(code(&refused), 1);
    assert!(said(&refused).contains("DATA_FOLDER_IN_USE"), "{}", said(&refused));
    assert_eq!(fs::read(home.path("keys/kek")).unwrap(), before);
    assert_eq!(service.stop().0, 0);
    let nothing = run(&["keys", "list", "--data", &home.text("nowhere")]);
    assert!(said(&nothing).contains("NO_LEDGER"), "{}", said(&nothing));
    fs::remove_file(home.path("keys/kek")).unwrap();
    for arguments in [&["keys", "list"][..], &["keys", "rotate", "key-encryption"], &["serve"]] {
        let refused = run(&[arguments, &["--data", home.data()]].concat());
        assert_eq!(code(&refused), 1, "{arguments:?}");
        assert!(said(&refused).contains("KEYSTORE_MISSING"), "{}", said(&refused));
    }
}
