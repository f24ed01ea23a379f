//! What a program may do that shows a token of its own: what the person who made it may do at that moment, and of that
//! only what the token's scopes name. Scopes only take away.

use schemas::access::TokenScope;

use super::Action;

/// The scopes of a token. Every one lets see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scopes {
    licenses: bool,
    people: bool,
    operate: bool,
}

impl Scopes {
    /// These scopes.
    #[must_use]
    pub fn of(scopes: &[TokenScope]) -> Self {
        let has = |scope| scopes.contains(&scope);
        Self {
            licenses: has(TokenScope::Licenses),
            people: has(TokenScope::People),
            operate: has(TokenScope::Operate),
        }
    }

    /// Whether they let a program do this at all.
    #[must_use]
    pub const fn allow(self, action: Action) -> bool {
        match action.scope() {
            Some(TokenScope::Read) => true,
            Some(TokenScope::Licenses) => self.licenses,
            Some(TokenScope::People) => self.people,
            Some(TokenScope::Operate) => self.operate,
            None => false,
        }
    }
}

impl Action {
    /// The scope by which a program may do it; `None`: no program may, a person does that. What lets somebody in, gives
    /// more rights or shows a key stays with people, so that a token that was stolen makes no other way in.
    #[must_use]
    pub const fn scope(self) -> Option<TokenScope> {
        match self {
            Self::SeeAccount
            | Self::SeeWholeAccount
            | Self::SeePerson
            | Self::SeeLicense
            | Self::SeeWholeLicense => Some(TokenScope::Read),
            Self::UseDevices
            | Self::ManageDevices
            | Self::ManageSeats
            | Self::AllocateSeats
            | Self::ManageBundles => Some(TokenScope::Licenses),
            Self::ManagePeople => Some(TokenScope::People),
            Self::RecordUsage | Self::Operate => Some(TokenScope::Operate),
            Self::RevealKey
            | Self::ManagePartners
            | Self::SetRoles
            | Self::ManageSignIn
            | Self::GrantAuditor
            | Self::GrantLicenseManager
            | Self::GrantAdmin
            | Self::BeOneself => None,
        }
    }
}
