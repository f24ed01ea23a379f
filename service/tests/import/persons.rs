//! Customers that are persons: each comes with the person, who is alone in the account.

use ledger::account::AccountRules;
use schemas::account::{MemberRole, Party};

use crate::vendor::Vendor;

const CUSTOMERS: &str = "external_id,parent_external_id,kind,name,email\n\
    P-1,,person,Mia Marten,Mia@Home.example\nC-1,,organization,Acme,\n";

#[tokio::test]
async fn the_account_of_a_person_is_imported_with_the_person() {
    let vendor = Vendor::new();
    vendor.write("customers.csv", CUSTOMERS);
    let looked = vendor.dry_run(&["customers.csv"]).await;
    assert!(looked.is_clean(), "{looked}");
    let report = vendor.import(&["customers.csv"]).await;
    assert_eq!((report.total().added, report.is_clean()), (2, true), "{report}");
    let names = deedbook_service::import::Names::new(std::sync::Arc::clone(
        vendor.ledger.codec().keystore(),
    ));
    let account = names.account("P-1");
    let (state, _) = vendor.ledger.load::<AccountRules>(account.into()).await.unwrap();
    assert_eq!(state.opened.as_ref().unwrap().party, Party::Person);
    let member = names.member(account, "mia@home.example");
    assert_eq!(state.members[&member].role, MemberRole::OrgAdmin);
    let again = vendor.import(&["customers.csv"]).await;
    assert_eq!((again.total().added, again.total().already), (0, 2), "{again}");
}

#[tokio::test]
async fn nobody_else_is_imported_into_it_and_nothing_below_it() {
    let vendor = Vendor::new();
    vendor.write("customers.csv", CUSTOMERS);
    assert!(vendor.import(&["customers.csv"]).await.is_clean());
    for (name, content, code) in [
        ("customers-2.csv", "external_id,kind,name\nP-2,person,Noa\n", "MISSING"),
        ("customers-3.csv", "external_id,name,email\nC-2,Bell,b@bell.example\n", "BAD_VALUE"),
        ("customers-4.csv", "external_id,parent_external_id,name\nC-3,P-1,Branch\n", "BAD_VALUE"),
        (
            "customers-5.csv",
            "external_id,kind,name,email\nP-3,person,Mia Two,mia@home.example\n",
            "EMAIL_TAKEN",
        ),
        (
            "members.csv",
            "customer_external_id,name,email\nP-1,Noa,noa@home.example\n",
            "ACCOUNT_OF_ONE_PERSON",
        ),
    ] {
        vendor.write(name, content);
        let before = vendor.position();
        let looked = vendor.dry_run(&[name]).await;
        let report = vendor.import(&[name]).await;
        for report in [looked, report] {
            let codes: Vec<_> = report.problems.iter().map(|problem| problem.code).collect();
            assert_eq!(codes, [code], "{name}: {report}");
        }
        if code == "MISSING" || code == "BAD_VALUE" {
            assert_eq!(vendor.position(), before, "{name}");
        }
    }
}
