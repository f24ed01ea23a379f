use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read_one(change: Value) -> Change {
    let mut changes = read(&json!({ "Operations": [change] })).unwrap();
    assert_eq!(changes.len(), 1);
    changes.remove(0)
}

fn attribute(name: &str, part: Option<&str>) -> Attribute {
    Attribute { name: name.to_owned(), part: part.map(str::to_owned) }
}

#[test]
fn a_path_names_an_attribute_a_part_and_which_of_its_values() {
    let path = |text: &str| Path::read(text).unwrap();
    let plain = |name, part| Path { attribute: attribute(name, part), within: None };
    assert_eq!(path("active"), plain("active", None));
    assert_eq!(path("name.familyName"), plain("name", Some("familyname")));
    assert_eq!(
        path("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
        plain("department", None)
    );
    let within = path(r#"emails[type eq "work"].value"#);
    assert_eq!(within.attribute, attribute("emails", Some("value")));
    assert_eq!(within.within, Some(Filter::read(r#"type eq "work""#).unwrap()));
    assert_eq!(path(r#"members[value eq "mem_1"]"#).attribute, attribute("members", None));
    for wrong in [
        "",
        "members[",
        "members[]",
        "members[value eq \"x\"",
        "a.b.c",
        "a b",
        "é",
        "emails[a pr]x",
    ] {
        assert!(Path::read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn changes_are_read_as_providers_write_them() {
    let change = read_one(json!({ "op": "Replace", "path": "active", "value": "False" }));
    assert_eq!((change.act, change.value), (Act::Replace, json!("False")));
    let change =
        read_one(json!({ "OP": "REMOVE", "Path": "members", "Value": [{ "value": "m" }] }));
    assert_eq!((change.act, change.value), (Act::Remove, json!([{ "value": "m" }])));
    let change = read_one(json!({ "op": "replace", "value": { "name.givenName": "Ann" } }));
    assert_eq!(change.path.attribute, attribute("name", Some("givenname")));
    let none = read(&json!({ "Operations": [{ "op": "add", "value": { "no name": 1 } }] }));
    assert_eq!(none.unwrap(), []);
}

#[test]
fn what_is_no_list_of_changes_says_what_is_wrong() {
    let scim_type = |body: Value| read(&body).unwrap_err().scim_type();
    let one = |change: Value| scim_type(json!({ "Operations": [change] }));
    assert_eq!(scim_type(json!({})), Some("invalidSyntax"));
    assert_eq!(scim_type(json!({ "Operations": {} })), Some("invalidSyntax"));
    assert_eq!(one(json!({ "op": "move", "path": "active" })), Some("invalidSyntax"));
    assert_eq!(one(json!({ "op": "remove" })), Some("noTarget"));
    assert_eq!(one(json!({ "op": "add", "value": [] })), Some("noTarget"));
    assert_eq!(one(json!({ "op": "add", "path": "a[", "value": 1 })), Some("invalidPath"));
    assert_eq!(one(json!({ "op": "add", "path": 7, "value": 1 })), Some("invalidPath"));
    let change = json!({ "op": "remove", "path": "members" });
    let many = vec![change; CHANGES_MAX + 1];
    assert_eq!(scim_type(json!({ "Operations": many })), Some("tooMany"));
}

proptest! {
    #[test]
    fn no_path_breaks_it(text in "\\PC{0,200}") {
        let _ = Path::read(&text);
    }

    #[test]
    fn no_change_breaks_it(op in "\\PC{0,8}", path in "[a-z.\\[\\]\" ]{0,60}", value in "\\PC{0,40}") {
        let text = json!({ "Operations": [
            { "op": op, "path": path, "value": value },
            { "op": "add", "path": path, "value": { value.clone(): [value.clone()] } },
            { "op": "replace", "value": { path.clone(): value.clone() } },
        ] });
        let _ = read(&text);
    }
}
