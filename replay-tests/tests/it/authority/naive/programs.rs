//! What a program may do with a token, the second time.

use ledger::authority::Action;
use schemas::access::TokenScope;

/// Whether a program may do such a thing at all with a token for this, whoever made it.
pub fn is_for(token: &[TokenScope], action: Action) -> bool {
    let (what, doing) = action.id().split_once('.').unwrap_or((action.id(), ""));
    match (what, doing) {
        (_, "see" | "see_all") => true,
        ("seats" | "devices" | "bundles", _) => token.contains(&TokenScope::Licenses),
        ("people", "manage") => token.contains(&TokenScope::People),
        ("vendor" | "usage", _) => token.contains(&TokenScope::Operate),
        _ => false,
    }
}
