//! Who sees what: nobody sees another customer's rows, and an id that is foreign reads as one that
//! is unknown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod support;

use ledger::authority::Action;
use ledger::license::Command;
use ledger::status::Displayed;
use projections::scope::Scope;
use projections::views::directory::Bound;
use projections::{
    AuthenticationError, Found, LicenseFilter, Principal, Projections, TenantScope, Window,
};
use proptest::prelude::*;
use schemas::access::Audience;
use schemas::account::MemberRole;
use schemas::{AccountId, LicenseId, StreamName};
use support::{
    HOUR, Vendor, account, block_on, license, member, operator, product_id, secret, staff_id, steps,
};

/// Every license, account, person and event that a reader is shown by any read.
fn shown(projections: &Projections, scope: &impl Scope) -> (Vec<LicenseId>, Vec<AccountId>) {
    projections.read(|views| {
        let everything = LicenseFilter::default();
        let at = views.recorded_at().unwrap();
        let listed = views.licenses(scope, &everything, at, &Window::first(1_000)).rows;
        let mut licenses: Vec<_> = listed.iter().map(|row| row.license).collect();
        let all = views.accounts(scope, false, &Window::first(1_000)).rows;
        let mut accounts: Vec<_> = all.iter().map(|row| row.account).collect();
        for query in ["acme", "ann", "person", "orbt", "k00", "l-", "crm"] {
            for found in views.search(scope, query, 50) {
                match found {
                    Found::License(license) | Found::Device(Bound { license, .. }) => {
                        licenses.push(license);
                    }
                    Found::Account(account) => accounts.push(account),
                    Found::Member(one) => accounts.push(views.member(scope, one).unwrap().account),
                }
            }
        }
        for number in 0..160 {
            licenses.extend(views.license(scope, license(number)).map(|row| row.license));
            licenses.extend(views.facts(scope, license(number)).map(|facts| facts.license.license));
            let audit = views.audit_of_license(scope, license(number), &Window::first(1));
            licenses.extend(audit.map(|_| license(number)));
            accounts.extend(views.account(scope, account(number)).map(|row| row.account));
            accounts.extend(views.member(scope, member(number)).map(|row| row.account));
            let audit = views.audit_of_account(scope, account(number), &Window::first(1));
            accounts.extend(audit.map(|_| account(number)));
            let below = views.sub_accounts(scope, account(number), &Window::first(50));
            accounts.extend(below.into_iter().flat_map(|page| page.rows).map(|row| row.account));
            let people = views.members(scope, account(number), &Window::first(50));
            accounts.extend(people.into_iter().flat_map(|page| page.rows).map(|row| row.account));
        }
        (licenses, accounts)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_read_shows_a_row_of_another_customer(history in steps(60)) {
        block_on(async {
            let (vendor, projections) = Vendor::with_projections().await;
            vendor.founded().await;
            for (at, step) in history.into_iter().enumerate() {
                vendor.step(at, step).await;
            }
            // 0 is an admin of account 0 with sub-account 1; 2 of account 2; 4 a plain member of
            // account 1.
            for (who, roots) in [(0, vec![0, 1]), (2, vec![2]), (4, vec![1])] {
                let scope = vendor.scope(&projections, who, 950 + who).await;
                let (licenses, accounts) = shown(&projections, &scope);
                let everything = operator(&projections);
                let own = |found: AccountId| projections.read(|views| {
                    let mut at = Some(found);
                    while let Some(one) = at {
                        if roots.iter().any(|root| account(*root) == one) { return true; }
                        at = views.account(&everything, one).unwrap().parent;
                    }
                    false
                });
                assert!(!accounts.is_empty());
                for found in accounts {
                    assert!(own(found), "reader {who} was shown {found}");
                }
                for found in licenses {
                    let row = projections.read(|views| views.license(&everything, found).cloned());
                    let row = row.unwrap();
                    // Who only uses a license may sit on one of the account above.
                    let above = [account(0), account(1)];
                    let same = who == 4 && above.contains(&row.account);
                    assert!(own(row.account) || same, "reader {who} was shown {found}");
                    assert!(scope.role() != MemberRole::Member || row.serves(member(who)));
                }
            }
        });
    }

    #[test]
    fn counts_by_status_sum_to_the_length_of_the_list(history in steps(60), later in 0i64..500) {
        block_on(async {
            let (vendor, projections) = Vendor::with_projections().await;
            vendor.founded().await;
            for (at, step) in history.into_iter().enumerate() {
                vendor.step(at, step).await;
            }
            let at = vendor.now().plus_seconds(later * 24 * HOUR);
            let scope = vendor.scope(&projections, 0, 950).await;
            let filters = [
                LicenseFilter::default(),
                LicenseFilter { account: Some(account(0)), ..LicenseFilter::default() },
                LicenseFilter {
                    account: Some(account(0)), sub_accounts: true, ..LicenseFilter::default()
                },
                LicenseFilter { member: Some(member(3)), ..LicenseFilter::default() },
                LicenseFilter { product: Some(product_id()), ..LicenseFilter::default() },
            ];
            projections.read(|views| for filter in filters {
                let window = Window::first(1_000);
                let counts = views.license_counts(&scope, &filter, at);
                let listed = views.licenses(&scope, &filter, at, &window).rows;
                assert_eq!(counts.values().sum::<u64>(), listed.len() as u64);
                for displayed in Displayed::ALL {
                    let only = LicenseFilter {
                        displayed: Some([displayed].into()), ..filter.clone()
                    };
                    let listed = views.licenses(&scope, &only, at, &window).rows.len() as u64;
                    assert_eq!(counts.get(&displayed).copied().unwrap_or(0), listed);
                }
            });
        });
    }
}

async fn founded() -> (Vendor, Projections) {
    let (vendor, projections) = Vendor::with_projections().await;
    vendor.founded().await;
    (vendor, projections)
}

#[test]
fn an_admin_sees_sub_accounts_and_a_member_only_what_was_assigned() {
    block_on(async {
        let (vendor, projections) = founded().await;
        let admin = vendor.scope(&projections, 0, 901).await;
        let below = vendor.scope(&projections, 1, 902).await;
        let plain = vendor.scope(&projections, 3, 903).await;
        let licenses = |scope: &TenantScope| shown(&projections, scope).0;
        assert!(licenses(&admin).contains(&license(1)));
        assert!(!licenses(&below).contains(&license(0)));
        assert_eq!(licenses(&plain), []);
        vendor
            .on_license(0, 0, Command::AssignSeat { member: member(3), accounts: Vec::new() }, None)
            .await
            .unwrap();
        assert!(licenses(&plain).contains(&license(0)));
        vendor.on_license(0, 0, Command::UnassignSeat { member: member(3) }, None).await.unwrap();
        assert_eq!(licenses(&plain), []);
        vendor.on_license(0, 0, vendor.activate(1, 1, Some(3)), None).await.unwrap();
        assert!(licenses(&plain).contains(&license(0)));
        let activation = support::activation(1);
        vendor.on_license(0, 0, Command::DeactivateDevice { activation }, None).await.unwrap();
        assert_eq!(licenses(&plain), []);
        projections.read(|views| {
            assert!(views.member(&plain, member(3)).is_some());
            assert!(views.member(&plain, member(0)).is_none());
            assert_eq!(views.members(&plain, account(0), &Window::first(9)).unwrap().rows.len(), 1);
            assert_eq!(views.audit_of_account(&plain, account(0), &Window::first(9)), None);
            assert_eq!(views.account_count(&admin, false), 2);
            assert_eq!(views.account_count(&plain, false), 1);
        });
    });
}

#[test]
fn a_token_opens_its_own_door_until_it_expires_or_is_revoked() {
    block_on(async {
        let (vendor, projections) = founded().await;
        let (who, vendors) = (member(0).uuid(), staff_id().uuid());
        vendor.token(who, 1, Audience::Portal).await.unwrap();
        vendor.token(vendors, 2, Audience::Console).await.unwrap();
        let portal = |number, now| {
            projections.read(|views| views.authenticate_portal_token(&secret(number), now))
        };
        let console = |number, now| {
            projections.read(|views| views.authenticate_console_token(&secret(number), now))
        };
        let now = vendor.now();
        let scope = portal(1, now).unwrap();
        assert_eq!((scope.account(), scope.member()), (account(0), member(0)));
        let staff = console(2, now).unwrap();
        let operates = projections.read(|views| views.may_somewhere(&staff, Action::Operate));
        assert!(operates);
        assert_eq!(console(1, now), Err(AuthenticationError::Unknown));
        assert_eq!(portal(2, now), Err(AuthenticationError::Unknown));
        assert_eq!(portal(3, now), Err(AuthenticationError::Unknown));
        let over = now.plus_seconds(24 * HOUR);
        assert_eq!(portal(1, over), Err(AuthenticationError::Expired));
        let current = |now| {
            projections.read(|views| {
                (
                    views.tenant_scope_again(&scope, now).is_some(),
                    views.is_vendor_scope_current(&staff, now),
                )
            })
        };
        assert_eq!(current(now), (true, true));
        assert_eq!(current(over), (false, false));
        vendor.revoke_token(who, 1).await.unwrap();
        assert_eq!(portal(1, now), Err(AuthenticationError::Unknown));
        assert_eq!(current(now), (false, true));
    });
}

#[test]
fn a_password_is_checked_outside_and_makes_a_scope_only_when_it_was_right() {
    block_on(async {
        let (vendor, projections) = founded().await;
        vendor.password(member(0).uuid(), "hash-of-open-sesame").await.unwrap();
        let email = vendor.email("person0@acme0.example");
        let challenge =
            |audience, email| projections.read(|views| views.password_challenge(audience, &email));
        let wrong = challenge(Audience::Portal, email).unwrap().verify(|_| false);
        assert_eq!(wrong, Err(AuthenticationError::WrongPassword));
        let right = challenge(Audience::Portal, email).unwrap();
        let verified = right.verify(|phc| phc == "hash-of-open-sesame").unwrap();
        assert_eq!(verified.principal(), Principal::Member(member(0)));
        let strangers = [
            (Audience::Console, email),
            (Audience::Portal, vendor.email("nobody@acme0.example")),
            (Audience::Portal, vendor.email("person1@acme1.example")),
        ];
        for (audience, email) in strangers {
            let refused = challenge(audience, email).map(|_| ());
            assert_eq!(refused, Err(AuthenticationError::Unknown));
        }
    });
}

#[test]
fn everything_is_found_by_what_a_caller_holds_in_hand() {
    block_on(async {
        let (vendor, projections) = founded().await;
        vendor.on_license(0, 0, vendor.activate(1, 1, None), None).await.unwrap();
        let (all, foreign) = (operator(&projections), vendor.scope(&projections, 2, 904).await);
        let key = vendor.keys.digest("license key", b"ORBT-0000-0000-K000");
        let by_key = projections.read(|views| views.authenticate_license_key(&key)).unwrap();
        assert_eq!((by_key.license(), by_key.account()), (license(0), account(0)));
        projections.read(|views| {
            assert_eq!(views.find_license_by_key(&all, &key), Some(license(0)));
            assert_eq!(views.find_license_by_key(&foreign, &key), None);
            assert!(views.facts(&by_key, license(0)).is_some());
            assert!(views.facts(&by_key, license(1)).is_none());
            let bound = views.find_bindings(&all, &vendor.device(1));
            assert_eq!(bound.len(), 1);
            assert_eq!(bound[0].activation, support::activation(1));
            assert_eq!(views.find_bindings(&foreign, &vendor.device(1)), []);
            let email = vendor.email("person4@acme1.example");
            assert_eq!(views.find_member_by_email(&all, &email), Some(member(4)));
            assert_eq!(views.find_member_by_email(&foreign, &email), None);
            assert_eq!(views.find_by_external_id(&all, "L-2"), [Found::License(license(2))]);
            assert_eq!(views.find_by_external_id(&all, "CRM-1"), [Found::Account(account(1))]);
            assert_eq!(views.find_by_external_id(&foreign, "CRM-1"), []);
            for (query, found) in [
                ("acme 1", Found::Account(account(1))),
                ("PERSON4@", Found::Member(member(4))),
                ("ann4 lee", Found::Member(member(4))),
                ("k001", Found::License(license(1))),
                ("l-1", Found::License(license(1))),
                ("laptop 1", Found::Device(bound[0])),
            ] {
                assert_eq!(views.search(&all, query, 9), [found], "`{query}`");
                assert_eq!(views.search(&foreign, query, 9), [], "`{query}`");
            }
            assert_eq!(views.search(&all, "lee", 4).len(), 4);
            assert_eq!(views.search(&all, "  ", 9), []);
        });
    });
}

#[test]
fn the_numbers_of_a_customers_events_have_no_gap_and_lead_to_the_events() {
    block_on(async {
        let (vendor, projections) = founded().await;
        for number in 0..8 {
            vendor.issue(200 + number, number % 2).await.unwrap();
        }
        vendor.use_units(0, 0, 3).await.unwrap().unwrap();
        let scope = operator(&projections);
        for number in 0..3 {
            let (count, page) = projections.read(|views| {
                let page = views.audit_of_account(&scope, account(number), &Window::first(1_000));
                (views.audit_count(&scope, account(number)).unwrap(), page.unwrap())
            });
            let ordinals: Vec<_> = page.rows.iter().map(|entry| entry.ordinal).collect();
            assert_eq!(ordinals, (0..count).collect::<Vec<_>>());
            let events = projections.events(&page.rows).await.unwrap();
            for (event, entry) in events.iter().zip(&page.rows) {
                assert_eq!(event.header.tenant, Some(account(number)));
                assert_eq!(
                    (event.position, event.header.revision),
                    (entry.position, entry.revision)
                );
            }
        }
        projections.read(|views| {
            let of_license =
                views.audit_of_license(&scope, license(0), &Window::first(99)).unwrap();
            let kinds: Vec<_> =
                of_license.rows.iter().map(|entry| entry.stream.kind.name()).collect();
            assert_eq!(kinds, ["license", "license", "meter", "meter"]);
            let last = views.audit_of_everything(&scope, &Window::last(2));
            assert_eq!(last.rows.len(), 2);
            assert!(last.more_before && !last.more_after);
            let stream = StreamName::from(license(0));
            assert_eq!(views.audit_of_stream(&scope, stream, &Window::first(9)).rows.len(), 2);
            assert!(views.audit_of_vendor(&scope, &Window::first(99)).rows.len() > 8);
        });
    });
}
