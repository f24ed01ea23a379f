//! On which terms accounts and licenses are contracted, and the policy of notice periods.

use std::str::FromStr;

use async_graphql::{Context, ID, InputObject};
use ledger::account::{AccountRules, Command as AccountCommand};
use ledger::authority::Action;
use ledger::license::Command as LicenseCommand;
use ledger::policy::{Command as PolicyCommand, PolicyRules};
use schemas::contract::{Contract, ContractDefaults, NoticeRule, ParseContractError};
use schemas::{AccountId, StreamName};

use super::account::account_after;
use super::license::on_license;
use super::{Acted, Allowed, Asked, bad_field, payloads};
use crate::error::Failure;
use crate::gate::with_scope;
use crate::scalars::BigInt;
use crate::types::account::Account;
use crate::types::contract::NoticePolicy;
use crate::types::license::License;

/// On which terms a license is contracted.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ContractInput {
    /// The time zone, as IANA names it, in which its days, months and years are counted.
    pub time_zone: Option<String>,
    /// The country whose rules count, as ISO 3166-1 writes it in two letters.
    pub country: Option<String>,
    /// The currency in which it is paid, as ISO 4217 writes it in three letters.
    pub currency: Option<String>,
    /// The language and region in which amounts of it are written, as BCP 47 writes them.
    pub locale: Option<String>,
    /// What a term costs, in the smallest unit of the currency: cents, or yen.
    pub price_minor: Option<BigInt>,
}

/// Say on which terms a license is contracted from now on: all of them. The term that runs keeps its end.
#[derive(Debug, Clone, InputObject)]
pub struct LicenseSetContractInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The terms; what is left out is no longer said.
    pub contract: ContractInput,
}

/// Say on which terms an account contracts from now on: all of them. Licenses that are there keep theirs.
#[derive(Debug, Clone, InputObject)]
pub struct AccountSetContractDefaultsInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// The time zone, as IANA names it; else UTC.
    pub time_zone: Option<String>,
    /// The country whose rules count, as ISO 3166-1 writes it in two letters.
    pub country: Option<String>,
    /// The currency in which it pays, as ISO 4217 writes it in three letters.
    pub currency: Option<String>,
    /// The language and region in which amounts are written, as BCP 47 writes them.
    pub locale: Option<String>,
    /// Where its data is to be kept: 1 to 32 characters of `a-z`, `0-9`, `-`. A tag that moves nothing by itself.
    pub data_region: Option<String>,
}

/// The notice that an automatic renewal needs in one country.
#[derive(Debug, Clone, InputObject)]
pub struct NoticeRuleInput {
    /// The country, as ISO 3166-1 writes it in two letters; else all that have no rule of their own.
    pub country: Option<String>,
    /// How many days before the end of the term notice must have been given: at most 366.
    pub notice_days: i32,
    /// In how many days after it a term that was renewed automatically can be cancelled: at most 366; 0: it cannot.
    pub cancel_days: i32,
}

/// Publish the next version of the notice periods. It counts from then on.
#[derive(Debug, Clone, InputObject)]
pub struct NoticePolicyPublishInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The number that it is to have: one more than the newest, so that of two who publish at once one comes second.
    pub version: i32,
    /// One rule for each country that has its own, and one for all others.
    pub rules: Vec<NoticeRuleInput>,
}

payloads! {
    /// What became of `licenseSetContract`.
    LicenseSetContractPayload {
        /// The license after it.
        license: License
    }
    /// What became of `accountSetContractDefaults`.
    AccountSetContractDefaultsPayload {
        /// The account after it.
        account: Account
    }
    /// What became of `noticePolicyPublish`.
    NoticePolicyPublishPayload {
        /// The version.
        notice_policy: NoticePolicy
    }
}

/// Says on which terms a license is contracted.
///
/// # Errors
/// When it is refused, or fails.
pub async fn set_license(ctx: &Context<'_>, input: LicenseSetContractInput) -> Acted<License> {
    let operation = "licenseSetContract";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let command = LicenseCommand::SetContract(contract(&input.contract)?);
    on_license(asked, &input.license_id, command).await
}

/// Says on which terms an account contracts.
///
/// # Errors
/// When it is refused, or fails.
pub async fn set_defaults(
    ctx: &Context<'_>,
    input: AccountSetContractDefaultsInput,
) -> Acted<Account> {
    let operation = "accountSetContractDefaults";
    let asked = Asked::new(ctx, Action::Operate, operation, &input, &input.command_id).await?;
    let (asked, account) = asked.account(&input.account_id).await?;
    let defaults = ContractDefaults {
        time_zone: parsed("timeZone", input.time_zone.as_deref())?,
        country: parsed("country", input.country.as_deref())?,
        currency: parsed("currency", input.currency.as_deref())?,
        locale: parsed("locale", input.locale.as_deref())?,
        data_region: parsed("dataRegion", input.data_region.as_deref())?,
    };
    let command = AccountCommand::SetContractDefaults(defaults);
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}

/// Publishes the next version of the notice periods.
///
/// # Errors
/// When it is refused, or fails.
pub async fn publish_notice(
    ctx: &Context<'_>,
    input: NoticePolicyPublishInput,
) -> Acted<NoticePolicy> {
    let asked = Asked::operator(ctx, "noticePolicyPublish", &input, &input.command_id).await?;
    let rules: Result<Vec<NoticeRule>, Failure> = input.rules.iter().map(rule).collect();
    let version = whole("version", input.version)?;
    let command = PolicyCommand::PublishNotice { version, rules: rules? };
    let (_, done) = asked.run::<PolicyRules>(StreamName::policy(), None, command).await?;
    let found = asked.gate.projections.read(|views| {
        with_scope!(asked.reader, |scope| {
            let mut all = views.notice_policies(scope);
            all.find(|row| row.policy.version == version).map(|row| NoticePolicy::from(&**row))
        })
    });
    Ok((found, done))
}

fn rule(input: &NoticeRuleInput) -> Result<NoticeRule, Failure> {
    Ok(NoticeRule {
        country: parsed("country", input.country.as_deref())?,
        notice_days: whole("noticeDays", input.notice_days)?,
        cancel_days: whole("cancelDays", input.cancel_days)?,
    })
}

fn whole(field: &str, number: i32) -> Result<u32, Failure> {
    u32::try_from(number).map_err(|_| bad_field(field, &"expected a number that is not negative"))
}

/// The terms of a license that is issued: what was said, else what its account says.
pub(super) fn contract_of(
    asked: &Allowed<'_>,
    account: AccountId,
    input: Option<&ContractInput>,
) -> Result<Contract, Failure> {
    let said = input.map(contract).transpose()?.unwrap_or_default();
    let defaults = asked.gate.projections.read(|views| {
        with_scope!(asked.reader, |scope| views
            .account(scope, account)
            .map(|row| row.contract.clone()))
    });
    let defaults = defaults.unwrap_or_default().contract();
    Ok(Contract {
        time_zone: said.time_zone.or(defaults.time_zone),
        country: said.country.or(defaults.country),
        currency: said.currency.or(defaults.currency),
        locale: said.locale.or(defaults.locale),
        price_minor: said.price_minor,
    })
}

fn contract(input: &ContractInput) -> Result<Contract, Failure> {
    Ok(Contract {
        time_zone: parsed("timeZone", input.time_zone.as_deref())?,
        country: parsed("country", input.country.as_deref())?,
        currency: parsed("currency", input.currency.as_deref())?,
        locale: parsed("locale", input.locale.as_deref())?,
        price_minor: input.price_minor.map(|BigInt(price)| price),
    })
}

fn parsed<T: FromStr<Err = ParseContractError>>(
    field: &str,
    text: Option<&str>,
) -> Result<Option<T>, Failure> {
    text.map(|text| text.parse().map_err(|error: ParseContractError| bad_field(field, &error)))
        .transpose()
}
