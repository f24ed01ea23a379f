//! Contracts: the zone in which terms are counted, and the notice that an automatic renewal needs, by country.

use ledger::account::{self, AccountRules};
use ledger::calendar::{last_second_before, local_text, text};
use ledger::license::{Command, Issue, LicenseRules, Renew, Term};
use ledger::policy::{self, PolicyRules, notice};
use ledger::status::{Displayed, grace_end, status};
use schemas::account::Party;
use schemas::catalog::Terms;
use schemas::contract::{Contract, ContractDefaults, NoticeRule};
use schemas::policy::{NoticePolicyPublished, PolicyEvent};
use schemas::{Period, Timestamp};

use crate::fixture::*;

fn contract(zone: &str, country: &str, currency: &str, price_minor: u64) -> Contract {
    Contract {
        time_zone: Some(zone.parse().unwrap()),
        country: Some(country.parse().unwrap()),
        currency: Some(currency.parse().unwrap()),
        locale: None,
        price_minor: Some(price_minor),
    }
}

fn exact(text: &str) -> Timestamp {
    Timestamp::from_micros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

/// A license that runs from its issue for so long, in a zone.
fn issued(contract: Contract, from: Timestamp, length: Period) -> Story<LicenseRules> {
    let terms = Terms { term: Some(length), grace: Some(Period::days(7)), ..yearly() };
    let issue = Issue { terms, contract, ..issue(&orbit().state, STARTER, None) };
    let mut story = Story::default();
    story.must(from, &Command::Issue(issue));
    story
}

fn shown(story: &Story<LicenseRules>) -> String {
    let until = story.state.term.unwrap().until.unwrap();
    local_text(story.state.contract.time_zone.as_ref(), last_second_before(until))
}

#[test]
fn a_term_ends_at_the_local_time_of_its_zone_also_when_the_clocks_are_changed() {
    // Summer time ends in Paris on 2026-10-25 and in New York on 2026-11-01; Tokyo has none.
    let rows = [
        ("Europe/Paris", "2026-09-30T22:00:00Z", Period::months(1), "2026-10-31T23:59:59+01:00"),
        ("Europe/Paris", "2026-10-24T22:00:00Z", Period::days(1), "2026-10-25T23:59:59+01:00"),
        ("Europe/Paris", "2025-12-31T23:00:00Z", Period::years(1), "2026-12-31T23:59:59+01:00"),
        ("America/New_York", "2026-10-15T04:00:00Z", Period::days(30), "2026-11-13T23:59:59-05:00"),
        ("Asia/Tokyo", "2026-09-30T15:00:00Z", Period::months(1), "2026-10-31T23:59:59+09:00"),
    ];
    for (zone, from, length, expected) in rows {
        let story = issued(contract(zone, "FR", "EUR", 1), exact(from), length);
        assert_eq!(shown(&story), expected, "{zone}: {from} + {length:?}");
    }
    // Days of grace are days of that zone: 24 October plus seven has an hour more.
    let paris = contract("Europe/Paris", "FR", "EUR", 1);
    let story = issued(paris, exact("2026-10-22T22:00:00Z"), Period::days(1));
    assert_eq!(grace_end(&story.state).map(text).as_deref(), Some("2026-10-30T23:00:00Z"));
    let almost = exact("2026-10-30T22:59:59Z");
    assert_eq!(status(&story.state, almost).displayed, Displayed::Grace);
}

#[test]
fn a_monthly_term_from_the_31st_of_january_goes_on_to_the_end_of_march() {
    let from = exact("2026-01-30T23:00:00Z");
    let paris = contract("Europe/Paris", "FR", "EUR", 1);
    let mut story = issued(paris, from, Period::months(1));
    let mut ends = vec![shown(&story)];
    for _ in 0..9 {
        story.must(from, &Command::Renew(Renew::default()));
        ends.push(shown(&story));
    }
    let days = ["02-27", "03-30", "04-29", "05-30", "06-29", "07-30", "08-30", "09-29", "10-30"];
    for (end, day) in ends.iter().zip(days) {
        assert_eq!(&end[5..19], format!("{day}T23:59:59"));
    }
    assert!(ends[7].ends_with("+02:00") && ends[8].ends_with("+01:00"), "{ends:?}");
}

#[test]
fn without_a_contract_everything_is_as_it_was() {
    let story = issued(Contract::default(), at("2026-10-01"), Period::months(1));
    assert_eq!(story.state.term.unwrap().until, Some(at("2026-11-01")));
    let issue = Issue { term: None, ..issue_l1(&orbit().state) };
    let facts = Story::<LicenseRules>::default().must(t0(), &Command::Issue(issue));
    assert_eq!(facts.len(), 2, "no fact says that nothing was said: {facts:?}");
}

#[test]
fn another_contract_moves_no_term_that_was_recorded() {
    let mut story = issued(Contract::default(), at("2026-10-01"), Period::months(1));
    let paris = contract("europe/paris", "FR", "EUR", 4_900);
    let now = at("2026-10-02");
    let set = |contract: &Contract| Command::SetContract(contract.clone());
    let unknown =
        Contract { time_zone: Some("Europe/Atlantis".parse().unwrap()), ..Contract::default() };
    let priceless = Contract { currency: None, ..paris.clone() };
    assert_eq!(outcome(&story.ask(now, &set(&unknown))), Err("TIME_ZONE_UNKNOWN"));
    assert_eq!(outcome(&story.ask(now, &set(&priceless))), Err("PRICE_WITHOUT_CURRENCY"));
    assert_eq!(outcome(&story.ask(now, &set(&paris))), Ok(vec!["license_contract_set.v1"]));
    assert_eq!(outcome(&story.ask(now, &set(&paris))), Ok(vec![]), "said already");
    let zone = story.state.contract.time_zone.clone().unwrap();
    assert_eq!(zone.as_str(), "Europe/Paris", "as IANA spells it");
    assert_eq!(story.state.term.unwrap().until, Some(at("2026-11-01")), "the end stays");
    // The next one is counted by the new clocks: a month from one o'clock in Paris.
    story.must(now, &Command::Renew(Renew::default()));
    assert_eq!(story.state.term.unwrap().until, Some(at("2026-12-01")));
    story.must(now, &revoke());
    assert_eq!(outcome(&story.ask(now, &set(&Contract::default()))), Err("REVOKED"));
}

#[test]
fn an_account_says_on_which_terms_it_contracts() {
    let now = at("2026-08-10");
    let set = |zone: &str| {
        account::Command::SetContractDefaults(ContractDefaults {
            time_zone: Some(zone.parse().unwrap()),
            data_region: Some("eu".parse().unwrap()),
            ..ContractDefaults::default()
        })
    };
    let mut story = Story::<AccountRules>::default();
    assert_eq!(outcome(&story.ask(now, &set("Europe/Paris"))), Err("NOT_FOUND"));
    let (account, party) = (account_id(), Party::Organization);
    let profile = schemas::account::AccountProfile { name: "Acme".to_owned(), external_id: None };
    story.must(now, &account::Command::Open { account, parent: None, party, profile });
    assert_eq!(outcome(&story.ask(now, &set("Mars/Base"))), Err("TIME_ZONE_UNKNOWN"));
    assert_eq!(
        outcome(&story.ask(now, &set("Europe/Paris"))),
        Ok(vec!["contract_defaults_set.v1"])
    );
    assert_eq!(outcome(&story.ask(now, &set("europe/paris"))), Ok(vec![]), "the same zone");
}

fn rule(country: &str, notice_days: u32, cancel_days: u32) -> NoticeRule {
    let country = (country != "*").then(|| country.parse().unwrap());
    NoticeRule { country, notice_days, cancel_days }
}

fn publish(version: u32, rules: Vec<NoticeRule>) -> policy::Command {
    policy::Command::PublishNotice { version, rules }
}

#[test]
fn versions_of_the_notice_periods_follow_each_other() {
    let now = at("2026-08-10");
    let mut story = Story::<PolicyRules>::default();
    let good = || vec![rule("FR", 90, 14), rule("*", 30, 0)];
    let rows: Vec<(&str, policy::Command, Expected)> = vec![
        ("not the second first", publish(2, good()), Err("POLICY_VERSION_TAKEN")),
        (
            "every country has a rule",
            publish(1, vec![rule("FR", 1, 0)]),
            Err("DEFAULT_RULE_MISSING"),
        ),
        (
            "and one only",
            publish(1, vec![rule("*", 1, 0), rule("FR", 1, 0), rule("FR", 2, 0)]),
            Err("COUNTRY_TWICE"),
        ),
        ("within a year", publish(1, vec![rule("*", 367, 0)]), Err("TOO_MANY_DAYS")),
        ("published", publish(1, good()), Ok(&["notice_policy_published.v1"])),
        (
            "again, in another order",
            publish(1, vec![rule("*", 30, 0), rule("FR", 90, 14)]),
            Ok(&[]),
        ),
        (
            "another one under its number",
            publish(1, vec![rule("*", 5, 0)]),
            Err("POLICY_VERSION_TAKEN"),
        ),
        ("the next one", publish(2, vec![rule("*", 5, 0)]), Ok(&["notice_policy_published.v1"])),
    ];
    for (says, command, expected) in rows {
        assert_eq!(outcome(&story.ask(now, &command)), expected.map(<[_]>::to_vec), "{says}");
    }
    let many = (0..26u8).flat_map(|one| (0..13u8).map(move |other| (b'A' + one, b'A' + other)));
    let many = many.map(|(one, other)| {
        let country: String = [char::from(one), char::from(other)].iter().collect();
        rule(&country, 1, 0)
    });
    let too_many = publish(3, many.chain([rule("*", 1, 0)]).collect());
    assert_eq!(outcome(&story.ask(now, &too_many)), Err("TOO_MANY_RULES"));
    let backdated = story.ask_backdated(now, at("2026-08-09"), &publish(3, good()));
    assert_eq!(outcome(&backdated), Err("POLICY_BACKDATED"));
}

fn policy() -> NoticePolicyPublished {
    let mut story = Story::<PolicyRules>::default();
    let rules = vec![
        rule("*", 30, 0),
        rule("FR", 90, 14),
        rule("DE", 30, 30),
        rule("US", 45, 0),
        rule("JP", 60, 8),
    ];
    let facts = story.must(at("2026-08-10"), &publish(1, rules));
    let [PolicyEvent::NoticePolicyPublished(fact)] = &facts[..] else { panic!("{facts:?}") };
    fact.clone()
}

#[test]
fn notice_is_given_by_the_days_of_the_country_and_the_clocks_of_the_contract() {
    let rows = [
        // Ends at midnight there, on the last day of the year; notice is due in summer time where it is 90 days before.
        (
            "Europe/Paris",
            "FR",
            "2026-12-31T23:00:00Z",
            "2026-10-02T23:59:59+02:00",
            Some("2027-01-14T23:59:59+01:00"),
        ),
        (
            "Europe/Berlin",
            "DE",
            "2026-12-31T23:00:00Z",
            "2026-12-01T23:59:59+01:00",
            Some("2027-01-30T23:59:59+01:00"),
        ),
        ("America/New_York", "US", "2026-12-15T05:00:00Z", "2026-10-30T23:59:59-04:00", None),
        (
            "Asia/Tokyo",
            "JP",
            "2026-12-31T15:00:00Z",
            "2026-11-01T23:59:59+09:00",
            Some("2027-01-08T23:59:59+09:00"),
        ),
        ("Europe/Madrid", "ES", "2026-12-31T23:00:00Z", "2026-12-01T23:59:59+01:00", None),
    ];
    for (zone, country, until, by, cancel_by) in rows {
        let term = Some(Term { from: at("2026-01-01"), until: Some(exact(until)) });
        let contract = contract(zone, country, "EUR", 1);
        let issue = Issue { contract, ..issue(&orbit().state, STARTER, term) };
        let mut story = Story::<LicenseRules>::default();
        story.must(at("2026-01-01"), &Command::Issue(issue));
        let told = notice(&policy(), &story.state).unwrap();
        let local =
            |end| local_text(story.state.contract.time_zone.as_ref(), last_second_before(end));
        assert_eq!((told.version, local(told.late_from).as_str()), (1, by), "{country}");
        assert_eq!(told.cancel_until.map(local).as_deref(), cancel_by, "{country}");
        let of = told.country.map(|country| country.to_string());
        assert_eq!(of.as_deref(), Some(country).filter(|one| *one != "ES"));
        story.must(at("2026-01-02"), &revoke());
        assert_eq!(notice(&policy(), &story.state), None, "what is revoked is not renewed");
    }
    let perpetual = issue(&orbit().state, STARTER, Some(Term { from: t0(), until: None }));
    let mut story = Story::<LicenseRules>::default();
    story.must(t0(), &Command::Issue(perpetual));
    assert_eq!(notice(&policy(), &story.state), None, "what has no end is not renewed");
}
