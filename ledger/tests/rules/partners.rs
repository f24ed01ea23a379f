//! Partners, who act for a customer: a row for each rejection.

use ledger::account::{Command, PARTNERS_MAX};
use schemas::account::{PartnerLinked, PartnerRole};
use schemas::{AccountId, GrantId, Timestamp};

use crate::fixture::*;
use crate::roles::{Who, told};
use crate::small_streams::peopled;

const LINKED: &[&str] = &["partner_linked.v1"];
const UNLINKED: &[&str] = &["partner_unlinked.v1"];

fn link(number: u128, partner: u128, ends_at: Option<Timestamp>) -> Command {
    Command::LinkPartner(PartnerLinked {
        link: GrantId::new(uuid(number)),
        partner: AccountId::new(uuid(partner)),
        role: PartnerRole::LicenseManager,
        ends_at,
    })
}

fn unlink(number: u128) -> Command {
    Command::UnlinkPartner { link: GrantId::new(uuid(number)) }
}

#[test]
fn partners_are_linked_and_parted_with() {
    let (now, later) = (at("2026-08-10"), Some(at("2026-08-20")));
    let mut story = peopled(now);
    let own = story.state.opened.as_ref().unwrap().account.uuid().as_u128();
    let nothing = ledger::account::State::default();
    let context = crate::roles::context_of(Who::Vendor, now);
    let decided = <ledger::account::AccountRules as ledger::Decider>::decide(
        &nothing,
        &link(10, 700, None),
        &context,
    );
    assert_eq!(ledger::Rejection::code(&decided.unwrap_err()), "NOT_FOUND");
    let rows: Vec<(&str, Who, Command, Expected)> = vec![
        ("not by who has no role", Who::Home(3), link(10, 700, None), Err("NOT_AN_ADMIN")),
        ("not with itself", Who::Home(1), link(10, own, None), Err("PARTNER_IS_ITSELF")),
        ("not what is over", Who::Home(1), link(10, 700, Some(now)), Err("GRANT_ENDS_IN_PAST")),
        ("an admin links", Who::Home(1), link(10, 700, later), Ok(LINKED)),
        ("once", Who::Home(1), link(10, 700, later), Ok(&[])),
        ("one link with each", Who::Vendor, link(11, 700, None), Err("ALREADY_LINKED")),
        ("the vendor links another", Who::Vendor, link(12, 701, None), Ok(LINKED)),
        ("none is ended that is not there", Who::Home(1), unlink(99), Err("LINK_NOT_FOUND")),
        ("nor by who has no role", Who::Home(3), unlink(10), Err("NOT_AN_ADMIN")),
        ("an admin parts with it", Who::Home(1), unlink(10), Ok(UNLINKED)),
        ("once", Who::Home(1), unlink(10), Ok(&[])),
        ("and may link it anew", Who::Home(1), link(13, 700, None), Ok(LINKED)),
    ];
    told(&mut story, now, rows);
    let max = u128::try_from(PARTNERS_MAX).unwrap();
    for number in 2..max {
        let rows = [("another", Who::Vendor, link(100 + number, 800 + number, None), Ok(LINKED))];
        told(&mut story, now, rows.into());
    }
    let over = [("one too many", Who::Vendor, link(14, 702, None), Err("TOO_MANY_PARTNERS"))];
    told(&mut story, now, over.into());
}
