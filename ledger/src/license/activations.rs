//! Devices and domains: binding, calling home, freeing, retiring.

use std::collections::BTreeSet;

use schemas::ActivationId;

use super::{ActivateDevice, ActivateDomain, ActivationKind, Decided, State};
use crate::decider::Context;

pub(super) fn device(_: &State, _: &ActivateDevice, _: &Context) -> Decided { unimplemented!() }
pub(super) fn domain(_: &State, _: &ActivateDomain, _: &Context) -> Decided { unimplemented!() }
pub(super) fn seen(_: &State, _: ActivationId, _: Option<&str>, _: &Context) -> Decided { unimplemented!() }
pub(super) fn deactivate(_: &State, _: ActivationKind, _: ActivationId, _: &Context) -> Decided { unimplemented!() }
pub(super) fn retire(_: &State, _: &BTreeSet<ActivationId>, _: &Context) -> Decided { unimplemented!() }
