//! Tokens of programs: a row for each rejection, and which action is in which scope.

use ledger::access::api_token::{NAME_CHARACTERS_MAX, NETWORKS_MAX, PER_PERSON_MAX};
use ledger::access::{AccessRules, Command};
use ledger::authority::{Action, Basis, Scopes};
use schemas::access::{ApiTokenCreated, Audience, TokenScope};
use schemas::{Timestamp, TokenId};

use crate::fixture::*;

fn token(number: u128) -> TokenId {
    TokenId::new(uuid(number))
}

fn made(number: u128, expires_at: Timestamp) -> ApiTokenCreated {
    ApiTokenCreated {
        token: token(number),
        audience: Audience::Portal,
        name: "seats from our directory".to_owned(),
        scopes: vec![TokenScope::Read, TokenScope::Licenses],
        networks: vec!["203.0.113.0/24".parse().unwrap()],
        secret_digest: digest(7),
        expires_at,
    }
}

const CREATED: &[&str] = &["api_token_created.v1"];
const REVOKED: &[&str] = &["api_token_revoked.v1"];
const USED: &[&str] = &["api_token_used.v1"];

fn told(story: &mut Story<AccessRules>, rows: Vec<(&str, Timestamp, Command, Expected)>) {
    for (says, now, command, expected) in rows {
        let decided = story.ask(now, &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
}

#[test]
fn a_token_is_made_for_a_year_at_most_used_once_a_day_and_revoked_for_good() {
    let (now, end) = (at("2026-08-10"), at("2026-11-10"));
    let with = |change: fn(&mut ApiTokenCreated)| {
        let mut asked = made(1, at("2026-11-10"));
        change(&mut asked);
        Command::CreateApiToken(asked)
    };
    let create = |number, end| Command::CreateApiToken(made(number, end));
    let revoke = |number| Command::RevokeApiToken { token: token(number) };
    let used = |number| Command::RecordApiTokenUse { token: token(number) };
    let rows: Vec<(&str, Timestamp, Command, Expected)> = vec![
        ("no life", now, create(1, now), Err("EXPIRES_EARLY")),
        ("more than a year", now, create(1, at("2027-08-12")), Err("EXPIRES_LATE")),
        ("no name", now, with(|one| one.name = " ".to_owned()), Err("TOKEN_NAME")),
        ("lines", now, with(|one| one.name = "a\nb".to_owned()), Err("TOKEN_NAME")),
        (
            "a long name",
            now,
            with(|one| one.name = "x".repeat(NAME_CHARACTERS_MAX + 1)),
            Err("TOKEN_NAME"),
        ),
        ("no scope", now, with(|one| one.scopes.clear()), Err("TOKEN_SCOPES")),
        (
            "a scope twice",
            now,
            with(|one| one.scopes = vec![TokenScope::Read, TokenScope::Read]),
            Err("TOKEN_SCOPES"),
        ),
        (
            "too many networks",
            now,
            with(|one| one.networks = vec![one.networks[0]; NETWORKS_MAX + 1]),
            Err("TOKEN_NETWORKS"),
        ),
        ("nothing to revoke", now, revoke(1), Err("TOKEN_NOT_FOUND")),
        ("nothing to use", now, used(1), Err("TOKEN_NOT_FOUND")),
        ("a token", now, create(1, end), Ok(CREATED)),
        ("its id is taken", now, create(1, end), Err("TOKEN_ALREADY_ISSUED")),
        ("used", now, used(1), Ok(USED)),
        ("again that day", now.plus_seconds(86_399), used(1), Ok(&[])),
        ("the next day", now.plus_seconds(86_400), used(1), Ok(USED)),
        ("not when it is over", end, used(1), Err("TOKEN_NOT_FOUND")),
        ("a year", end, create(2, at("2027-11-10")), Ok(CREATED)),
        ("revoked", end, revoke(2), Ok(REVOKED)),
        ("once", end, revoke(2), Ok(&[])),
        ("then not used", end, used(2), Err("TOKEN_NOT_FOUND")),
        ("a new password", end, Command::RevokeOtherTokens { kept: None }, Ok(&[])),
    ];
    told(&mut Story::default(), rows);
}

#[test]
fn nobody_has_more_tokens_than_can_be_looked_after() {
    let (now, end) = (at("2026-08-10"), at("2026-09-10"));
    let mut story = Story::<AccessRules>::default();
    let many = u128::try_from(PER_PERSON_MAX).unwrap();
    for number in 0..many {
        story.must(now, &Command::CreateApiToken(made(number, end)));
    }
    let one_more = || Command::CreateApiToken(made(many, at("2026-12-10")));
    let rows: Vec<(&str, Timestamp, Command, Expected)> = vec![
        ("one too many", now, one_more(), Err("TOO_MANY_TOKENS_OF_PROGRAMS")),
        ("one less", now, Command::RevokeApiToken { token: token(3) }, Ok(REVOKED)),
        ("one more", now, one_more(), Ok(CREATED)),
    ];
    told(&mut story, rows);
}

#[test]
fn what_lets_in_gives_rights_or_shows_keys_is_in_no_scope() {
    let in_scope = |scope: TokenScope| {
        let actions = Action::ALL.iter().filter(|action| Scopes::of(&[scope]).allow(**action));
        actions.map(|action| action.id()).collect::<Vec<_>>()
    };
    let sees = ["account.see", "account.see_all", "person.see", "license.see", "license.see_all"];
    let and = |more: &[&'static str]| [&sees[..], more].concat();
    let licenses =
        ["devices.use", "devices.manage", "seats.manage", "seats.allocate", "bundles.manage"];
    assert_eq!(in_scope(TokenScope::Read), sees);
    assert_eq!(in_scope(TokenScope::Licenses), and(&licenses));
    assert_eq!(in_scope(TokenScope::People), and(&["people.manage"]));
    assert_eq!(in_scope(TokenScope::Operate), and(&["usage.record", "vendor.operate"]));
}

#[test]
fn what_a_program_did_is_recorded_with_its_token_and_reads_back() {
    let token = token(9);
    let basis = Basis::oneself().via(Some(token));
    assert_eq!(basis.to_string(), format!("oneself:own_things:{token}"));
    assert_eq!(basis.to_string().parse(), Ok(basis));
    let grant = Some(schemas::GrantId::new(uuid(3)));
    let granted = Basis { grant, ..basis };
    assert_eq!(granted.to_string().parse(), Ok(granted));
    for wrong in ["oneself:own_things:", "oneself:own_things:tok_1", &format!("{granted}:{token}")]
    {
        assert!(wrong.parse::<Basis>().is_err(), "{wrong}");
    }
}
