//! How a product is published.

use super::{Command, Decided, State};
use crate::decider::Context;

pub(super) fn decide(_: &State, _: &Command, _: &Context) -> Decided {
    unimplemented!()
}
