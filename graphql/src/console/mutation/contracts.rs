//! On which terms it is contracted, and the policy of notice periods.

use async_graphql::{Context, Object, Result};

use crate::act::contract::{
    self, AccountSetContractDefaultsInput, AccountSetContractDefaultsPayload,
    LicenseSetContractInput, LicenseSetContractPayload, NoticePolicyPublishInput,
    NoticePolicyPublishPayload,
};

/// On which terms it is contracted, and the policy of notice periods.
#[derive(Debug, Clone, Copy, Default)]
pub struct ContractMutation;

#[Object]
impl ContractMutation {
    /// Says on which terms a license is contracted from now on. The term that runs keeps its end.
    async fn license_set_contract(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseSetContractInput,
    ) -> Result<Option<LicenseSetContractPayload>> {
        LicenseSetContractPayload::answer(ctx, contract::set_license(ctx, input).await)
    }

    /// Says on which terms an account contracts from now on. Licenses that are there keep theirs.
    async fn account_set_contract_defaults(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountSetContractDefaultsInput,
    ) -> Result<Option<AccountSetContractDefaultsPayload>> {
        AccountSetContractDefaultsPayload::answer(ctx, contract::set_defaults(ctx, input).await)
    }

    /// Publishes the next version of the notice periods of automatic renewals. It counts from then on.
    async fn notice_policy_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: NoticePolicyPublishInput,
    ) -> Result<Option<NoticePolicyPublishPayload>> {
        NoticePolicyPublishPayload::answer(ctx, contract::publish_notice(ctx, input).await)
    }
}
