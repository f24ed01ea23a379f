//! Sessions that go on with another secret.

use ledger::access::{self, AccessRules};
use schemas::TokenId;
use schemas::access::{Audience, TokenRenewed};

use crate::fixture::*;

#[test]
fn a_session_goes_on_with_another_secret_until_the_same_instant() {
    let (now, end) = (at("2026-08-10"), at("2026-09-01"));
    let token = TokenId::new(uuid(6));
    let issue = access::Command::IssueToken {
        token,
        audience: Audience::Portal,
        secret_digest: digest(1),
        expires_at: end,
    };
    let renew =
        |secret| access::Command::RenewToken(TokenRenewed { token, secret_digest: digest(secret) });
    let revoke = access::Command::RevokeToken { token };
    let mut story = Story::<AccessRules>::default();
    const RENEWED: &[&str] = &["token_renewed.v1"];
    let rows: Vec<(&str, _, access::Command, Expected)> = vec![
        ("unknown", now, renew(2), Err("TOKEN_NOT_FOUND")),
        ("issued", now, issue, Ok(&["token_issued.v1"])),
        ("the one it has", now, renew(1), Ok(&[])),
        ("another", now, renew(2), Ok(RENEWED)),
        ("once", now, renew(2), Ok(&[])),
        ("and another", now, renew(3), Ok(RENEWED)),
        ("when its time is over", end, renew(4), Err("TOKEN_NOT_FOUND")),
    ];
    for (says, at, command, expected) in rows {
        assert_eq!(outcome(&story.ask(at, &command)), expected.map(<[_]>::to_vec), "{says}");
    }
    let kept = &story.state.tokens[&token];
    assert_eq!((kept.secret_digest, kept.issued_at, kept.expires_at), (digest(3), now, end));
    story.must(now, &revoke);
    assert_eq!(outcome(&story.ask(now, &renew(4))), Err("TOKEN_NOT_FOUND"), "revoked");
}
