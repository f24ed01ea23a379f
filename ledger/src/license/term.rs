//! The term of a license: its start and its renewal.

use super::{Decided, Renew, State};
use crate::decider::Context;

pub(super) fn renew(_: &State, _: Renew, _: &Context) -> Decided { unimplemented!() }
