//! The examples that RFC 7643 and RFC 7644 print, sent as they stand there; only ids are those of this ledger, and names
//! of groups those of its licenses.

use serde_json::{Value, json};

use super::stage::{Stage, error};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// RFC 7643, 8.1.
fn minimal() -> Value {
    json!({
        "schemas": [USER],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "userName": "bjensen@example.com",
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34Z",
            "version": "W/\"3694e05e9dff590\"",
            "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646",
        },
    })
}

fn addresses() -> Value {
    let work = json!({
        "type": "work", "streetAddress": "100 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "USA",
        "formatted": "100 Universal City Plaza\nHollywood, CA 91608 USA", "primary": true,
    });
    let home = json!({
        "type": "home", "streetAddress": "456 Hollywood Blvd", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "USA",
        "formatted": "456 Hollywood Blvd\nHollywood, CA 91608 USA",
    });
    json!([work, home])
}

/// RFC 7643, 8.2, with the extension of 8.3; of the certificate only the beginning.
fn full() -> Value {
    let groups = json!([
        {
            "value": "e9e30dba-f08f-4109-8486-d5c6a331660a",
            "$ref": "https://example.com/v2/Groups/e9e30dba-f08f-4109-8486-d5c6a331660a",
            "display": "Tour Guides",
        },
        {
            "value": "fc348aa8-3835-40eb-a20b-c726e15c55b5",
            "$ref": "https://example.com/v2/Groups/fc348aa8-3835-40eb-a20b-c726e15c55b5",
            "display": "Employees",
        },
    ]);
    json!({
        "schemas": [USER, ENTERPRISE],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "name": {
            "formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara",
            "middleName": "Jane", "honorificPrefix": "Ms.", "honorificSuffix": "III",
        },
        "displayName": "Babs Jensen",
        "nickName": "Babs",
        "profileUrl": "https://login.example.com/bjensen",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" },
        ],
        "addresses": addresses(),
        "phoneNumbers": [
            { "value": "555-555-5555", "type": "work" },
            { "value": "555-555-4444", "type": "mobile" },
        ],
        "ims": [{ "value": "someaimhandle", "type": "aim" }],
        "photos": [
            { "value": "https://photos.example.com/profilephoto/72930000000Ccne/F", "type": "photo" },
            { "value": "https://photos.example.com/profilephoto/72930000000Ccne/T", "type": "thumbnail" },
        ],
        "userType": "Employee",
        "title": "Tour Guide",
        "preferredLanguage": "en-US",
        "locale": "en-US",
        "timezone": "America/Los_Angeles",
        "active": true,
        "password": "t1meMa$heen",
        "groups": groups,
        "x509Certificates": [{ "value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx" }],
        ENTERPRISE: {
            "employeeNumber": "701984", "costCenter": "4130", "organization": "Universal Studios",
            "division": "Theme Park", "department": "Tour Operations",
            "manager": {
                "value": "26118915-6090-4610-87e4-49d8ca9f808d",
                "$ref": "../Users/26118915-6090-4610-87e4-49d8ca9f808d",
                "displayName": "John Smith",
            },
        },
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34Z",
            "version": "W/\"a330bc54f0671c9\"",
            "location": "https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646",
        },
    })
}

#[test]
fn the_minimal_user_is_added_under_an_id_of_this_ledger() {
    let stage = Stage::new();
    let made = stage.ask("POST", "/Users", Some(&minimal()));
    assert_eq!(made.status, 201, "{}", made.body);
    let user = made.json();
    let id = user["id"].as_str().unwrap();
    assert!(id.starts_with("mem_"), "{user}");
    let location = format!("http://{}/scim/v2/Users/{id}", stage.service.portal);
    assert_eq!(made.header("location"), Some(location.as_str()));
    assert_eq!(user["meta"]["location"], location);
    assert_eq!(user["meta"]["resourceType"], "User");
    assert_eq!((&user["userName"], &user["active"]), (&json!("bjensen@example.com"), &json!(true)));
    assert_eq!(user.get("externalId"), None);
    assert_eq!(stage.ask("GET", &format!("/Users/{id}"), None).json(), user);
    // What the provider adds is a person without a role, like any whom an admin adds.
    let asked = "{ node(id: \"ID\") { ... on Member { role email name suspendedAt } } }";
    let member = stage.person("ann", &asked.replace("ID", id));
    let expected = json!({ "role": "MEMBER", "email": "bjensen@example.com",
        "name": "bjensen@example.com", "suspendedAt": null });
    assert_eq!(member["node"], expected);
    let again = stage.ask("POST", "/Users", Some(&minimal()));
    assert_eq!(error(&again, 409, Some("uniqueness")), "EMAIL_TAKEN");
}

#[test]
fn the_full_user_comes_back_with_what_is_kept_of_it() {
    let stage = Stage::new();
    let made = stage.ask("POST", "/Users", Some(&full()));
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(!made.body.contains("t1meMa$heen"), "{}", made.body);
    let user = made.json();
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    assert_eq!(user["displayName"], "Babs Jensen");
    assert_eq!(user["externalId"], "701984");
    let emails = json!([{ "value": "bjensen@example.com", "type": "work", "primary": true }]);
    assert_eq!(user["emails"], emails);
    for filter in [
        "externalId eq \"701984\"",
        "userName eq \"BJensen@example.com\"",
        "emails.value eq \"bjensen@example.com\"",
        "emails[type eq \"work\" and value co \"@example.com\"]",
        "userName eq \"bjensen@example.com\" and active eq true",
        "id eq \"ID\"",
    ] {
        let found = stage.find("Users", &filter.replace("ID", user["id"].as_str().unwrap()));
        assert_eq!(found["Resources"], json!([user]), "{filter}");
    }
    // RFC 7644, 3.5.1: what is put comes back as it is kept.
    assert_eq!(stage.ask("PUT", &path, Some(&full())).json(), user);
    let mut other = full();
    other["userName"] = "babs@jensen.org".into();
    other["displayName"] = "Babs Jensen-Lee".into();
    other["externalId"] = "701985".into();
    let put = stage.ask("PUT", &path, Some(&other)).json();
    assert_eq!(put["userName"], "babs@jensen.org", "{put}");
    assert_eq!(
        (&put["displayName"], &put["externalId"]),
        (&json!("Babs Jensen-Lee"), &json!("701985"))
    );
    let found = stage.find("Users", "userName eq \"bjensen@example.com\"");
    assert_eq!(found["totalResults"], 0, "the old one is nobody's");
    other["userName"] = "ann@acme.example".into();
    let taken = stage.ask("PUT", &path, Some(&other));
    assert_eq!(error(&taken, 409, Some("uniqueness")), "EMAIL_TAKEN");
    // Whoever is to be out is out, whatever else is said.
    other["active"] = false.into();
    assert_eq!(stage.ask("PUT", &path, Some(&other)).json()["active"], false);
}

/// RFC 7644, 3.3.
#[test]
fn the_user_that_is_created_needs_an_e_mail_to_sign_in_with() {
    let stage = Stage::new();
    let mut user = json!({
        "schemas": [USER],
        "userName": "bjensen",
        "externalId": "bjensen",
        "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara" },
    });
    let refused = stage.ask("POST", "/Users", Some(&user));
    assert_eq!(error(&refused, 400, Some("invalidValue")), "BAD_USER_INPUT");
    user["emails"] = json!([
        { "value": "babs@jensen.org" },
        { "value": "bjensen@example.com", "primary": true },
    ]);
    let made = stage.ask("POST", "/Users", Some(&user));
    assert_eq!(made.status, 201, "{}", made.body);
    let kept = made.json();
    assert_eq!(kept["userName"], "bjensen@example.com");
    assert_eq!(kept["name"]["formatted"], "Ms. Barbara J Jensen III");
    assert_eq!(stage.find("Users", "externalId eq \"bjensen\"")["totalResults"], 1);
    // RFC 7644, 3.5.1, of the same user.
    let path = format!("/Users/{}", kept["id"].as_str().unwrap());
    user["roles"] = json!([]);
    assert_eq!(stage.ask("PUT", &path, Some(&user)).json(), kept);
}

/// RFC 7643, 8.4.
#[test]
fn the_group_is_the_license_with_its_name() {
    let stage = Stage::new();
    let (bob, cleo) = (stage.user("bob@acme.example"), stage.user("cleo@acme.example"));
    let mut group = json!({
        "schemas": [GROUP],
        "id": "e9e30dba-f08f-4109-8486-d5c6a331660a",
        "displayName": "Tour Guides",
        "members": [
            { "value": bob, "$ref": format!("https://example.com/v2/Users/{bob}"), "display": "Babs Jensen" },
            { "value": cleo, "$ref": format!("https://example.com/v2/Users/{cleo}"), "display": "Mandy Pepperidge" },
        ],
        "meta": {
            "resourceType": "Group",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34Z",
            "version": "W/\"3694e05e9dff592\"",
            "location": "https://example.com/v2/Groups/e9e30dba-f08f-4109-8486-d5c6a331660a",
        },
    });
    assert_eq!(stage.ask("POST", "/Groups", Some(&group)).status, 400);
    let l1 = format!("/Groups/{}", stage.group("L1"));
    group["displayName"] = stage.ask("GET", &l1, None).json()["displayName"].take();
    let made = stage.ask("POST", "/Groups", Some(&group));
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json()["members"].as_array().unwrap().len(), 4, "nobody loses a seat by it");
    assert_eq!(stage.ask("PUT", &l1, Some(&group)).status, 200);
    assert_eq!(stage.members("L1"), ["bob@acme.example", "cleo@acme.example"]);
    let told = stage.ask("GET", &l1, None).json();
    let bobs = told["members"].as_array().unwrap().iter().find(|one| one["value"] == bob.as_str());
    let expected = json!({ "value": bob, "type": "User", "display": "Bob Castellanos",
        "$ref": format!("http://{}/scim/v2/Users/{bob}", stage.service.portal) });
    assert_eq!(bobs, Some(&expected));
}

/// RFC 7644, 3.5.2: what the examples say of users is not kept, and is no reason to refuse them.
#[test]
fn changes_of_what_is_not_kept_change_nothing() {
    let stage = Stage::new();
    let user = stage.ask("POST", "/Users", Some(&full())).json();
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let home = json!([{ "value": "babs@jensen.org", "type": "home" }]);
    let work = json!({
        "type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US",
        "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US", "primary": true,
    });
    for changes in [
        json!([{ "op": "add", "value": { "emails": home, "nickname": "Babs" } }]),
        json!([{ "op": "replace", "value": { "emails": home, "nickname": "Babs" } }]),
        json!([{ "op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]" }]),
        json!([{ "op": "replace", "path": "addresses[type eq \"work\"]", "value": work }]),
        json!([{
            "op": "replace", "path": "addresses[type eq \"work\"].streetAddress",
            "value": "1010 Broadway Ave",
        }]),
    ] {
        let answer = stage.patch(&path, changes.clone());
        assert_eq!(answer.status, 200, "{changes}: {}", answer.body);
        assert_eq!(answer.json(), user, "{changes}");
    }
}

/// RFC 7644, 3.5.2.1 to 3.5.2.3, of groups.
#[test]
fn changes_of_members_are_those_of_the_rfc() {
    let stage = Stage::new();
    let path = format!("/Groups/{}", stage.group("L1"));
    let ids = ["bob", "cleo", "eve"].map(|name| stage.user(&format!("{name}@acme.example")));
    let babs = |id: &str| json!({ "display": "Babs Jensen", "$ref": format!("https://example.com/v2/Users/{id}"), "value": id });
    let done = |changes: Value| {
        let answer = stage.patch(&path, changes.clone());
        assert_eq!(answer.status, 200, "{changes}: {}", answer.body);
        let all = stage.members("L1");
        all.iter().map(|email| email.split('@').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let [bob, cleo, eve] = &ids;
    let added = done(json!([{ "op": "add", "path": "members", "value": [babs(eve)] }]));
    assert_eq!(added, ["ann", "bob", "cleo", "dan", "eve"]);
    let one = json!([{ "op": "remove", "path": format!("members[value eq \"{eve}\"]") }]);
    assert_eq!(done(one), ["ann", "bob", "cleo", "dan"]);
    let both = json!([
        { "op": "remove", "path": format!("members[value eq \"{bob}\"]") },
        { "op": "add", "path": "members", "value": [babs(eve)] },
    ]);
    assert_eq!(done(both), ["ann", "cleo", "dan", "eve"]);
    let replaced =
        json!([{ "op": "replace", "path": "members", "value": [babs(bob), babs(cleo)] }]);
    assert_eq!(done(replaced), ["bob", "cleo"]);
    assert_eq!(done(json!([{ "op": "remove", "path": "members" }])), [""; 0]);
    // The last one is "remove all and add": in one request.
    let anew = json!([
        { "op": "remove", "path": "members" },
        { "op": "add", "path": "members", "value": [babs(cleo), babs(eve)] },
    ]);
    assert_eq!(done(anew), ["cleo", "eve"]);
}
