//! What two identity providers send one after the other, in their own habits.

use serde_json::{Value, json};

use super::stage::{Stage, error};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn kay() -> Value {
    json!({
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Kay.Lee@acme.example",
        "active": true,
        "displayName": "Kay Lee",
        "emails": [{ "primary": true, "type": "work", "value": "kay@mail.acme.example" }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Kay Lee", "familyName": "Lee", "givenName": "Kay" },
        "roles": [],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Design" },
    })
}

#[test]
fn as_entra_does_it_with_people() {
    let stage = Stage::new();
    // The connection is tried with somebody whom nobody knows.
    let nobody = stage.find("Users", "userName eq \"3f2504e0-4f89-11d3-9a0c-0305e82c3301\"");
    assert_eq!((&nobody["totalResults"], &nobody["Resources"]), (&json!(0), &json!([])));
    assert_eq!(nobody["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));

    let made = stage.ask("POST", "/Users", Some(&kay()));
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/Users/{id}");
    assert_eq!(made.json()["userName"], "kay.lee@acme.example");
    let changes = json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "other@mail.acme.example" },
        { "op": "Replace", "path": "name.familyName", "value": "Leigh" },
        { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Sales" },
        { "op": "Add", "path": "externalId", "value": "another" },
    ]);
    let mut kept = made.json();
    kept["externalId"] = json!("another");
    assert_eq!(stage.patch(&path, changes).json(), kept, "parts of a name are not kept");
    let married = json!([
        { "op": "Replace", "path": "displayName", "value": "Kay Leigh" },
        { "op": "Replace", "path": "userName", "value": "kay.leigh@acme.example" },
    ]);
    let renamed = stage.patch(&path, married).json();
    assert_eq!(renamed["userName"], "kay.leigh@acme.example", "{renamed}");
    assert_eq!(renamed["displayName"], "Kay Leigh");

    let out = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    assert_eq!(stage.patch(&path, out).json()["active"], false);
    assert_eq!(stage.ask("DELETE", &path, None).status, 204);
    // Back again: the provider finds who is there, and restores.
    let found = stage.find("Users", "userName eq \"Kay.Leigh@acme.example\"");
    assert_eq!(
        (&found["Resources"][0]["id"], &found["Resources"][0]["active"]),
        (&json!(id), &json!(false))
    );
    let back = json!([{ "op": "Replace", "path": "active", "value": true }]);
    assert_eq!(stage.patch(&path, back).json()["active"], true);
}

#[test]
fn as_entra_does_it_with_groups() {
    let stage = Stage::new();
    let made = stage.ask("POST", "/Users", Some(&kay()));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let name = stage.ask("GET", &format!("/Groups/{}", stage.group("L1")), None).json();
    let name = name["displayName"].as_str().unwrap().to_owned();
    let query =
        serde_urlencoded::to_string([("filter", format!("displayName eq \"{name}\""))]).unwrap();
    let found =
        stage.ask("GET", &format!("/Groups?excludedAttributes=members&{query}"), None).json();
    assert_eq!(found["totalResults"], 1);
    assert_eq!(found["Resources"][0].get("members"), None);
    let group = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": name,
        "meta": { "resourceType": "Group" },
    });
    let made = stage.ask("POST", "/Groups", Some(&group));
    assert_eq!(made.status, 201, "{}", made.body);
    let group = made.json()["id"].as_str().unwrap().to_owned();
    let path_of_group = format!("/Groups/{group}");
    let is_in = || {
        let filter = format!("id eq \"{group}\" and members eq \"{id}\"");
        stage.find("Groups", &filter)["totalResults"] == 1
    };
    assert!(!is_in());
    let member = json!([{ "$ref": null, "value": id }]);
    let add = json!([{ "op": "Add", "path": "members", "value": member }]);
    assert_eq!(stage.patch(&path_of_group, add).status, 200);
    assert!(is_in() && stage.members("L1").contains(&"kay.lee@acme.example".to_owned()));
    let rename = json!([{ "op": "Replace", "path": "displayName", "value": "Designers" }]);
    let renamed = stage.patch(&path_of_group, rename);
    assert_eq!((renamed.status, &renamed.json()["displayName"]), (200, &json!(name)));
    let remove = json!([{ "op": "Remove", "path": "members", "value": member }]);
    assert_eq!(stage.patch(&path_of_group, remove).status, 200);
    assert!(!is_in());
    assert_eq!(stage.members("L1").len(), 4, "everybody else keeps a seat");
}

#[test]
fn as_okta_does_it() {
    let stage = Stage::new();
    assert_eq!(stage.ask("GET", "/Users?startIndex=1&count=2", None).json()["itemsPerPage"], 2);
    let filter =
        serde_urlencoded::to_string([("filter", "userName eq \"kay@acme.example\"")]).unwrap();
    let asked = format!("/Users?{filter}&startIndex=1&count=100");
    assert_eq!(stage.ask("GET", &asked, None).json()["totalResults"], 0);
    let mut kay = json!({
        "schemas": [USER],
        "userName": "kay@acme.example",
        "name": { "givenName": "Kay", "familyName": "Lee" },
        "emails": [{ "primary": true, "value": "kay@acme.example", "type": "work" }],
        "displayName": "Kay Lee",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    });
    let made = stage.ask("POST", "/Users", Some(&kay));
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/Users/{id}");
    assert_eq!(stage.ask("GET", &path, None).json()["externalId"], "00ujl29u0le5T6Aj10h7");
    // A change of the profile is the whole user, with the id that was given.
    kay["id"] = id.as_str().into();
    kay["name"]["familyName"] = "Leigh".into();
    let put = stage.ask("PUT", &path, Some(&kay));
    assert_eq!((put.status, put.json()), (200, made.json()));

    let groups = stage.ask("GET", "/Groups?startIndex=1&count=100", None).json();
    assert!(groups["totalResults"].as_u64().unwrap() >= 2, "{groups}");
    let name = stage.ask("GET", &format!("/Groups/{}", stage.group("L1")), None).json();
    let push = json!({ "schemas": [GROUP], "displayName": name["displayName"], "members": [] });
    let pushed = stage.ask("POST", "/Groups", Some(&push));
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let group = pushed.json()["id"].as_str().unwrap().to_owned();
    let of_group = format!("/Groups/{group}");
    let changes = json!([
        { "op": "replace", "value": { "id": group, "displayName": "Design team" } },
        { "op": "add", "path": "members", "value": [{ "value": id, "display": "kay@acme.example" }] },
    ]);
    assert_eq!(stage.patch(&of_group, changes).status, 200);
    assert!(stage.members("L1").contains(&"kay@acme.example".to_owned()));

    let out = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(stage.patch(&path, out).json()["active"], false);
    kay["active"] = true.into();
    assert_eq!(stage.ask("PUT", &path, Some(&kay)).json()["active"], true);
    kay["active"] = false.into();
    assert_eq!(stage.ask("PUT", &path, Some(&kay)).json()["active"], false);
    let known = stage.ask("POST", "/Users", Some(&kay));
    assert_eq!(error(&known, 409, Some("uniqueness")), "EMAIL_TAKEN");
    // Who is added while being out is out.
    let late = json!({ "schemas": [USER], "userName": "late@acme.example", "active": false });
    assert_eq!(stage.ask("POST", "/Users", Some(&late)).json()["active"], false);
}
