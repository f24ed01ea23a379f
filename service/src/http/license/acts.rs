//! What software has done with its license: bind a device, free it, say that it is there; and ask.

use axum::http::HeaderMap;
use graphql::identity;
use ledger::authority::Action;
use ledger::license::{ActivateDevice, ActivationKind, Command, LicenseRules, Rejection};
use projections::Question;
use schemas::license::{DeviceProfile, LicenseEvent};
use schemas::{ActivationId, Digest, MemberId};

use super::super::check::wait;
use super::super::problem::Problem;
use super::answer::{Decided, Freed, Told};
use super::asks::{self, Activate, Deactivate, Heartbeat, Validate, bad, optional, text};
use super::caller::{Caller, Intent, Seen, rejected};

/// What a device is called whose owner gave it no name.
const UNNAMED: &str = "Device";

/// Binds a device.
///
/// # Errors
/// When it is refused, or fails.
pub(super) async fn activate(
    caller: &Caller,
    headers: &HeaderMap,
    ask: &Activate,
) -> Result<Told, Problem> {
    let operation = "licenseActivate";
    let fingerprint = text("fingerprint", &ask.fingerprint)?;
    let platform = optional("platform", ask.platform.as_deref())?;
    let version = optional("version", ask.version.as_deref())?;
    let name = optional("name", ask.name.as_deref())?;
    let name = name.or_else(|| platform.clone()).unwrap_or_else(|| UNNAMED.to_owned());
    let replace = asks::replace(ask.replace.as_deref())?;
    let allowed = caller.judged(Action::UseDevices)?;
    let seen = caller.seen()?;
    let command = caller.command(operation, headers)?;
    let member = match ask.member_id.as_deref().map(|id| seated(&seen, id)).transpose() {
        Ok(member) => member,
        // A retry gets the outcome that it had, also when the seat was taken back since.
        Err(_) if caller.is_recorded(command).await? => None,
        Err(problem) => return Err(problem),
    };
    let activation = identity::made_by(caller.keystore(), "activation", command);
    let said = [&ask.platform, &ask.version, &ask.replace, &ask.member_id];
    let [on, of, instead_of, by] = said.map(|one| one.as_deref().unwrap_or_default().as_bytes());
    let meaning = [fingerprint.as_bytes(), name.as_bytes(), on, of, instead_of, by];
    let intent = Intent { operation, command, meaning: &meaning };
    let asked = Command::ActivateDevice(ActivateDevice {
        activation: ActivationId::from_bytes(activation),
        fingerprint: device(caller, &fingerprint),
        member,
        version: version.clone(),
        profile: DeviceProfile { name: name.clone(), fingerprint: fingerprint.clone(), platform },
        replace,
    });
    let receipt = allowed.send::<LicenseRules>(caller.license(), asked, &intent).await?;
    let gave_way = receipt.events.iter().filter_map(freed).collect();
    let (mut decided, seen) = decide(caller, Some(&fingerprint), version.as_deref())?;
    decided.gave_way = gave_way;
    Ok(Told::Decided(decided, seen))
}

/// Frees the slot of a device.
///
/// # Errors
/// When it is refused, or fails.
pub(super) async fn deactivate(
    caller: &Caller,
    headers: &HeaderMap,
    ask: &Deactivate,
) -> Result<Told, Problem> {
    let operation = "licenseDeactivate";
    let fingerprint = text("fingerprint", &ask.fingerprint)?;
    let allowed = caller.judged(Action::UseDevices)?;
    let digest = device(caller, &fingerprint);
    let seen = caller.seen()?;
    let bound = seen.facts.license.state.newest_of(ActivationKind::Device, &digest);
    let (activation, _) = bound.ok_or_else(|| rejected(&Rejection::ActivationNotFound))?;
    let command = caller.command(operation, headers)?;
    let intent = Intent { operation, command, meaning: &[fingerprint.as_bytes()] };
    let asked = Command::DeactivateDevice { activation };
    let receipt = allowed.send::<LicenseRules>(caller.license(), asked, &intent).await?;
    // A retry tells which binding ended then, whatever was bound since.
    let ended = receipt.events.iter().find_map(freed);
    let freed = ended.unwrap_or_else(|| activation.to_string());
    Ok(Told::Freed(Freed { freed, fingerprint }))
}

/// Remembers that a device called home, and answers whether the license may be used on it.
///
/// # Errors
/// When it is refused, or fails.
pub(super) async fn heartbeat(caller: &Caller, ask: &Heartbeat) -> Result<Told, Problem> {
    let operation = "licenseHeartbeat";
    let fingerprint = text("fingerprint", &ask.fingerprint)?;
    let version = optional("version", ask.version.as_deref())?;
    let allowed = caller.judged(Action::UseDevices)?;
    let digest = device(caller, &fingerprint);
    let seen = caller.seen()?;
    let newest = seen.facts.license.state.newest_of(ActivationKind::Device, &digest);
    // A device that is not bound, or not any more, is told so by the decision; there is nothing to remember of it.
    if let Some((activation, _)) = newest.filter(|(_, one)| one.ended.is_none()) {
        let command = caller.command(operation, &HeaderMap::new())?;
        let intent = Intent { operation, command, meaning: &[fingerprint.as_bytes()] };
        let asked = Command::RecordDeviceSeen { activation, version: version.clone() };
        let sent = allowed.send::<LicenseRules>(caller.license(), asked, &intent).await;
        // It may have been freed in between, or the license be over: the decision says so.
        match sent {
            Ok(_) => {}
            Err(problem) if problem.is_a_rejection() => {}
            Err(problem) => return Err(problem),
        }
    }
    let (decided, seen) = decide(caller, Some(&fingerprint), version.as_deref())?;
    Ok(Told::Decided(decided, seen))
}

/// Answers whether the license may be used.
///
/// # Errors
/// When the question cannot be understood, or answered yet.
pub(super) async fn validate(caller: &Caller, ask: &Validate) -> Result<Told, Problem> {
    if let Some(token) = &ask.at_least {
        wait(caller.engine().projections(), token).await?;
    }
    let license = caller.license().to_string();
    let fingerprint = optional("fingerprint", ask.fingerprint.as_deref())?;
    let version = optional("version", ask.version.as_deref())?;
    let choice = optional("choice", ask.choice.as_deref())?;
    let question = Question {
        license: &license,
        feature: ask.feature.as_deref(),
        member: ask.member_id.as_deref(),
        fingerprint: fingerprint.as_deref(),
        domain: ask.domain.as_deref(),
        version: version.as_deref(),
        quantity: ask.quantity.map(|units| units.0),
        choice: choice.as_deref(),
    };
    asked(caller, &question).map(|(decided, seen)| Told::Decided(decided, seen))
}

fn decide(
    caller: &Caller,
    fingerprint: Option<&str>,
    version: Option<&str>,
) -> Result<(Box<Decided>, Seen), Problem> {
    let license = caller.license().to_string();
    asked(caller, &Question { license: &license, fingerprint, version, ..Question::default() })
}

fn asked(caller: &Caller, question: &Question<'_>) -> Result<(Box<Decided>, Seen), Problem> {
    let seen = caller.seen()?;
    let request = question.request(caller.keystore(), seen.at)?;
    let answer = seen.facts.answer(&request, seen.position);
    let decided = Box::new(Decided::of(&seen, question, &answer));
    Ok((decided, seen))
}

/// A person who has a seat on the license. Whoever has none is not told from whoever is unknown.
fn seated(seen: &Seen, id: &str) -> Result<MemberId, Problem> {
    let member: Option<MemberId> = id.parse().ok();
    let found = member.filter(|member| seen.facts.license.state.seats.contains_key(member));
    found.ok_or_else(|| bad("memberId", "nobody with this id has a seat on the license"))
}

fn device(caller: &Caller, fingerprint: &str) -> Digest {
    caller.keystore().digest("device", fingerprint.as_bytes())
}

fn freed(event: &LicenseEvent) -> Option<String> {
    if let LicenseEvent::DeviceDeactivated(freed) = event {
        Some(freed.activation.to_string())
    } else {
        None
    }
}
