//! What a license grants: switching its offering, adding and removing bundles.

use schemas::BundleId;

use super::{ApplyBundle, Decided, State, SwitchOffering};
use crate::decider::Context;

pub(super) fn switch(_: &State, _: &SwitchOffering, _: &Context) -> Decided { unimplemented!() }
pub(super) fn apply(_: &State, _: &ApplyBundle, _: &Context) -> Decided { unimplemented!() }
pub(super) fn remove(_: &State, _: BundleId, _: &Context) -> Decided { unimplemented!() }
