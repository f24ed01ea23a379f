//! The rule that matters most under load: there are never more seats taken than granted.

use std::collections::BTreeMap;

use ledger::license::{self, LicenseRules};
use schemas::catalog::{Grant, OfferingRef, PlanKind, RenewalBasis, SourceRef, TermStart, Terms};
use schemas::license::Acquisition;
use schemas::{AccountId, LicenseId, OfferingId, Period, ProductId, Quantity};

use super::pool::member_of;
use super::*;
use crate::MemoryLog;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_people_after_the_last_seat_get_it_once() {
    for round in 0..50 {
        let log = MemoryLog::new();
        let ledger = ledger_over(log.clone());
        send(&ledger, 1, take(1, 2)).await.unwrap().unwrap();
        let rivals = [send(&ledger, 2, take(2, 2)), send(&ledger, 3, take(3, 2))];
        let mut codes = Vec::new();
        for rival in rivals {
            codes.push(code(rival.await.unwrap()));
        }
        codes.sort_unstable();
        assert_eq!(codes, ["NO_SEAT_AVAILABLE", "accepted"], "round {round}");
        assert_eq!(ledger.load::<Pool>(STREAM).await.unwrap().0.seated.len(), 2);
        assert_eq!(stored(&log).len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_people_after_five_seats_of_a_license_get_five() {
    let log = MemoryLog::new();
    let ledger = ledger_over(log.clone());
    let issued = ledger.transact::<LicenseRules>(STREAM, issue(5), meta(1_000)).await;
    let before = issued.unwrap().last_revision.unwrap() + 1;
    let rivals: Vec<_> = (0..30_u8)
        .map(|number| {
            let ledger = ledger.clone();
            let command =
                license::Command::AssignSeat { member: member_of(number), accounts: Vec::new() };
            tokio::spawn(async move {
                ledger.transact::<LicenseRules>(STREAM, command, meta(u128::from(number))).await
            })
        })
        .collect();
    let mut accepted = 0;
    for rival in rivals {
        match rival.await.unwrap() {
            Ok(receipt) => accepted += receipt.events.len(),
            Err(error) => assert_eq!(error.code(), "NO_SEAT_AVAILABLE"),
        }
    }
    assert_eq!(accepted, 5);
    let (state, head) = ledger.load::<LicenseRules>(STREAM).await.unwrap();
    assert_eq!((state.seats.len(), head), (5, Some(before + 4)));
    // A process that starts anew folds the same state, personal fields closed.
    let restarted = ledger_over(log);
    assert_eq!(restarted.load::<LicenseRules>(STREAM).await.unwrap().0, state);
}

fn issue(seats: u64) -> license::Command {
    let offering = OfferingRef { offering: OfferingId::from_bytes([1; 16]), version: 1 };
    let grant = Grant {
        offering,
        values: BTreeMap::new(),
        all_features: true,
        seats: Quantity::Limited(seats),
        devices: Quantity::Limited(1),
        domains: Quantity::Limited(0),
        services: BTreeMap::new(),
    };
    license::Command::Issue(license::Issue {
        license: LicenseId::new(STREAM.id),
        account: AccountId::from_bytes([2; 16]),
        product: ProductId::from_bytes([3; 16]),
        acquired: Acquisition::Order,
        key: "ORBT-AAAA-BBBB-7Q2K".to_owned(),
        key_digest: Digest([4; 32]),
        external_id: None,
        source: SourceRef::Offering(offering),
        grants: vec![grant],
        terms: Terms {
            plan_kind: PlanKind::Paid,
            term: Some(Period::years(1)),
            starts: TermStart::Issue,
            renewal_basis: RenewalBasis::FromExpiry,
            grace: None,
            maintenance: None,
        },
        contract: schemas::contract::Contract::default(),
        term: None,
    })
}
