//! What a customer does.

use async_graphql::{Context, Object, Result};

use crate::act::account::{
    self, AccountDemandSecondFactorInput, AccountDemandSecondFactorPayload, MemberAddInput,
    MemberAddPayload, MemberChangeRoleInput, MemberChangeRolePayload, MemberRestoreInput,
    MemberRestorePayload, MemberSuspendInput, MemberSuspendPayload,
};
use crate::act::api_tokens::{
    self, ApiTokenCreateInput, ApiTokenCreatePayload, ApiTokenRevokeInput, ApiTokenRevokePayload,
};
use crate::act::credentials::{
    self, MemberEndSessionsInput, MemberEndSessionsPayload, MemberRemoveSecondFactorInput,
    MemberRemoveSecondFactorPayload, PasswordLinkMakeInput, PasswordLinkMakePayload,
    SessionEndInput, SessionEndPayload,
};
use crate::act::devices::{
    self, DeviceActivateInput, DeviceActivatePayload, DeviceCheckInInput, DeviceCheckInPayload,
    DeviceDeactivateInput, DeviceDeactivatePayload, DevicesRetireDormantInput,
    DevicesRetireDormantPayload, DomainActivateInput, DomainActivatePayload,
    DomainDeactivatePayload,
};
use crate::act::erasure::{self, MemberEraseInput, MemberErasePayload};
use crate::act::grants::{
    self, LicenseApplyBundleInput, LicenseApplyBundlePayload, LicenseRemoveBundleInput,
    LicenseRemoveBundlePayload,
};
use crate::act::key::{self, LicenseRevealKeyInput, LicenseRevealKeyPayload};
use crate::act::notices::{
    self, NotificationChoicesSetInput, NotificationChoicesSetPayload, NotificationsReadInput,
    NotificationsReadPayload,
};
use crate::act::partners::{self, PartnerUnlinkInput, PartnerUnlinkPayload};
use crate::act::person::{self, AccountPromoteInput, AccountPromotePayload};
use crate::act::profile::{
    self, MemberChangeProfileInput, MemberChangeProfilePayload, PreferencesSetInput,
    PreferencesSetPayload, ProfileChangeInput, ProfileChangePayload,
};
use crate::act::roles::{
    self, RoleGrantEndInput, RoleGrantEndPayload, RoleGrantInput, RoleGrantPayload,
};
use crate::act::seats::{
    self, SeatAssignInput, SeatAssignPayload, SeatUnassignInput, SeatUnassignPayload,
    SeatsAllocateInput, SeatsAllocatePayload,
};
use crate::act::single_sign_on::{
    self, AccountConnectIdentityProviderInput, AccountConnectIdentityProviderPayload,
    AccountDisconnectIdentityProviderInput, AccountDisconnectIdentityProviderPayload,
    AccountRequireSingleSignOnInput, AccountRequireSingleSignOnPayload, MemberUnlinkIdentityInput,
    MemberUnlinkIdentityPayload,
};
use crate::act::undo::{self, LicenseUndoInput, LicenseUndoPayload};

/// What the caller may do. Every mutation may be repeated at will with the same `commandId`: it is
/// done once.
#[derive(Debug, Clone, Copy)]
pub struct Mutation;

/// What the caller may do. Every mutation may be repeated at will with the same `commandId`: it is
/// done once.
#[Object]
impl Mutation {
    /// Gives a person a seat on a license. For admins.
    async fn seat_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatAssignInput,
    ) -> Result<Option<SeatAssignPayload>> {
        SeatAssignPayload::answer(ctx, seats::assign(ctx, input).await)
    }

    /// Takes a person's seat back; it is free at once. For admins.
    async fn seat_unassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatUnassignInput,
    ) -> Result<Option<SeatUnassignPayload>> {
        SeatUnassignPayload::answer(ctx, seats::unassign(ctx, input).await)
    }

    /// Binds a device to a license. A device that is already active keeps the activation it has.
    async fn device_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceActivateInput,
    ) -> Result<Option<DeviceActivatePayload>> {
        DeviceActivatePayload::answer(ctx, devices::activate(ctx, input).await)
    }

    /// Frees the slot of a device.
    async fn device_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceDeactivateInput,
    ) -> Result<Option<DeviceDeactivatePayload>> {
        DeviceDeactivatePayload::answer(ctx, devices::deactivate(ctx, input).await)
    }

    /// Tells that a device is in use. A retired one is answered `RETIRED`.
    async fn device_check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceCheckInInput,
    ) -> Result<Option<DeviceCheckInPayload>> {
        DeviceCheckInPayload::answer(ctx, devices::check_in(ctx, input).await)
    }

    /// Takes out for good every device that was silent for long, all or none; or only tells which.
    /// For admins.
    async fn devices_retire_dormant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DevicesRetireDormantInput,
    ) -> Result<Option<DevicesRetireDormantPayload>> {
        DevicesRetireDormantPayload::answer(ctx, devices::retire_dormant(ctx, input).await)
    }

    /// Binds a domain to a license. A domain that is already active keeps the activation it has.
    /// For admins.
    async fn domain_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DomainActivateInput,
    ) -> Result<Option<DomainActivatePayload>> {
        DomainActivatePayload::answer(ctx, devices::activate_domain(ctx, input).await)
    }

    /// Frees the slot of a domain. For admins.
    async fn domain_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceDeactivateInput,
    ) -> Result<Option<DomainDeactivatePayload>> {
        DomainDeactivatePayload::answer(ctx, devices::deactivate_domain(ctx, input).await)
    }

    /// Adds a bundle that the vendor published for self-service. All of it or nothing. For admins.
    async fn license_apply_bundle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseApplyBundleInput,
    ) -> Result<Option<LicenseApplyBundlePayload>> {
        LicenseApplyBundlePayload::answer(ctx, grants::apply_bundle(ctx, input).await)
    }

    /// Takes a bundle away again, and only what it gave. For admins.
    async fn license_remove_bundle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRemoveBundleInput,
    ) -> Result<Option<LicenseRemoveBundlePayload>> {
        LicenseRemoveBundlePayload::answer(ctx, grants::remove_bundle(ctx, input).await)
    }

    /// Shows the key of a license in the clear. That is remembered in its history. For admins.
    async fn license_reveal_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRevealKeyInput,
    ) -> Result<Option<LicenseRevealKeyPayload>> {
        LicenseRevealKeyPayload::answer(ctx, key::reveal(ctx, input).await)
    }

    /// Takes back what an entry of the history of a license tells, where that entry says how. For admins.
    async fn license_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseUndoInput,
    ) -> Result<Option<LicenseUndoPayload>> {
        LicenseUndoPayload::answer(ctx, undo::undo(ctx, input).await)
    }

    /// Makes the account of a person that of an organization, under the same id: licenses, seats, devices and sessions stay,
    /// and others may join. It cannot be undone. For
    /// admins.
    async fn account_promote(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountPromoteInput,
    ) -> Result<Option<AccountPromotePayload>> {
        AccountPromotePayload::answer(ctx, person::promote(ctx, input).await)
    }

    /// Adds a person to the caller's account or one below it. For admins.
    async fn member_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberAddInput,
    ) -> Result<Option<MemberAddPayload>> {
        MemberAddPayload::answer(ctx, account::add_member(ctx, input).await)
    }

    /// Changes what a person may do. It holds before the answer is given. For admins.
    async fn member_change_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberChangeRoleInput,
    ) -> Result<Option<MemberChangeRolePayload>> {
        MemberChangeRolePayload::answer(ctx, account::change_role(ctx, input).await)
    }

    /// Keeps a person out until restored: every session of the person is over before the answer is given. Seats and
    /// devices stay. For admins.
    async fn member_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberSuspendInput,
    ) -> Result<Option<MemberSuspendPayload>> {
        MemberSuspendPayload::answer(ctx, account::suspend(ctx, input).await)
    }

    /// Says whether everybody of an account and of those below it needs a second factor: whoever has none is let do
    /// nothing but set one up, from the next request on. For admins.
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

    /// Connects the identity provider of an account, so that its people sign in there; or says its new client. For admins by their own role.
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
    /// more. For admins by their own role.
    async fn account_disconnect_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountDisconnectIdentityProviderInput,
    ) -> Result<Option<AccountDisconnectIdentityProviderPayload>> {
        let done = single_sign_on::disconnect(ctx, input).await;
        AccountDisconnectIdentityProviderPayload::answer(ctx, done)
    }

    /// Says whether people of an account come in through its identity provider only: then no password lets them in, and
    /// who came in with one is out from the next request on. For admins by their own role.
    async fn account_require_single_sign_on(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountRequireSingleSignOnInput,
    ) -> Result<Option<AccountRequireSingleSignOnPayload>> {
        AccountRequireSingleSignOnPayload::answer(ctx, single_sign_on::require(ctx, input).await)
    }

    /// Forgets who a person is at the identity provider of its account, for somebody who was made anew there: the next time
    /// the person comes in there, its verified e-mail says again who it is. Its sessions that began there are over before
    /// the answer is given. For admins.
    async fn member_unlink_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberUnlinkIdentityInput,
    ) -> Result<Option<MemberUnlinkIdentityPayload>> {
        MemberUnlinkIdentityPayload::answer(ctx, single_sign_on::unlink(ctx, input).await)
    }

    /// Erases the personal data of a person for good, by destroying the key that all of it is sealed with: in the
    /// ledger, its views, snapshots and files that were exported sealed. The person is out at once, seats and the e-mail
    /// are free again; what happened stays told, without names. For admins.
    async fn member_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberEraseInput,
    ) -> Result<Option<MemberErasePayload>> {
        MemberErasePayload::answer(ctx, erasure::erase(ctx, input).await)
    }

    /// Lets a person do more than by its own role: in an account and those below it, or on one license, until an instant.
    /// Nobody gives more than they have, nor for longer. For admins and whoever a role was granted to, within that.
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

    /// Says how many seats of a license are for the people of one account and of those below it. For who manages the license,
    /// and of seats that an account has, for who manages that account.
    async fn seats_allocate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatsAllocateInput,
    ) -> Result<Option<SeatsAllocatePayload>> {
        SeatsAllocatePayload::answer(ctx, seats::allocate(ctx, input).await)
    }

    /// Parts with a partner, whose people act for the account no longer: before the answer is given. For admins.
    async fn partner_unlink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PartnerUnlinkInput,
    ) -> Result<Option<PartnerUnlinkPayload>> {
        PartnerUnlinkPayload::answer(ctx, partners::unlink(ctx, input).await)
    }

    /// Lets a suspended person sign in again. For admins.
    async fn member_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberRestoreInput,
    ) -> Result<Option<MemberRestorePayload>> {
        MemberRestorePayload::answer(ctx, account::restore(ctx, input).await)
    }

    /// Makes a link by which a person sets the own password, once: an invitation, or a way back in. For admins.
    async fn password_link_make(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PasswordLinkMakeInput,
    ) -> Result<Option<PasswordLinkMakePayload>> {
        PasswordLinkMakePayload::answer(ctx, credentials::make_link(ctx, input).await)
    }

    /// Ends every session of a person, before the answer: for who lost a device that was signed in. For admins.
    async fn member_end_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberEndSessionsInput,
    ) -> Result<Option<MemberEndSessionsPayload>> {
        MemberEndSessionsPayload::answer(ctx, credentials::end_sessions_of(ctx, input).await)
    }

    /// Lets somebody who lost the authenticator sign in without a code again. For admins.
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

    /// Changes the caller's own name.
    async fn profile_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ProfileChangeInput,
    ) -> Result<Option<ProfileChangePayload>> {
        ProfileChangePayload::answer(ctx, profile::change_own(ctx, input).await)
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

    /// Remembers what the caller wants to be told, how and when. What concerns security cannot be switched off.
    async fn notification_choices_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: NotificationChoicesSetInput,
    ) -> Result<Option<NotificationChoicesSetPayload>> {
        NotificationChoicesSetPayload::answer(ctx, notices::choose(ctx, input).await)
    }

    /// Remembers that the caller has seen the list of notifications, up to one of them.
    async fn notifications_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: NotificationsReadInput,
    ) -> Result<Option<NotificationsReadPayload>> {
        NotificationsReadPayload::answer(ctx, notices::mark_read(ctx, input).await)
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
