//! Devices and domains: bind, free, call home, take out for good.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, SimpleObject};
use ledger::authority::Action;
use ledger::license::{
    ActivateDevice, ActivateDomain, ActivationKind, Command, LicenseRules, Replace,
};
use ledger_log::Receipt;
use schemas::license::{DeviceProfile, DomainProfile, LicenseEvent};
use schemas::{ActivationId, Digest, LicenseId, MemberId};

use super::{Acted, Allowed, Asked, Done, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::read::Seen;
use crate::types::device::{DEAD_AFTER_DAYS, Device, days_before};
use crate::types::license::License;

/// The longest text that a device is described with.
const TEXT_CHARACTERS_MAX: usize = 256;

/// Bind a device to a license.
#[derive(Debug, Clone, InputObject)]
pub struct DeviceActivateInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// What identifies the device, as the software computes it.
    pub fingerprint: String,
    /// What its owner calls it.
    pub name: String,
    /// Its operating system or platform.
    pub platform: Option<String>,
    /// The version of the software on it.
    pub version: Option<String>,
    /// The seat holder whose device it is; for a member without a role of its own, itself.
    pub member_id: Option<ID>,
}

/// Free the slot of a device or domain.
#[derive(Debug, Clone, InputObject)]
pub struct DeviceDeactivateInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The binding.
    pub device_id: ID,
}

/// Tell that a device is in use. At most one fact a day is recorded.
#[derive(Debug, Clone, InputObject)]
pub struct DeviceCheckInInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The binding.
    pub device_id: ID,
    /// The version of the software on it.
    pub version: Option<String>,
}

/// Take out for good every device that was silent for long.
#[derive(Debug, Clone, InputObject)]
pub struct DevicesRetireDormantInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// For how many days they must have been silent; else 90.
    #[graphql(validator(minimum = 1, maximum = 3650))]
    pub silent_days: Option<i32>,
    /// Only tell which it would be.
    #[graphql(default)]
    pub dry_run: bool,
}

/// Bind a domain to a license.
#[derive(Debug, Clone, InputObject)]
pub struct DomainActivateInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The license.
    pub license_id: ID,
    /// The domain, such as `app.example.com`.
    pub domain: String,
}

/// Devices that were taken out, or would be.
#[derive(Debug, Clone, SimpleObject)]
pub struct RetiredDevices {
    /// The devices, as they were before.
    pub devices: Vec<Device>,
    /// Whether they were only counted.
    pub dry_run: bool,
    /// The license after it.
    pub license: Option<License>,
}

payloads! {
    /// What became of `deviceActivate`.
    DeviceActivatePayload {
        /// The device; the one it was before when it is already active.
        device: Device
    }
    /// What became of `deviceDeactivate`.
    DeviceDeactivatePayload {
        /// The device after it.
        device: Device
    }
    /// What became of `deviceCheckIn`.
    DeviceCheckInPayload {
        /// The device after it.
        device: Device
    }
    /// What became of `devicesRetireDormant`.
    DevicesRetireDormantPayload {
        /// The devices that were taken out, or would be.
        retired: RetiredDevices
    }
    /// What became of `domainActivate`.
    DomainActivatePayload {
        /// The domain; the one it was before when it is already active.
        device: Device
    }
    /// What became of `domainDeactivate`.
    DomainDeactivatePayload {
        /// The domain after it.
        device: Device
    }
}

/// Binds a device.
///
/// # Errors
/// When it is refused, or fails.
pub async fn activate(ctx: &Context<'_>, input: DeviceActivateInput) -> Acted<Device> {
    let operation = "deviceActivate";
    let asked = Asked::new(ctx, Action::UseDevices, operation, &input, &input.command_id).await?;
    let fingerprint = text("fingerprint", &input.fingerprint)?;
    let (asked, seen) = asked.license(&input.license_id).await?;
    let digest = asked.keystore().digest("device", fingerprint.as_bytes());
    let profile = DeviceProfile {
        name: text("name", &input.name)?,
        fingerprint,
        platform: optional_text("platform", input.platform.as_deref())?,
    };
    let command = Command::ActivateDevice(ActivateDevice {
        activation: ActivationId::new(asked.made("activation")),
        fingerprint: digest,
        member: owner(&asked, input.member_id.as_ref(), &seen)?,
        version: optional_text("version", input.version.as_deref())?,
        profile,
        replace: Replace::Nothing,
    });
    let row = &seen.facts.license;
    let ran = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    Ok(bound(&asked, row.license, ActivationKind::Device, &digest, ran))
}

/// Binds a domain.
///
/// # Errors
/// When it is refused, or fails.
pub async fn activate_domain(ctx: &Context<'_>, input: DomainActivateInput) -> Acted<Device> {
    let operation = "domainActivate";
    let asked =
        Asked::new(ctx, Action::ManageDevices, operation, &input, &input.command_id).await?;
    let (asked, seen) = asked.license(&input.license_id).await?;
    let domain = ledger::domain_name::normalize(&input.domain);
    let domain = domain.map_err(|error| bad_field("domain", &error))?;
    let digest = asked.keystore().digest("domain", domain.as_str().as_bytes());
    let command = Command::ActivateDomain(ActivateDomain {
        activation: ActivationId::new(asked.made("activation")),
        domain: digest,
        profile: DomainProfile { domain: domain.as_str().to_owned() },
    });
    let row = &seen.facts.license;
    let ran = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    Ok(bound(&asked, row.license, ActivationKind::Domain, &digest, ran))
}

/// The binding that a command made, or that was there before it.
fn bound(
    asked: &Allowed<'_>,
    license: LicenseId,
    kind: ActivationKind,
    digest: &Digest,
    (receipt, done): (Receipt<LicenseEvent>, Done),
) -> (Option<Device>, Done) {
    let made = receipt.events.iter().find_map(made_binding);
    let device = asked.license_after(license).and_then(|license| {
        let seen = license.seen;
        let id =
            made.or_else(|| seen.facts.license.state.newest_of(kind, digest).map(|(id, _)| id))?;
        Device::new(&seen.facts, id, seen.at)
    });
    (device, done)
}

fn made_binding(event: &LicenseEvent) -> Option<ActivationId> {
    if let LicenseEvent::DeviceActivated(device) = event {
        Some(device.activation)
    } else if let LicenseEvent::DomainActivated(domain) = event {
        Some(domain.activation)
    } else {
        None
    }
}

/// Frees the slot of a device.
///
/// # Errors
/// When it is refused, or fails.
pub async fn deactivate(ctx: &Context<'_>, input: DeviceDeactivateInput) -> Acted<Device> {
    let operation = "deviceDeactivate";
    let asked = Asked::new(ctx, Action::UseDevices, operation, &input, &input.command_id).await?;
    let (asked, seen, activation) =
        device_named(asked, &input.license_id, &input.device_id).await?;
    let command = Command::DeactivateDevice { activation };
    end(&asked, &seen, activation, command).await
}

/// Frees the slot of a domain.
///
/// # Errors
/// When it is refused, or fails.
pub async fn deactivate_domain(ctx: &Context<'_>, input: DeviceDeactivateInput) -> Acted<Device> {
    let operation = "domainDeactivate";
    let asked =
        Asked::new(ctx, Action::ManageDevices, operation, &input, &input.command_id).await?;
    let (asked, seen, activation) =
        device_named(asked, &input.license_id, &input.device_id).await?;
    let command = Command::DeactivateDomain { activation };
    end(&asked, &seen, activation, command).await
}

/// Remembers that a device called home.
///
/// # Errors
/// When it is refused, or fails.
pub async fn check_in(ctx: &Context<'_>, input: DeviceCheckInInput) -> Acted<Device> {
    let operation = "deviceCheckIn";
    let asked = Asked::new(ctx, Action::UseDevices, operation, &input, &input.command_id).await?;
    let (asked, seen, activation) =
        device_named(asked, &input.license_id, &input.device_id).await?;
    let version = optional_text("version", input.version.as_deref())?;
    let command = Command::RecordDeviceSeen { activation, version };
    end(&asked, &seen, activation, command).await
}

async fn end(
    asked: &Allowed<'_>,
    seen: &Seen,
    activation: ActivationId,
    command: Command,
) -> Acted<Device> {
    let row = &seen.facts.license;
    let (_, done) = asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    let after = asked.license_after(row.license);
    let device = after.and_then(|after| Device::new(&after.seen.facts, activation, after.seen.at));
    Ok((device, done))
}

/// Takes out for good every device that was silent for long, all or none.
///
/// # Errors
/// When it is refused, or fails.
pub async fn retire_dormant(
    ctx: &Context<'_>,
    input: DevicesRetireDormantInput,
) -> Acted<RetiredDevices> {
    let operation = "devicesRetireDormant";
    let asked =
        Asked::new(ctx, Action::ManageDevices, operation, &input, &input.command_id).await?;
    let (asked, seen) = asked.license(&input.license_id).await?;
    let row = &seen.facts.license;
    let days = input.silent_days.and_then(|days| u32::try_from(days).ok());
    let silent_since = days_before(seen.at, days.unwrap_or(DEAD_AFTER_DAYS));
    let silent: BTreeSet<ActivationId> = row
        .state
        .live(ActivationKind::Device)
        .filter(|(_, one)| one.last_seen_at < silent_since)
        .map(|(id, _)| id)
        .collect();
    let devices = silent.iter().filter_map(|id| Device::new(&seen.facts, *id, seen.at)).collect();
    let dry_run = input.dry_run;
    if dry_run {
        let license = asked.license_after(row.license);
        let done = Done { position: seen.position, ..Done::default() };
        return Ok((Some(RetiredDevices { devices, dry_run, license }), done));
    }
    let command = Command::RetireDevices { activations: silent };
    let (receipt, done) =
        asked.run::<LicenseRules>(row.license, Some(row.account), command).await?;
    let license = asked.license_after(row.license);
    // A stored answer names the devices of the first try, which are no longer live by now.
    let devices = if receipt.replayed { retired(&receipt, license.as_ref()) } else { devices };
    Ok((Some(RetiredDevices { devices, dry_run, license }), done))
}

fn retired(receipt: &Receipt<LicenseEvent>, license: Option<&License>) -> Vec<Device> {
    let Some(license) = license else { return Vec::new() };
    let ids = receipt.events.iter().flat_map(|event| {
        if let LicenseEvent::DevicesRetired(retired) = event {
            retired.activations.as_slice()
        } else {
            &[]
        }
    });
    ids.filter_map(|id| Device::new(&license.seen.facts, *id, license.seen.at)).collect()
}

/// The binding that the caller names; a member without a role of its own names its own devices
/// only.
async fn device_named<'a>(
    asked: Asked<'a>,
    license: &ID,
    device: &ID,
) -> Result<(Allowed<'a>, Seen, ActivationId), Failure> {
    let (asked, seen) = asked.license(license).await?;
    let id: Option<ActivationId> = device.parse().ok();
    let own = asked.reader.member();
    let known = id.filter(|id| {
        let activation = seen.facts.license.state.activations.get(id);
        activation.is_some_and(|one| !asked.own_only() || one.member == own)
    });
    let known = known.ok_or_else(|| Failure::User(UserError::not_found("deviceId")))?;
    Ok((asked, seen, known))
}

/// Whose device it is.
fn owner(
    asked: &Allowed<'_>,
    named: Option<&ID>,
    seen: &Seen,
) -> Result<Option<MemberId>, Failure> {
    let named = named.map(|id| asked.member(id, seen.facts.license.account)).transpose()?;
    if !asked.own_only() {
        return Ok(named);
    }
    let own = asked.reader.member();
    if named.is_some() && named != own { Err(UserError::forbidden().into()) } else { Ok(own) }
}

fn text(field: &'static str, given: &str) -> Result<String, Failure> {
    let given = given.trim();
    if given.is_empty() || given.chars().count() > TEXT_CHARACTERS_MAX {
        let words = format!("expected 1 to {TEXT_CHARACTERS_MAX} characters");
        return Err(bad_field(field, &words));
    }
    Ok(given.to_owned())
}

fn optional_text(field: &'static str, given: Option<&str>) -> Result<Option<String>, Failure> {
    given.map(|given| text(field, given)).transpose()
}
