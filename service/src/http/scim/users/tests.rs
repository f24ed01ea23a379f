use serde_json::json;

use super::*;

#[test]
fn who_signs_in_is_told_by_the_user_name_or_else_by_the_primary_email() {
    let email = |body: Value| sign_in_email(&body);
    let emails = json!([
        { "value": "home@acme.example", "type": "home" },
        { "value": "Work@acme.example", "type": "work" },
    ]);
    assert_eq!(
        email(json!({ "userName": " Ann@Acme.Example " })),
        Ok(Some("ann@acme.example".to_owned()))
    );
    assert_eq!(
        email(json!({ "userName": "ann", "emails": emails })),
        Ok(Some("work@acme.example".to_owned()))
    );
    let mut primary = emails.clone();
    primary[0]["primary"] = true.into();
    assert_eq!(
        email(json!({ "username": "ann", "Emails": primary })),
        Ok(Some("home@acme.example".to_owned()))
    );
    assert_eq!(email(json!({ "userName": "ann" })), Ok(None));
    assert!(email(json!({ "emails": emails })).is_err());
    assert!(email(json!({ "userName": 7 })).is_err());
}

#[test]
fn a_name_is_the_best_that_is_told() {
    let name = |body: Value| name(&body).unwrap();
    let parts = json!({ "givenName": "Ann", "familyName": "Årud" });
    assert_eq!(name(json!({ "name": parts })), Some("Ann Årud".to_owned()));
    let formatted = json!({ "givenName": "Ann", "formatted": "Dr. Ann" });
    assert_eq!(name(json!({ "name": formatted })), Some("Dr. Ann".to_owned()));
    let all = json!({ "name": formatted, "displayName": "Ann of Acme" });
    assert_eq!(name(all), Some("Ann of Acme".to_owned()));
    assert_eq!(name(json!({ "name": {}, "displayName": "" })), None);
}

#[test]
fn changes_want_what_the_last_of_them_says() {
    let wanted = |changes: Value| patched("mem_1", &json!({ "Operations": changes }));
    let so = |email: Option<&str>, active| {
        Ok(Wanted { email: email.map(str::to_owned), active, ..Wanted::default() })
    };
    assert_eq!(
        wanted(json!([{ "op": "Replace", "path": "active", "value": "False" }])),
        so(None, Some(false))
    );
    assert_eq!(
        wanted(json!([{ "op": "replace", "value": { "active": true, "id": "mem_1" } }])),
        so(None, Some(true))
    );
    let both = json!([
        { "op": "add", "path": "active", "value": false },
        { "op": "replace", "path": "active", "value": true },
        { "op": "replace", "path": "userName", "value": "Ann@acme.example" },
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "other@acme.example" },
        { "op": "replace", "path": "name.familyName", "value": "Other" },
    ]);
    assert_eq!(wanted(both), so(Some("ann@acme.example"), Some(true)));
    for refused in [
        json!([{ "op": "remove", "path": "active" }]),
        json!([{ "op": "remove", "path": "userName" }]),
        json!([{ "op": "replace", "path": "id", "value": "mem_2" }]),
        json!([{ "op": "add", "path": "groups", "value": [] }]),
    ] {
        let error = wanted(refused.clone()).unwrap_err();
        assert_eq!(error.scim_type(), Some("mutability"), "{refused}");
    }
    let odd = wanted(json!([{ "op": "add", "path": "active", "value": "perhaps" }]));
    assert_eq!(odd.unwrap_err().scim_type(), Some("invalidValue"));
    // Whoever is taken out is out, whatever else is said.
    let out = json!([
        { "op": "replace", "path": "userName", "value": 7 },
        { "op": "replace", "path": "active", "value": false },
    ]);
    assert_eq!(wanted(out), so(None, Some(false)));
}
