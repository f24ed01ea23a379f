//! How facts become what the rules remember.

use schemas::Timestamp;
use schemas::license::LicenseEvent;

use super::State;

pub(super) fn evolve(_: &mut State, _: &LicenseEvent, _: Timestamp) { unimplemented!() }
