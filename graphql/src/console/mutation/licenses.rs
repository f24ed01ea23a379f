//! What customers have of it: licenses, seats, devices, usage.

use async_graphql::{Context, Object, Result};

use crate::act::devices::{
    self, DeviceActivateInput, DeviceActivatePayload, DeviceCheckInInput, DeviceCheckInPayload,
    DeviceDeactivateInput, DeviceDeactivatePayload, DevicesRetireDormantInput,
    DevicesRetireDormantPayload, DomainActivateInput, DomainActivatePayload,
    DomainDeactivatePayload,
};
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
use crate::act::seats::{
    self, SeatAssignInput, SeatAssignPayload, SeatUnassignInput, SeatUnassignPayload,
    SeatsAllocateInput, SeatsAllocatePayload,
};
use crate::act::undo::{self, LicenseUndoInput, LicenseUndoPayload};
use crate::act::usage::{
    self, UnitsGrantInput, UnitsGrantPayload, UsageRecordInput, UsageRecordPayload,
};

/// What customers have of it: licenses, seats, devices, usage.
#[derive(Debug, Clone, Copy, Default)]
pub struct LicenseMutation;

#[Object]
impl LicenseMutation {
    /// Issues a license to an account.
    async fn license_issue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseIssueInput,
    ) -> Result<Option<LicenseIssuePayload>> {
        LicenseIssuePayload::answer(ctx, license::issue(ctx, input).await)
    }

    /// Adds a further term to a license.
    async fn license_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRenewInput,
    ) -> Result<Option<LicenseRenewPayload>> {
        LicenseRenewPayload::answer(ctx, license::renew(ctx, input).await)
    }

    /// Stops a license for a reason, until that reason is cleared.
    async fn license_set_blocker(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseSetBlockerInput,
    ) -> Result<Option<LicenseSetBlockerPayload>> {
        LicenseSetBlockerPayload::answer(ctx, license::set_blocker(ctx, input).await)
    }

    /// Clears one reason that stops a license; the others stay.
    async fn license_clear_blocker(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseClearBlockerInput,
    ) -> Result<Option<LicenseClearBlockerPayload>> {
        LicenseClearBlockerPayload::answer(ctx, license::clear_blocker(ctx, input).await)
    }

    /// Stops a license for good. It may be true from an earlier instant, not before the issue.
    async fn license_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRevokeInput,
    ) -> Result<Option<LicenseRevokePayload>> {
        LicenseRevokePayload::answer(ctx, license::revoke(ctx, input).await)
    }

    /// Switches a license to another offering or bundle of its product. The term keeps its end.
    async fn license_change_offering(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseChangeOfferingInput,
    ) -> Result<Option<LicenseChangeOfferingPayload>> {
        LicenseChangeOfferingPayload::answer(ctx, grants::change_offering(ctx, input).await)
    }

    /// Adds a bundle to what a license gives. All of it or nothing.
    async fn license_apply_bundle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseApplyBundleInput,
    ) -> Result<Option<LicenseApplyBundlePayload>> {
        LicenseApplyBundlePayload::answer(ctx, grants::apply_bundle(ctx, input).await)
    }

    /// Takes a bundle away again, and only what it gave.
    async fn license_remove_bundle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRemoveBundleInput,
    ) -> Result<Option<LicenseRemoveBundlePayload>> {
        LicenseRemoveBundlePayload::answer(ctx, grants::remove_bundle(ctx, input).await)
    }

    /// Gives a person a seat on a license.
    async fn seat_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatAssignInput,
    ) -> Result<Option<SeatAssignPayload>> {
        SeatAssignPayload::answer(ctx, seats::assign(ctx, input).await)
    }

    /// Takes a person's seat back; it is free at once.
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
    async fn devices_retire_dormant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DevicesRetireDormantInput,
    ) -> Result<Option<DevicesRetireDormantPayload>> {
        DevicesRetireDormantPayload::answer(ctx, devices::retire_dormant(ctx, input).await)
    }

    /// Binds a domain to a license. A domain that is already active keeps the activation it has.
    async fn domain_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DomainActivateInput,
    ) -> Result<Option<DomainActivatePayload>> {
        DomainActivatePayload::answer(ctx, devices::activate_domain(ctx, input).await)
    }

    /// Frees the slot of a domain.
    async fn domain_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: DeviceDeactivateInput,
    ) -> Result<Option<DomainDeactivatePayload>> {
        DomainDeactivatePayload::answer(ctx, devices::deactivate_domain(ctx, input).await)
    }

    /// Grants units of a metered feature beside the allowance.
    async fn units_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: UnitsGrantInput,
    ) -> Result<Option<UnitsGrantPayload>> {
        UnitsGrantPayload::answer(ctx, usage::grant(ctx, input).await)
    }

    /// Records that units of a metered feature were used. What the license does not allow is
    /// refused.
    async fn usage_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: UsageRecordInput,
    ) -> Result<Option<UsageRecordPayload>> {
        UsageRecordPayload::answer(ctx, usage::record(ctx, input).await)
    }

    /// Shows the key of a license in the clear. That is remembered in its history.
    async fn license_reveal_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseRevealKeyInput,
    ) -> Result<Option<LicenseRevealKeyPayload>> {
        LicenseRevealKeyPayload::answer(ctx, key::reveal(ctx, input).await)
    }

    /// Takes back what an entry of the history of a license tells, where that entry says how.
    async fn license_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: LicenseUndoInput,
    ) -> Result<Option<LicenseUndoPayload>> {
        LicenseUndoPayload::answer(ctx, undo::undo(ctx, input).await)
    }

    /// Says how many seats of a license are for the people of one account and of those below it, or for a customer to whom
    /// the license's owner sells.
    async fn seats_allocate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: SeatsAllocateInput,
    ) -> Result<Option<SeatsAllocatePayload>> {
        SeatsAllocatePayload::answer(ctx, seats::allocate(ctx, input).await)
    }
}
