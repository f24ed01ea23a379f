//! What partners may do for their customers, the second time.

use ledger::authority::{Action, Resource};
use schemas::Timestamp;
use schemas::account::PartnerRole;

use super::{Someone, World, counts, home_role, reach_of, reach_over, suffices};

/// What of a customer's is a partner's to do at all, and from which role of the link on.
fn may(role: PartnerRole, action: Action) -> bool {
    match role {
        PartnerRole::LicenseViewer => matches!(action, Action::SeeAccount | Action::SeeLicense),
        PartnerRole::Auditor => matches!(
            action,
            Action::SeeAccount
                | Action::SeeLicense
                | Action::SeeWholeAccount
                | Action::SeeWholeLicense
                | Action::SeePerson
        ),
        PartnerRole::LicenseManager => {
            may(PartnerRole::Auditor, action)
                || matches!(
                    action,
                    Action::UseDevices | Action::ManageDevices | Action::ManageSeats
                )
        }
    }
}

/// Whether a link of a partner allows it: the asker has the role over the partner that it would need over the customer.
pub fn allow(
    world: &World,
    asker: &Someone,
    action: Action,
    resource: Resource,
    at: Timestamp,
) -> bool {
    for link in &world.links {
        let over = link.ended_at.is_some() || link.ends_at.is_some_and(|end| at >= end);
        if over || !may(link.role, action) {
            continue;
        }
        if !reach_over(world, link.customer).has(resource) {
            continue;
        }
        let by_home = home_role(asker.role).is_some_and(|role| suffices(role, action))
            && reach_over(world, asker.account).accounts.contains(&link.partner);
        let by_grant = world.grants.iter().any(|grant| {
            grant.member == asker.member
                && counts(world, grant, at)
                && suffices(grant.role, action)
                && reach_of(world, grant).accounts.contains(&link.partner)
        });
        if by_home || by_grant {
            return true;
        }
    }
    false
}
