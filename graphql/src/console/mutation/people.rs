//! Accounts, their people, and what lets those in.

use async_graphql::{Context, Object, Result};

use crate::act::account::{
    self, AccountDemandSecondFactorInput, AccountDemandSecondFactorPayload, AccountOpenInput,
    AccountOpenPayload, MemberAddInput, MemberAddPayload, MemberChangeRoleInput,
    MemberChangeRolePayload, MemberRestoreInput, MemberRestorePayload, MemberSuspendInput,
    MemberSuspendPayload, StaffAddInput, StaffAddPayload,
};
use crate::act::api_tokens::{
    self, ApiTokenCreateInput, ApiTokenCreatePayload, ApiTokenRevokeInput, ApiTokenRevokePayload,
};
use crate::act::credentials::{
    self, MemberEndSessionsInput, MemberEndSessionsPayload, MemberRemoveSecondFactorInput,
    MemberRemoveSecondFactorPayload, PasswordLinkMakeInput, PasswordLinkMakePayload,
    SessionEndInput, SessionEndPayload,
};
use crate::act::erasure::{
    self, AccountEraseInput, AccountErasePayload, MemberEraseInput, MemberErasePayload,
};
use crate::act::holds::{
    self, LegalHoldLiftInput, LegalHoldLiftPayload, LegalHoldPlaceInput, LegalHoldPlacePayload,
};
use crate::act::partners::{
    self, PartnerLinkInput, PartnerLinkPayload, PartnerUnlinkInput, PartnerUnlinkPayload,
};
use crate::act::person::{self, AccountPromoteInput, AccountPromotePayload};
use crate::act::profile::{
    self, MemberChangeProfileInput, MemberChangeProfilePayload, PreferencesSetInput,
    PreferencesSetPayload,
};
use crate::act::roles::{
    self, RoleGrantEndInput, RoleGrantEndPayload, RoleGrantInput, RoleGrantPayload,
};
use crate::act::single_sign_on::{
    self, AccountConnectIdentityProviderInput, AccountConnectIdentityProviderPayload,
    AccountDisconnectIdentityProviderInput, AccountDisconnectIdentityProviderPayload,
    AccountRequireSingleSignOnInput, AccountRequireSingleSignOnPayload, MemberUnlinkIdentityInput,
    MemberUnlinkIdentityPayload,
};
use crate::act::staff::{
    self, StaffEraseInput, StaffErasePayload, StaffRenameInput, StaffRenamePayload,
    StaffRestoreInput, StaffRestorePayload, StaffSuspendInput, StaffSuspendPayload,
};

/// Accounts, their people, and what lets those in.
#[derive(Debug, Clone, Copy, Default)]
pub struct PeopleMutation;

#[Object]
impl PeopleMutation {
    /// Opens an account, or a sub-account of one.
    async fn account_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountOpenInput,
    ) -> Result<Option<AccountOpenPayload>> {
        AccountOpenPayload::answer(ctx, account::open(ctx, input).await)
    }

    /// Makes the account of a person that of an organization, under the same id: licenses, seats, devices and sessions stay,
    /// and others may join. It cannot be undone.
    async fn account_promote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountPromoteInput,
    ) -> Result<Option<AccountPromotePayload>> {
        AccountPromotePayload::answer(ctx, person::promote(ctx, input).await)
    }

    /// Adds a person to an account. Nobody else may have the sign-in e-mail.
    async fn member_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberAddInput,
    ) -> Result<Option<MemberAddPayload>> {
        MemberAddPayload::answer(ctx, account::add_member(ctx, input).await)
    }

    /// Adds a person of the vendor. Nobody else may have the sign-in e-mail.
    async fn staff_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: StaffAddInput,
    ) -> Result<Option<StaffAddPayload>> {
        StaffAddPayload::answer(ctx, account::add_staff(ctx, input).await)
    }

    /// Changes the caller's own name; what was done before is told under it too.
    async fn staff_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: StaffRenameInput,
    ) -> Result<Option<StaffRenamePayload>> {
        StaffRenamePayload::answer(ctx, staff::rename(ctx, input).await)
    }

    /// Keeps a person of the vendor out until restored: every session of the person is over before the answer is given,
    /// and tokens of programs rest. One who may do everything always remains.
    async fn staff_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: StaffSuspendInput,
    ) -> Result<Option<StaffSuspendPayload>> {
        StaffSuspendPayload::answer(ctx, staff::suspend(ctx, input).await)
    }

    /// Lets a suspended person of the vendor sign in again.
    async fn staff_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: StaffRestoreInput,
    ) -> Result<Option<StaffRestorePayload>> {
        StaffRestorePayload::answer(ctx, staff::restore(ctx, input).await)
    }

    /// Erases the personal data of a suspended person of the vendor for good, by destroying the key that all of it is
    /// sealed with. The e-mail is free again; what happened stays told, without the name.
    async fn staff_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: StaffEraseInput,
    ) -> Result<Option<StaffErasePayload>> {
        StaffErasePayload::answer(ctx, staff::erase(ctx, input).await)
    }

    /// Changes what a person may do. It holds before the answer is given.
    async fn member_change_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberChangeRoleInput,
    ) -> Result<Option<MemberChangeRolePayload>> {
        MemberChangeRolePayload::answer(ctx, account::change_role(ctx, input).await)
    }

    /// Keeps a person out until restored: every session of the person is over before the answer is given. Seats and
    /// devices stay.
    async fn member_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberSuspendInput,
    ) -> Result<Option<MemberSuspendPayload>> {
        MemberSuspendPayload::answer(ctx, account::suspend(ctx, input).await)
    }

    /// Says whether everybody of an account and of those below it needs a second factor: whoever has none is let do
    /// nothing but set one up, from the next request on.
    async fn account_demand_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountDemandSecondFactorInput,
    ) -> Result<Option<AccountDemandSecondFactorPayload>> {
        AccountDemandSecondFactorPayload::answer(
            ctx,
            account::demand_second_factor(ctx, input).await,
        )
    }

    /// Connects the identity provider of an account, so that its people sign in there; or says its new client.
    async fn account_connect_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountConnectIdentityProviderInput,
    ) -> Result<Option<AccountConnectIdentityProviderPayload>> {
        AccountConnectIdentityProviderPayload::answer(
            ctx,
            single_sign_on::connect(ctx, input).await,
        )
    }

    /// Disconnects the identity provider of an account: who came in through it is out, and nobody is linked with it any
    /// more.
    async fn account_disconnect_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountDisconnectIdentityProviderInput,
    ) -> Result<Option<AccountDisconnectIdentityProviderPayload>> {
        let done = single_sign_on::disconnect(ctx, input).await;
        AccountDisconnectIdentityProviderPayload::answer(ctx, done)
    }

    /// Says whether people of an account come in through its identity provider only: then no password lets them in, and
    /// who came in with one is out from the next request on.
    async fn account_require_single_sign_on(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountRequireSingleSignOnInput,
    ) -> Result<Option<AccountRequireSingleSignOnPayload>> {
        AccountRequireSingleSignOnPayload::answer(ctx, single_sign_on::require(ctx, input).await)
    }

    /// Forgets who a person is at the identity provider of its account, for somebody who was made anew there: the next time
    /// the person comes in there, its verified e-mail says again who it is. Its sessions that began there are over before
    /// the answer is given.
    async fn member_unlink_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberUnlinkIdentityInput,
    ) -> Result<Option<MemberUnlinkIdentityPayload>> {
        MemberUnlinkIdentityPayload::answer(ctx, single_sign_on::unlink(ctx, input).await)
    }

    /// Erases nobody of an account, nor of those below it, until it is lifted: a legal matter needs what is known.
    async fn legal_hold_place(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LegalHoldPlaceInput,
    ) -> Result<Option<LegalHoldPlacePayload>> {
        LegalHoldPlacePayload::answer(ctx, holds::place(ctx, input).await)
    }

    /// Says that a legal matter is over. People may be erased again where there is no other.
    async fn legal_hold_lift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LegalHoldLiftInput,
    ) -> Result<Option<LegalHoldLiftPayload>> {
        LegalHoldLiftPayload::answer(ctx, holds::lift(ctx, input).await)
    }

    /// Erases the personal data of a person for good, by destroying the key that all of it is sealed with: in the
    /// ledger, its views, snapshots and files that were exported sealed. The person is out at once, seats and the e-mail
    /// are free again; what happened stays told, without names.
    async fn member_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberEraseInput,
    ) -> Result<Option<MemberErasePayload>> {
        MemberErasePayload::answer(ctx, erasure::erase(ctx, input).await)
    }

    /// Erases the data of an account for good: its name and numbers, everybody who belongs to it, its identity
    /// provider's secret, its license keys, devices and domains, by destroying the keys that all of it is sealed with.
    /// Each of its licenses is revoked or expired by then, each account below it erased, and no legal matter is open.
    async fn account_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountEraseInput,
    ) -> Result<Option<AccountErasePayload>> {
        AccountErasePayload::answer(ctx, erasure::erase_account(ctx, input).await)
    }

    /// Lets a person do more than by its own role: in an account and those below it, or on one license, until an instant.
    /// Nobody gives more than they have, nor for longer.
    async fn role_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: RoleGrantInput,
    ) -> Result<Option<RoleGrantPayload>> {
        RoleGrantPayload::answer(ctx, roles::give(ctx, input).await)
    }

    /// Takes back what was granted, and all that stems from it: before the answer is given. Whoever has it may give it up.
    async fn role_grant_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: RoleGrantEndInput,
    ) -> Result<Option<RoleGrantEndPayload>> {
        RoleGrantEndPayload::answer(ctx, roles::end(ctx, input).await)
    }

    /// Lets the people of another account, a partner, act for a customer: each as far as its own role over the partner
    /// reaches, and never further than the link says.
    async fn partner_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PartnerLinkInput,
    ) -> Result<Option<PartnerLinkPayload>> {
        PartnerLinkPayload::answer(ctx, partners::link(ctx, input).await)
    }

    /// Parts a customer from a partner, whose people act for it no longer: before the answer is given.
    async fn partner_unlink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PartnerUnlinkInput,
    ) -> Result<Option<PartnerUnlinkPayload>> {
        PartnerUnlinkPayload::answer(ctx, partners::unlink(ctx, input).await)
    }

    /// Lets a suspended person sign in again.
    async fn member_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberRestoreInput,
    ) -> Result<Option<MemberRestorePayload>> {
        MemberRestorePayload::answer(ctx, account::restore(ctx, input).await)
    }

    /// Makes a link by which a person sets the own password, once: an invitation, or a way back in.
    async fn password_link_make(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PasswordLinkMakeInput,
    ) -> Result<Option<PasswordLinkMakePayload>> {
        PasswordLinkMakePayload::answer(ctx, credentials::make_link(ctx, input).await)
    }

    /// Ends every session of a person, before the answer: for who lost a device that was signed in.
    async fn member_end_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberEndSessionsInput,
    ) -> Result<Option<MemberEndSessionsPayload>> {
        MemberEndSessionsPayload::answer(ctx, credentials::end_sessions_of(ctx, input).await)
    }

    /// Lets somebody who lost the authenticator sign in without a code again.
    async fn member_remove_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberRemoveSecondFactorInput,
    ) -> Result<Option<MemberRemoveSecondFactorPayload>> {
        MemberRemoveSecondFactorPayload::answer(
            ctx,
            credentials::remove_second_factor(ctx, input).await,
        )
    }

    /// Changes what a person is called, or signs in with. For admins.
    async fn member_change_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberChangeProfileInput,
    ) -> Result<Option<MemberChangeProfilePayload>> {
        MemberChangeProfilePayload::answer(ctx, profile::change_member(ctx, input).await)
    }

    /// Remembers how the caller wants pages to look, in every browser.
    async fn preferences_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PreferencesSetInput,
    ) -> Result<Option<PreferencesSetPayload>> {
        PreferencesSetPayload::answer(ctx, profile::set_preferences(ctx, input).await)
    }

    /// Makes a token with which a program acts for the caller: never more than the caller may at that moment. Its text is
    /// told this once.
    async fn api_token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ApiTokenCreateInput,
    ) -> Result<Option<ApiTokenCreatePayload>> {
        ApiTokenCreatePayload::answer(ctx, api_tokens::create(ctx, input).await)
    }

    /// Revokes a program's token, the caller's own or, for admins, another person's. It is over before the answer is given.
    async fn api_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ApiTokenRevokeInput,
    ) -> Result<Option<ApiTokenRevokePayload>> {
        ApiTokenRevokePayload::answer(ctx, api_tokens::revoke(ctx, input).await)
    }

    /// Ends a session of the caller's own, or all others; each is over before the answer is given.
    async fn session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SessionEndInput,
    ) -> Result<Option<SessionEndPayload>> {
        SessionEndPayload::answer(ctx, credentials::end_session(ctx, input).await)
    }
}
