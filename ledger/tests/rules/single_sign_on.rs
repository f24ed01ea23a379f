//! The identity provider of an account: a row for each rejection, and who may choose it.

use ledger::Context;
use ledger::account::{AccountRules, Command};
use ledger::authority::{Action, Basis, Rule};
use schemas::Actor;
use schemas::account::{GrantedRole, MemberRole, ProviderSecret, RoleGranted};
use schemas::{GrantId, Timestamp};

use crate::fixture::*;
use crate::small_streams::peopled;

fn connect(issuer: &str) -> Command {
    Command::ConnectProvider {
        issuer: issuer.to_owned(),
        client: "deedbook".to_owned(),
        secret: ProviderSecret { secret: "a-secret".to_owned() },
    }
}

fn link(number: u128, identity: u8) -> Command {
    Command::LinkIdentity { member: member(number), identity: digest(identity) }
}

fn unlink(number: u128) -> Command {
    Command::UnlinkIdentity { member: member(number) }
}

const fn require(required: bool) -> Command {
    Command::RequireSingleSignOn { required }
}

fn context_of(actor: Actor, rule: Rule, now: Timestamp) -> Context {
    let grant = (rule == Rule::GrantedRole).then(|| GrantId::new(uuid(90)));
    let basis = Some(Basis { action: Action::ManageSignIn, rule, grant, token: None });
    Context { actor, basis, ..context(now, now) }
}

const A: &str = "https://login.example.com";
const B: &str = "https://login.example.org";
const CONNECTED: &[&str] = &["identity_provider_connected.v1"];
const DISCONNECTED: &[&str] = &["identity_provider_disconnected.v1"];
const LINKED: &[&str] = &["identity_linked.v1"];
const UNLINKED: &[&str] = &["identity_unlinked.v1"];

/// As `peopled` has it, 1 and 2 are admins and 3 has no role.
#[test]
fn one_provider_is_connected_by_an_admin_and_required_once_an_admin_came_through() {
    let now = at("2026-08-10");
    let ann = (Actor::Member(member(1)), Rule::HomeRole);
    let vendor = (Actor::Operator, Rule::DataFolder);
    let granted = (Actor::Member(member(3)), Rule::GrantedRole);
    let grant = Command::GrantRole(RoleGranted {
        grant: GrantId::new(uuid(90)),
        member: member(3),
        role: GrantedRole::Admin,
        license: None,
        ends_at: None,
        under: None,
    });
    let plain = Command::ChangeRole { member: member(3), role: MemberRole::Member };
    let rows: Vec<(&str, (Actor, Rule), Command, Expected)> = vec![
        ("3 has no role of its own", vendor, plain, Ok(&[])),
        ("but is an admin for a while", ann, grant, Ok(&["role_granted.v1"])),
        ("who chooses who comes in as whom", granted, connect(A), Err("NOT_AN_ADMIN")),
        ("nothing to require", ann, require(true), Err("NO_PROVIDER")),
        ("nothing to be linked with", ann, link(1, 1), Err("NO_PROVIDER")),
        ("not required is already so", ann, require(false), Ok(&[])),
        ("nothing to unlink", ann, unlink(3), Ok(&[])),
        ("nothing to disconnect", ann, Command::DisconnectProvider, Ok(&[])),
        ("an admin connects", ann, connect(A), Ok(CONNECTED)),
        ("and says its new client", ann, connect(A), Ok(CONNECTED)),
        ("but no other beside it", ann, connect(B), Err("ANOTHER_PROVIDER")),
        ("nobody came through", ann, require(true), Err("NO_ADMIN_CAME_THROUGH")),
        ("nobody of the account", ann, link(77, 1), Err("MEMBER_NOT_FOUND")),
        ("a member comes through", vendor, link(3, 3), Ok(LINKED)),
        ("that is no admin", ann, require(true), Err("NO_ADMIN_CAME_THROUGH")),
        ("an admin does", ann, link(1, 1), Ok(LINKED)),
        ("again", ann, link(1, 1), Ok(&[])),
        ("as somebody else", ann, link(1, 2), Err("LINKED_OTHERWISE")),
        ("somebody else as the same", ann, link(2, 1), Err("IDENTITY_TAKEN")),
        ("nobody of the account is unlinked", ann, unlink(77), Err("MEMBER_NOT_FOUND")),
        ("nobody unlinks oneself", ann, unlink(1), Err("ONESELF")),
        ("nor an admin by what was granted", granted, unlink(1), Err("NOT_AN_ADMIN")),
        ("an admin unlinks somebody", ann, unlink(3), Ok(UNLINKED)),
        ("once", ann, unlink(3), Ok(&[])),
        ("who is somebody else there now", vendor, link(3, 4), Ok(LINKED)),
        ("so that the other one is free", vendor, link(2, 3), Ok(LINKED)),
        ("now", ann, require(true), Ok(&["single_sign_on_required.v1"])),
        ("also who came through first", vendor, unlink(1), Ok(UNLINKED)),
        ("and comes anew", ann, link(1, 5), Ok(LINKED)),
        ("once", ann, require(true), Ok(&[])),
        ("not away", ann, Command::DisconnectProvider, Err("SINGLE_SIGN_ON_STILL_REQUIRED")),
        ("a new secret", ann, connect(A), Ok(CONNECTED)),
        (
            "the vendor lifts it",
            vendor,
            require(false),
            Ok(&["single_sign_on_no_longer_required.v1"]),
        ),
        ("away", ann, Command::DisconnectProvider, Ok(DISCONNECTED)),
        ("another", ann, connect(B), Ok(CONNECTED)),
        ("links went with the first", ann, require(true), Err("NO_ADMIN_CAME_THROUGH")),
        ("and can be made anew", vendor, link(2, 1), Ok(LINKED)),
    ];
    let mut story = peopled(now);
    for (says, (actor, rule), command, expected) in rows {
        let decided = story.ask_in(&context_of(actor, rule, now), &command);
        assert_eq!(outcome(&decided), expected.map(<[_]>::to_vec), "{says}");
    }
    let nothing = ledger::account::State::default();
    for command in [connect(A), require(true), unlink(1), Command::DisconnectProvider] {
        let context = context_of(vendor.0, vendor.1, now);
        let decided = <AccountRules as ledger::Decider>::decide(&nothing, &command, &context);
        assert_eq!(ledger::Rejection::code(&decided.unwrap_err()), "NOT_FOUND");
    }
}
