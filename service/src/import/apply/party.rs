//! Customers, their people, and the vendor's people.

use ledger::account::{AccountRules, Command as AccountCommand};
use ledger::staff::{Command as StaffCommand, StaffRules};
use schemas::AccountId;
use schemas::account::{AccountProfile, PersonProfile};

use super::{Importer, Intent};
use crate::import::report::{Fault, codes};
use crate::import::rows::{Customer, Member, Staff};
use crate::import::target::{Done, Refusal};

impl Importer {
    pub(super) async fn customer(
        &self,
        intent: &Intent<'_>,
        row: &Customer,
    ) -> Result<Done, Refusal> {
        let account = self.names.account(&row.external_id);
        if self.taken(intent, Some(account)).await? {
            return Ok(Done::Already);
        }
        let parent = match &row.parent_external_id {
            None => None,
            Some(external_id) => {
                let parent = self.names.account(external_id);
                let Some(above) = self.account(parent).await? else {
                    return Err(no_customer("parent_external_id", external_id).into());
                };
                if above.is_of_person() {
                    let message = format!("`{external_id}` is the account of one person");
                    return Err(Fault::new("parent_external_id", codes::BAD_VALUE, message).into());
                }
                Some(parent)
            }
        };
        if let Some(email) = &row.email {
            return self.customer_of_one(intent, row, (account, parent), email).await;
        }
        let profile =
            AccountProfile { name: row.name.clone(), external_id: Some(row.external_id.clone()) };
        let command = AccountCommand::Open { account, parent, party: row.party, profile };
        let meta = self.meta(intent, Some(account));
        self.target.transact::<AccountRules>(account.into(), command, meta).await
    }

    /// The account of a person, with the person.
    async fn customer_of_one(
        &self,
        intent: &Intent<'_>,
        row: &Customer,
        (account, parent): (AccountId, Option<AccountId>),
        email: &str,
    ) -> Result<Done, Refusal> {
        let member = self.names.member(account, email);
        let email_digest = self.names.email(email);
        let profile = PersonProfile {
            name: row.name.clone(),
            email: email.to_owned(),
            external_id: Some(row.external_id.clone()),
        };
        let command =
            AccountCommand::OpenForPerson { account, parent, member, email_digest, profile };
        let meta = self.meta(intent, Some(account));
        let claim = self.claim_email(email_digest, member.into()).await?;
        let done = self.target.transact::<AccountRules>(account.into(), command, meta).await;
        self.settle_claim(claim, done).await
    }

    pub(super) async fn member(&self, intent: &Intent<'_>, row: &Member) -> Result<Done, Refusal> {
        let account = self.names.account(&row.customer_external_id);
        if self.taken(intent, Some(account)).await? {
            return Ok(Done::Already);
        }
        if self.account(account).await?.is_none() {
            return Err(no_customer("customer_external_id", &row.customer_external_id).into());
        }
        let member = self.names.member(account, row.name_within());
        let email_digest = self.names.email(&row.email);
        let profile = PersonProfile {
            name: row.name.clone(),
            email: row.email.clone(),
            external_id: row.external_id.clone(),
        };
        let command = AccountCommand::AddMember { member, role: row.role, email_digest, profile };
        let meta = self.meta(intent, Some(account));
        if row.since.is_some() {
            // A time that does not fit is told before the e-mail is claimed.
            self.would_take::<AccountRules>(account.into(), &command, &meta).await?;
        }
        let claim = self.claim_email(email_digest, member.into()).await?;
        let done = self.target.transact::<AccountRules>(account.into(), command, meta).await;
        self.settle_claim(claim, done).await
    }

    pub(super) async fn staff(&self, intent: &Intent<'_>, row: &Staff) -> Result<Done, Refusal> {
        if self.taken(intent, None).await? {
            return Ok(Done::Already);
        }
        let staff = self.names.staff(row.name_within());
        let email_digest = self.names.email(&row.email);
        let profile = PersonProfile {
            name: row.name.clone(),
            email: row.email.clone(),
            external_id: row.external_id.clone(),
        };
        let command = StaffCommand::Add { staff, role: row.role, email_digest, profile };
        let claim = self.claim_email(email_digest, staff.into()).await?;
        let meta = self.meta(intent, None);
        let done = self.target.transact::<StaffRules>(staff.into(), command, meta).await;
        self.settle_claim(claim, done).await
    }
}

pub(super) fn no_customer(column: &'static str, external_id: &str) -> Fault {
    let message = format!("there is no customer `{external_id}`");
    Fault::new(column, codes::UNKNOWN_REFERENCE, message)
}
