//! Named seats.

use schemas::MemberId;

use super::{Decided, State};
use crate::decider::Context;

pub(super) fn assign(_: &State, _: MemberId, _: &Context) -> Decided { unimplemented!() }
pub(super) fn unassign(_: &State, _: MemberId, _: &Context) -> Decided { unimplemented!() }
