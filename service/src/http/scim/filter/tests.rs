use proptest::prelude::*;
use serde_json::json;

use super::*;

fn ann() -> Value {
    json!({
        "id": "mem_1", "externalId": "A-7", "userName": "ann@acme.example", "active": true,
        "name": { "formatted": "Ann Årud" }, "age": 41,
        "emails": [
            { "value": "ann@acme.example", "type": "work", "primary": true },
            { "value": "ann@home.example", "type": "home" },
        ],
        "meta": { "created": "2026-08-01T00:00:00Z" },
    })
}

#[track_caller]
fn fits(text: &str) -> bool {
    Filter::read(text).unwrap_or_else(|error| panic!("{text}: {error}")).fits(&ann())
}

#[test]
fn what_fits_is_as_the_rfc_says() {
    for (text, expected) in [
        (r#"userName eq "ann@acme.example""#, true),
        (r#"USERNAME Eq "Ann@Acme.Example""#, true),
        (r#"userName eq "bob@acme.example""#, false),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ann""#, true),
        (r#"externalId eq "A-7""#, true),
        (r#"externalId eq "a-7""#, false),
        (r#"id eq "mem_1" and active eq true"#, true),
        (r#"active eq false"#, false),
        (r#"name.formatted co "årud""#, true),
        (r#"name.formatted ew "x" or userName pr"#, true),
        (r#"nickName pr"#, false),
        (r#"nickName eq null"#, true),
        (r#"nickName ne "x""#, true),
        (r#"emails eq "ann@home.example""#, true),
        (r#"emails.value eq "ann@home.example""#, true),
        (r#"emails[type eq "work" and value co "@home"]"#, false),
        (r#"emails[type eq "home" and value co "@home"]"#, true),
        (r#"not (userName eq "ann@acme.example")"#, false),
        (
            r#"meta.created ge "2026-07-01T00:00:00Z" and meta.created lt "2026-09-01T00:00:00Z""#,
            true,
        ),
        (r#"age gt 40 and age le 41"#, true),
        // `and` binds more than `or`.
        (r#"active eq true or active eq true and active eq false"#, true),
        (r#"(active eq true or active eq true) and active eq false"#, false),
        (r#"userName eq "an\u006e@acme.example""#, true),
    ] {
        assert_eq!(fits(text), expected, "{text}");
    }
}

/// RFC 7644, 3.4.2.2 and 3.4.3.
#[test]
fn the_examples_of_the_rfc_are_read() {
    for text in [
        r#"userName Eq "john""#,
        r#"Username eq "john""#,
        r#"userName eq "bjensen""#,
        r#"name.familyName co "O'Malley""#,
        r#"userName sw "J""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        r#"title pr"#,
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified ge "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified lt "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified le "2011-05-13T04:42:34Z""#,
        r#"title pr and userType eq "Employee""#,
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType eq "Employee" and (emails.type eq "work")"#,
        r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
        r#"displayName sw "smith""#,
    ] {
        assert!(Filter::read(text).is_ok(), "{text}: {:?}", Filter::read(text));
    }
}

#[test]
fn what_is_no_filter_says_from_where() {
    for (text, at) in [
        ("", 0),
        ("userName", 8),
        ("userName is \"x\"", 11),
        ("userName eq", 11),
        ("userName eq ann", 12),
        ("userName eq \"ann", 12),
        ("userName eq [1]", 12),
        ("(userName pr", 12),
        ("userName pr and", 15),
        ("userName pr userName pr", 12),
        ("emails[type eq \"work\"", 21),
        ("1userName pr", 9),
    ] {
        assert_eq!(Filter::read(text), Err(FilterError::NotUnderstood { at }), "{text}");
    }
    let deep = format!("{}userName pr{}", "(".repeat(9), ")".repeat(9));
    assert_eq!(Filter::read(&deep), Err(FilterError::TooDeep));
    let long = format!("userName eq \"{}\"", "x".repeat(BYTES_MAX));
    assert_eq!(Filter::read(&long), Err(FilterError::TooLong));
}

#[test]
fn what_must_equal_a_text_is_known_where_everything_must_be_so() {
    let of = |text: &str| {
        let filter = Filter::read(text).unwrap();
        filter.must_equal("username", None).map(str::to_owned)
    };
    assert_eq!(of(r#"userName eq "a" and active eq true"#), Some("a".to_owned()));
    assert_eq!(of(r#"userName eq "a" or active eq true"#), None);
    assert_eq!(of(r#"not (userName eq "a")"#), None);
    assert_eq!(of(r#"userName sw "a""#), None);
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,200}") {
        let _ = Filter::read(&text).map(|filter| filter.fits(&ann()));
    }

    #[test]
    fn nothing_that_is_almost_a_filter_breaks_it(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "userName", "emails", "not", "and", "or", "eq", "pr", "co", "(", ")", "[", "]", "\"x\"",
                "\"", "é", ".", ":", "urn:", "true", "null", "-1.5e3", " ",
            ]),
            0..40,
        ),
        gap in prop::sample::select(vec!["", " "]),
    ) {
        let text = pieces.join(gap);
        let _ = Filter::read(&text).map(|filter| filter.fits(&ann()));
    }
}
