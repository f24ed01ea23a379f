//! What the vendor does. Operators only: an auditor is refused, and the attempt is recorded.

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
use crate::act::catalog::{
    self, BundlePublishInput, BundlePublishPayload, EditionPublishInput, EditionPublishPayload,
    FeatureDefineInput, FeatureDefinePayload, OfferingPublishInput, OfferingPublishPayload,
    PlanPublishInput, PlanPublishPayload, ProductPublishInput, ProductPublishPayload,
    ReleasePublishInput, ReleasePublishPayload,
};
use crate::act::credentials::{
    self, MemberRemoveSecondFactorInput, MemberRemoveSecondFactorPayload, PasswordLinkMakeInput,
    PasswordLinkMakePayload, SessionEndInput, SessionEndPayload,
};
use crate::act::devices::{
    self, DeviceActivateInput, DeviceActivatePayload, DeviceCheckInInput, DeviceCheckInPayload,
    DeviceDeactivateInput, DeviceDeactivatePayload, DevicesRetireDormantInput,
    DevicesRetireDormantPayload, DomainActivateInput, DomainActivatePayload,
    DomainDeactivatePayload,
};
use crate::act::erasure::{self, MemberEraseInput, MemberErasePayload};
use crate::act::grants::{
    self, LicenseApplyBundleInput, LicenseApplyBundlePayload, LicenseChangeOfferingInput,
    LicenseChangeOfferingPayload, LicenseRemoveBundleInput, LicenseRemoveBundlePayload,
};
use crate::act::key::{self, LicenseRevealKeyInput, LicenseRevealKeyPayload};
use crate::act::license::{
    self, LicenseClearBlockerInput, LicenseClearBlockerPayload, LicenseIssueInput,
    LicenseIssuePayload, LicenseRenewInput, LicenseRenewPayload, LicenseRevokeInput,
    LicenseRevokePayload, LicenseSetBlockerInput, LicenseSetBlockerPayload,
};
use crate::act::partners::{
    self, PartnerLinkInput, PartnerLinkPayload, PartnerUnlinkInput, PartnerUnlinkPayload,
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
    AccountRequireSingleSignOnInput, AccountRequireSingleSignOnPayload,
};
use crate::act::undo::{self, LicenseUndoInput, LicenseUndoPayload};
use crate::act::usage::{
    self, UnitsGrantInput, UnitsGrantPayload, UsageRecordInput, UsageRecordPayload,
};

/// What the vendor may do. Every mutation may be repeated at will with the same `commandId`: it is
/// done once.
#[derive(Debug, Clone, Copy)]
pub struct Mutation;

/// What the vendor may do. Every mutation may be repeated at will with the same `commandId`: it is
/// done once.
#[Object]
impl Mutation {
    /// Publishes a product. Its code names it for ever.
    async fn product_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ProductPublishInput,
    ) -> Result<Option<ProductPublishPayload>> {
        ProductPublishPayload::answer(catalog::publish_product(ctx, input).await)
    }

    /// Defines a feature of a product. Its type never changes.
    async fn feature_define(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: FeatureDefineInput,
    ) -> Result<Option<FeatureDefinePayload>> {
        FeatureDefinePayload::answer(catalog::define_feature(ctx, input).await)
    }

    /// Publishes the next version of an edition.
    async fn edition_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: EditionPublishInput,
    ) -> Result<Option<EditionPublishPayload>> {
        EditionPublishPayload::answer(catalog::publish_edition(ctx, input).await)
    }

    /// Publishes the next version of a plan.
    async fn plan_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PlanPublishInput,
    ) -> Result<Option<PlanPublishPayload>> {
        PlanPublishPayload::answer(catalog::publish_plan(ctx, input).await)
    }

    /// Publishes the next version of an offering.
    async fn offering_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: OfferingPublishInput,
    ) -> Result<Option<OfferingPublishPayload>> {
        OfferingPublishPayload::answer(catalog::publish_offering(ctx, input).await)
    }

    /// Publishes the next version of a bundle.
    async fn bundle_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: BundlePublishInput,
    ) -> Result<Option<BundlePublishPayload>> {
        BundlePublishPayload::answer(catalog::publish_bundle(ctx, input).await)
    }

    /// Publishes a release of the software.
    async fn release_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ReleasePublishInput,
    ) -> Result<Option<ReleasePublishPayload>> {
        ReleasePublishPayload::answer(catalog::publish_release(ctx, input).await)
    }

    /// Opens an account, or a sub-account of one.
    async fn account_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountOpenInput,
    ) -> Result<Option<AccountOpenPayload>> {
        AccountOpenPayload::answer(account::open(ctx, input).await)
    }

    /// Adds a person to an account. Nobody else may have the sign-in e-mail.
    async fn member_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberAddInput,
    ) -> Result<Option<MemberAddPayload>> {
        MemberAddPayload::answer(account::add_member(ctx, input).await)
    }

    /// Adds a person of the vendor. Nobody else may have the sign-in e-mail.
    async fn staff_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: StaffAddInput,
    ) -> Result<Option<StaffAddPayload>> {
        StaffAddPayload::answer(account::add_staff(ctx, input).await)
    }

    /// Issues a license to an account.
    async fn license_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseIssueInput,
    ) -> Result<Option<LicenseIssuePayload>> {
        LicenseIssuePayload::answer(license::issue(ctx, input).await)
    }

    /// Adds a further term to a license.
    async fn license_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRenewInput,
    ) -> Result<Option<LicenseRenewPayload>> {
        LicenseRenewPayload::answer(license::renew(ctx, input).await)
    }

    /// Stops a license for a reason, until that reason is cleared.
    async fn license_set_blocker(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseSetBlockerInput,
    ) -> Result<Option<LicenseSetBlockerPayload>> {
        LicenseSetBlockerPayload::answer(license::set_blocker(ctx, input).await)
    }

    /// Clears one reason that stops a license; the others stay.
    async fn license_clear_blocker(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseClearBlockerInput,
    ) -> Result<Option<LicenseClearBlockerPayload>> {
        LicenseClearBlockerPayload::answer(license::clear_blocker(ctx, input).await)
    }

    /// Stops a license for good. It may be true from an earlier instant, not before the issue.
    async fn license_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRevokeInput,
    ) -> Result<Option<LicenseRevokePayload>> {
        LicenseRevokePayload::answer(license::revoke(ctx, input).await)
    }

    /// Switches a license to another offering or bundle of its product. The term keeps its end.
    async fn license_change_offering(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseChangeOfferingInput,
    ) -> Result<Option<LicenseChangeOfferingPayload>> {
        LicenseChangeOfferingPayload::answer(grants::change_offering(ctx, input).await)
    }

    /// Adds a bundle to what a license gives. All of it or nothing.
    async fn license_apply_bundle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseApplyBundleInput,
    ) -> Result<Option<LicenseApplyBundlePayload>> {
        LicenseApplyBundlePayload::answer(grants::apply_bundle(ctx, input).await)
    }

    /// Takes a bundle away again, and only what it gave.
    async fn license_remove_bundle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRemoveBundleInput,
    ) -> Result<Option<LicenseRemoveBundlePayload>> {
        LicenseRemoveBundlePayload::answer(grants::remove_bundle(ctx, input).await)
    }

    /// Gives a person a seat on a license.
    async fn seat_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatAssignInput,
    ) -> Result<Option<SeatAssignPayload>> {
        SeatAssignPayload::answer(seats::assign(ctx, input).await)
    }

    /// Takes a person's seat back; it is free at once.
    async fn seat_unassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatUnassignInput,
    ) -> Result<Option<SeatUnassignPayload>> {
        SeatUnassignPayload::answer(seats::unassign(ctx, input).await)
    }

    /// Binds a device to a license. A device that is already active keeps the activation it has.
    async fn device_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceActivateInput,
    ) -> Result<Option<DeviceActivatePayload>> {
        DeviceActivatePayload::answer(devices::activate(ctx, input).await)
    }

    /// Frees the slot of a device.
    async fn device_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceDeactivateInput,
    ) -> Result<Option<DeviceDeactivatePayload>> {
        DeviceDeactivatePayload::answer(devices::deactivate(ctx, input).await)
    }

    /// Tells that a device is in use. A retired one is answered `RETIRED`.
    async fn device_check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceCheckInInput,
    ) -> Result<Option<DeviceCheckInPayload>> {
        DeviceCheckInPayload::answer(devices::check_in(ctx, input).await)
    }

    /// Takes out for good every device that was silent for long, all or none; or only tells which.
    async fn devices_retire_dormant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DevicesRetireDormantInput,
    ) -> Result<Option<DevicesRetireDormantPayload>> {
        DevicesRetireDormantPayload::answer(devices::retire_dormant(ctx, input).await)
    }

    /// Binds a domain to a license. A domain that is already active keeps the activation it has.
    async fn domain_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DomainActivateInput,
    ) -> Result<Option<DomainActivatePayload>> {
        DomainActivatePayload::answer(devices::activate_domain(ctx, input).await)
    }

    /// Frees the slot of a domain.
    async fn domain_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceDeactivateInput,
    ) -> Result<Option<DomainDeactivatePayload>> {
        DomainDeactivatePayload::answer(devices::deactivate_domain(ctx, input).await)
    }

    /// Grants units of a metered feature beside the allowance.
    async fn units_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: UnitsGrantInput,
    ) -> Result<Option<UnitsGrantPayload>> {
        UnitsGrantPayload::answer(usage::grant(ctx, input).await)
    }

    /// Records that units of a metered feature were used. What the license does not allow is
    /// refused.
    async fn usage_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: UsageRecordInput,
    ) -> Result<Option<UsageRecordPayload>> {
        UsageRecordPayload::answer(usage::record(ctx, input).await)
    }

    /// Shows the key of a license in the clear. That is remembered in its history.
    async fn license_reveal_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRevealKeyInput,
    ) -> Result<Option<LicenseRevealKeyPayload>> {
        LicenseRevealKeyPayload::answer(key::reveal(ctx, input).await)
    }

    /// Takes back what an entry of the history of a license tells, where that entry says how.
    async fn license_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseUndoInput,
    ) -> Result<Option<LicenseUndoPayload>> {
        LicenseUndoPayload::answer(undo::undo(ctx, input).await)
    }

    /// Changes what a person may do. It holds before the answer is given.
    async fn member_change_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberChangeRoleInput,
    ) -> Result<Option<MemberChangeRolePayload>> {
        MemberChangeRolePayload::answer(account::change_role(ctx, input).await)
    }

    /// Keeps a person out until restored: every session of the person is over before the answer is given. Seats and
    /// devices stay.
    async fn member_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberSuspendInput,
    ) -> Result<Option<MemberSuspendPayload>> {
        MemberSuspendPayload::answer(account::suspend(ctx, input).await)
    }

    /// Says whether everybody of an account and of those below it needs a second factor: whoever has none is let do
    /// nothing but set one up, from the next request on.
    async fn account_demand_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountDemandSecondFactorInput,
    ) -> Result<Option<AccountDemandSecondFactorPayload>> {
        AccountDemandSecondFactorPayload::answer(account::demand_second_factor(ctx, input).await)
    }

    /// Connects the identity provider of an account, so that its people sign in there; or says its new client.
    async fn account_connect_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountConnectIdentityProviderInput,
    ) -> Result<Option<AccountConnectIdentityProviderPayload>> {
        AccountConnectIdentityProviderPayload::answer(single_sign_on::connect(ctx, input).await)
    }

    /// Disconnects the identity provider of an account: who came in through it is out, and nobody is linked with it any
    /// more.
    async fn account_disconnect_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountDisconnectIdentityProviderInput,
    ) -> Result<Option<AccountDisconnectIdentityProviderPayload>> {
        let done = single_sign_on::disconnect(ctx, input).await;
        AccountDisconnectIdentityProviderPayload::answer(done)
    }

    /// Says whether people of an account come in through its identity provider only: then no password lets them in, and
    /// who came in with one is out from the next request on.
    async fn account_require_single_sign_on(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: AccountRequireSingleSignOnInput,
    ) -> Result<Option<AccountRequireSingleSignOnPayload>> {
        AccountRequireSingleSignOnPayload::answer(single_sign_on::require(ctx, input).await)
    }

    /// Erases the personal data of a person for good, by destroying the key that all of it is sealed with: in the
    /// ledger, its views, snapshots and files that were exported sealed. The person is out at once, seats and the e-mail
    /// are free again; what happened stays told, without names.
    async fn member_erase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberEraseInput,
    ) -> Result<Option<MemberErasePayload>> {
        MemberErasePayload::answer(erasure::erase(ctx, input).await)
    }

    /// Lets a person do more than by its own role: in an account and those below it, or on one license, until an instant.
    /// Nobody gives more than they have, nor for longer.
    async fn role_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: RoleGrantInput,
    ) -> Result<Option<RoleGrantPayload>> {
        RoleGrantPayload::answer(roles::give(ctx, input).await)
    }

    /// Takes back what was granted, and all that stems from it: before the answer is given. Whoever has it may give it up.
    async fn role_grant_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: RoleGrantEndInput,
    ) -> Result<Option<RoleGrantEndPayload>> {
        RoleGrantEndPayload::answer(roles::end(ctx, input).await)
    }

    /// Says how many seats of a license are for the people of one account and of those below it, or for a customer to whom
    /// the license's owner sells.
    async fn seats_allocate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatsAllocateInput,
    ) -> Result<Option<SeatsAllocatePayload>> {
        SeatsAllocatePayload::answer(seats::allocate(ctx, input).await)
    }

    /// Lets the people of another account, a partner, act for a customer: each as far as its own role over the partner
    /// reaches, and never further than the link says.
    async fn partner_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PartnerLinkInput,
    ) -> Result<Option<PartnerLinkPayload>> {
        PartnerLinkPayload::answer(partners::link(ctx, input).await)
    }

    /// Parts a customer from a partner, whose people act for it no longer: before the answer is given.
    async fn partner_unlink(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PartnerUnlinkInput,
    ) -> Result<Option<PartnerUnlinkPayload>> {
        PartnerUnlinkPayload::answer(partners::unlink(ctx, input).await)
    }

    /// Lets a suspended person sign in again.
    async fn member_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberRestoreInput,
    ) -> Result<Option<MemberRestorePayload>> {
        MemberRestorePayload::answer(account::restore(ctx, input).await)
    }

    /// Makes a link by which a person sets the own password, once: an invitation, or a way back in.
    async fn password_link_make(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PasswordLinkMakeInput,
    ) -> Result<Option<PasswordLinkMakePayload>> {
        PasswordLinkMakePayload::answer(credentials::make_link(ctx, input).await)
    }

    /// Lets somebody who lost the authenticator sign in without a code again.
    async fn member_remove_second_factor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: MemberRemoveSecondFactorInput,
    ) -> Result<Option<MemberRemoveSecondFactorPayload>> {
        MemberRemoveSecondFactorPayload::answer(credentials::remove_second_factor(ctx, input).await)
    }

    /// Makes a token with which a program acts for the caller: never more than the caller may at that moment. Its text is
    /// told this once.
    async fn api_token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ApiTokenCreateInput,
    ) -> Result<Option<ApiTokenCreatePayload>> {
        ApiTokenCreatePayload::answer(api_tokens::create(ctx, input).await)
    }

    /// Revokes a program's token, the caller's own or, for admins, another person's. It is over before the answer is given.
    async fn api_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ApiTokenRevokeInput,
    ) -> Result<Option<ApiTokenRevokePayload>> {
        ApiTokenRevokePayload::answer(api_tokens::revoke(ctx, input).await)
    }

    /// Ends a session of the caller's own, or all others; each is over before the answer is given.
    async fn session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SessionEndInput,
    ) -> Result<Option<SessionEndPayload>> {
        SessionEndPayload::answer(credentials::end_session(ctx, input).await)
    }
}
