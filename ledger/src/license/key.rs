//! The license key in the clear.

use schemas::license::LicenseKeyRevealed;

use super::{Decided, State, guard};
use crate::decider::{Context, Decision};

/// INVARIANT (reveals are logged): nobody is shown a key without a fact that says so. A license that is suspended,
/// over or revoked has a key all the same, and its owner may need it.
pub(super) fn reveal(state: &State, context: &Context) -> Decided {
    const RULE: &str = "license.reveals_are_logged";
    guard::exists(state, context)?;
    Ok(Decision::record(RULE, [LicenseKeyRevealed {}.into()]))
}
