use super::*;

const RATES: Rates = Rates { management: 100, validation: 10 };

fn payer(credential: u128, tenant: u128, address: u8) -> Payer {
    Payer {
        credential: Uuid::from_u128(credential),
        tenant: Some(AccountId::new(Uuid::from_u128(tenant))),
        from: Some(IpAddr::from([192, 0, 2, address])),
    }
}

/// How much of this is let through at one instant, asked for in pieces of this size.
fn let_through(budgets: &Budgets, purpose: Purpose, cost: u64, now: Instant, who: &[Payer]) -> u64 {
    let turns = who.iter().cycle().take(1_000_000);
    let through = turns.take_while(|payer| budgets.charge(purpose, **payer, cost, now).is_ok());
    through.count() as u64 * cost
}

#[test]
fn a_burst_is_let_through_and_then_as_much_as_the_rate() {
    let (budgets, start) = (Budgets::new(RATES), Instant::now());
    let one = [payer(1, 1, 1)];
    // The last one may owe more than the bound.
    assert_eq!(let_through(&budgets, Purpose::Management, 10, start, &one), 3_010);
    let wait = budgets.charge(Purpose::Management, one[0], 10, start);
    assert_eq!(wait, Err(Duration::from_millis(100)), "until the bound is reached again");
    for second in 1..5 {
        let now = start + Duration::from_secs(second);
        assert_eq!(let_through(&budgets, Purpose::Management, 10, now, &one), 100, "{second}");
    }
    let later = start + Duration::from_secs(1_000);
    assert_eq!(let_through(&budgets, Purpose::Management, 10, later, &one), 3_010, "no more");
}

#[test]
fn asking_whether_something_may_be_used_is_counted_apart_from_all_else() {
    let (budgets, now) = (Budgets::new(RATES), Instant::now());
    let one = [payer(1, 1, 1)];
    let_through(&budgets, Purpose::Management, 50, now, &one);
    assert!(budgets.charge(Purpose::Management, one[0], 1, now).is_err());
    assert_eq!(let_through(&budgets, Purpose::Validation, 1, now, &one), 301);
    assert!(budgets.charge(Purpose::Management, one[0], 1, now).is_err());
}

#[test]
fn a_customer_and_an_address_owe_for_all_of_theirs_and_nobody_for_another() {
    let now = Instant::now();
    let through =
        |who: &[Payer]| let_through(&Budgets::new(RATES), Purpose::Management, 10, now, who);
    let people: Vec<Payer> = (0..50).map(|n| payer(n.into(), 1, n)).collect();
    assert_eq!(through(&people), 12_010, "of one customer, from everywhere");
    let office: Vec<Payer> = (0..50).map(|n| payer(n, n, 1)).collect();
    assert_eq!(through(&office), 12_010, "from one address, of everybody");
    let budgets = Budgets::new(RATES);
    let_through(&budgets, Purpose::Management, 10, now, &people);
    let other = payer(1_000, 2, 200);
    assert_eq!(budgets.charge(Purpose::Management, other, 10, now), Ok(()));
    let vendor = Payer { tenant: None, ..payer(1_001, 1, 201) };
    assert_eq!(budgets.charge(Purpose::Management, vendor, 10, now), Ok(()));
}

#[test]
fn whoever_is_of_the_vendor_may_ask_for_as_much_as_a_whole_customer() {
    let vendor = Payer { tenant: None, from: None, ..payer(1, 1, 1) };
    let budgets = Budgets::new(RATES);
    let through = let_through(&budgets, Purpose::Management, 10, Instant::now(), &[vendor]);
    assert_eq!(through, 12_010);
}

#[test]
fn what_is_turned_away_is_not_owed() {
    let (budgets, now) = (Budgets::new(RATES), Instant::now());
    let one = payer(1, 1, 1);
    let_through(&budgets, Purpose::Management, 10, now, &[one]);
    for _ in 0..1_000 {
        let wait = budgets.charge(Purpose::Management, one, 10, now);
        assert_eq!(wait, Err(Duration::from_millis(100)));
    }
    assert_eq!(budgets.charge(Purpose::Management, payer(2, 1, 1), 10, now), Ok(()));
}

#[test]
fn without_a_rate_nothing_is_counted() {
    let budgets = Budgets::new(Rates { management: 0, validation: 0 });
    for purpose in [Purpose::Management, Purpose::Validation] {
        let charged = budgets.charge(purpose, payer(1, 1, 1), u64::MAX, Instant::now());
        assert_eq!(charged, Ok(()));
    }
    assert!(budgets.free_at.lock().unwrap().is_empty());
}

#[test]
fn no_more_are_counted_than_there_is_room_for() {
    let (budgets, now) = (Budgets::new(RATES), Instant::now());
    let debtor = payer(1, 1, 1);
    let_through(&budgets, Purpose::Management, 10, now, &[debtor]);
    for n in 0..u32::try_from(COUNTED_MAX).unwrap() + 10 {
        let from = Some(IpAddr::from((n + 0x0a00_0000).to_be_bytes()));
        let stranger = Payer { tenant: None, from, ..payer(2, 1, 1) };
        let _ = budgets.charge(Purpose::Management, stranger, 0, now);
        let stranger = Payer { credential: Uuid::from_u128(u128::from(n) + 10), ..stranger };
        let _ = budgets.charge(Purpose::Management, stranger, 1, now);
    }
    assert!(budgets.free_at.lock().unwrap().len() <= COUNTED_MAX);
    let far = Payer { from: None, ..debtor };
    assert!(budgets.charge(Purpose::Management, far, 10, now).is_err(), "debts are not forgotten");
}
