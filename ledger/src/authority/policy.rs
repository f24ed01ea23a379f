//! The policy: which role each action needs, and what people may do with what is their own. It is data, so that it can
//! be printed, hashed, and compared with what an event says it was recorded under.

use std::fmt;
use std::str::FromStr;

use schemas::Digest;
use schemas::access::TokenScope;
use schemas::account::{GrantedRole, PartnerRole};

/// What a role lets a person do. Each may also do what those before it may.
pub type Role = GrantedRole;

/// Whose things are somebody's own, beside any role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// Nothing.
    Nothing,
    /// What is the person: its sign-in, its sessions, its profile.
    Oneself,
    /// The account the person belongs to.
    Home,
    /// The licenses that serve the person.
    Served,
}

/// Who may do an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// The least role that may; `None`: none of a customer's.
    pub role: Option<Role>,
    /// What anybody may do it with.
    pub own: Own,
    /// Whether it changes nothing, so that people of the vendor who only read may do it too.
    pub reads: bool,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $role:expr, $own:ident, $reads:literal;)*) => {
        /// What somebody wants to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them, in the order of the policy.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its stable name, such as `seats.manage`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Who may do it.
            #[must_use]
            pub const fn needs(self) -> Needs {
                match self { $(Self::$name => Needs { role: $role, own: Own::$own, reads: $reads },)* }
            }
        }

        impl FromStr for Action {
            type Err = UnknownAction;

            fn from_str(text: &str) -> Result<Self, UnknownAction> {
                match text {
                    $($id => Ok(Self::$name),)*
                    _ => Err(UnknownAction),
                }
            }
        }
    };
}

/// The text names no action of this policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no action of the policy has this name")]
pub struct UnknownAction;

actions! {
    /// Know that an account is there, and its name.
    SeeAccount = "account.see", Some(Role::Auditor), Home, true;
    /// Read everything of an account: people, licenses, history.
    SeeWholeAccount = "account.see_all", Some(Role::Auditor), Nothing, true;
    /// Know who a person is.
    SeePerson = "person.see", Some(Role::Auditor), Oneself, true;
    /// Know a license and what it grants.
    SeeLicense = "license.see", Some(Role::Auditor), Served, true;
    /// Read everything of a license: who sits on it, everybody's devices, its history.
    SeeWholeLicense = "license.see_all", Some(Role::Auditor), Nothing, true;
    /// Activate and free one's own devices.
    UseDevices = "devices.use", Some(Role::LicenseManager), Served, false;
    /// Activate, free and retire anybody's devices, and domains.
    ManageDevices = "devices.manage", Some(Role::LicenseManager), Nothing, false;
    /// Give and take seats.
    ManageSeats = "seats.manage", Some(Role::LicenseManager), Nothing, false;
    /// Say how many seats are for one account below, or for a customer whom the license's owner sells to.
    AllocateSeats = "seats.allocate", Some(Role::LicenseManager), Nothing, false;
    /// Add and remove bundles that the vendor published for self-service.
    ManageBundles = "bundles.manage", Some(Role::Admin), Nothing, false;
    /// Be shown a license key in the clear.
    RevealKey = "key.reveal", Some(Role::Admin), Nothing, false;
    /// Add people without a role, keep people out, erase their data.
    ManagePeople = "people.manage", Some(Role::Admin), Nothing, false;
    /// Say which partners act for the account.
    ManagePartners = "partners.manage", Some(Role::Admin), Nothing, false;
    /// Say which role people have by themselves.
    SetRoles = "people.set_roles", Some(Role::Admin), Nothing, false;
    /// Make links for passwords, remove second factors, demand them.
    ManageSignIn = "sign_in.manage", Some(Role::Admin), Nothing, false;
    /// Let somebody else read.
    GrantAuditor = "roles.grant_auditor", Some(Role::LicenseManager), Nothing, false;
    /// Let somebody else manage licenses.
    GrantLicenseManager = "roles.grant_license_manager", Some(Role::LicenseManager), Nothing, false;
    /// Let somebody else manage everything.
    GrantAdmin = "roles.grant_admin", Some(Role::Admin), Nothing, false;
    /// Sign in, end one's own sessions, change what one signs in with.
    BeOneself = "oneself", None, Oneself, true;
    /// Count what was used of a metered feature.
    RecordUsage = "usage.record", None, Nothing, false;
    /// Everything that is the vendor's: the catalog, customers, issuing.
    Operate = "vendor.operate", None, Nothing, false;
}

impl Action {
    /// Giving this role.
    #[must_use]
    pub const fn grant(role: Role) -> Self {
        match role {
            Role::Auditor => Self::GrantAuditor,
            Role::LicenseManager => Self::GrantLicenseManager,
            Role::Admin => Self::GrantAdmin,
        }
    }

    /// Whether a role that was granted is enough. A role of one's own has no end, so only who has one sets them.
    #[must_use]
    pub const fn by_grant(self) -> bool {
        !matches!(self, Self::SetRoles)
    }

    /// The least that a partner must be for it; `None`: no partner does it. Whom a customer lets in, and what its people
    /// see in the clear, is never a partner's.
    #[must_use]
    pub const fn by_partner(self) -> Option<PartnerRole> {
        match self {
            Self::SeeAccount | Self::SeeLicense => Some(PartnerRole::LicenseViewer),
            Self::SeeWholeAccount | Self::SeePerson | Self::SeeWholeLicense => {
                Some(PartnerRole::Auditor)
            }
            Self::UseDevices | Self::ManageDevices | Self::ManageSeats => {
                Some(PartnerRole::LicenseManager)
            }
            Self::AllocateSeats
            | Self::ManageBundles
            | Self::RevealKey
            | Self::ManagePeople
            | Self::ManagePartners
            | Self::SetRoles
            | Self::ManageSignIn
            | Self::GrantAuditor
            | Self::GrantLicenseManager
            | Self::GrantAdmin
            | Self::BeOneself
            | Self::RecordUsage
            | Self::Operate => None,
        }
    }

    /// Whether software that shows the key of a license does it with that license.
    #[must_use]
    pub const fn by_key(self) -> bool {
        matches!(self, Self::SeeLicense | Self::UseDevices | Self::RecordUsage)
    }

    /// Whether it is giving a role.
    #[must_use]
    pub const fn is_grant(self) -> bool {
        matches!(self, Self::GrantAuditor | Self::GrantLicenseManager | Self::GrantAdmin)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The stable name of a role.
#[must_use]
pub const fn role_id(role: Role) -> &'static str {
    match role {
        Role::Auditor => "auditor",
        Role::LicenseManager => "license_manager",
        Role::Admin => "admin",
    }
}

const fn scope_id(scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Read => "read",
        TokenScope::Licenses => "licenses",
        TokenScope::People => "people",
        TokenScope::Operate => "operate",
    }
}

/// How many grants may stem from one another: the first, and two after it.
pub const CHAIN_MAX: usize = 3;

/// What the lines of the actions do not say.
const EXCEPTIONS: &str = "\
    by grant not about who has a role, also one that rests: people.manage sign_in.manage\n\
    by home not about who has a grant outside of it, also one that rests: sign_in.manage\n\
    a grant is ended by who has it and who may give it, by grant only what stems from that one\n\
    own not by home auditors: writes\n\
    one license also: account.see of its owner, person.see of its owner's people and of whom it serves\n\
    a partner by the role that is had over the partner, as far as the link says\n\
    seats of an account also: license.see and seats.manage by who reaches the account, seats.allocate below it\n";

/// The policy in one spelling, one line for each action; what its digest is of.
#[must_use]
pub fn policy_text() -> String {
    let mut text = format!("deedbook access policy 4\nchain {CHAIN_MAX}\n{EXCEPTIONS}");
    for action in Action::ALL {
        let Needs { role, own, reads } = action.needs();
        let role = role.map_or("nobody", role_id);
        let own = match own {
            Own::Nothing => "nothing",
            Own::Oneself => "oneself",
            Own::Home => "home",
            Own::Served => "served",
        };
        let kind = if reads { "reads" } else { "writes" };
        let by = if action.by_grant() { "home,grant" } else { "home" };
        let partner = match action.by_partner() {
            None => "none",
            Some(PartnerRole::LicenseViewer) => "license_viewer",
            Some(PartnerRole::Auditor) => "auditor",
            Some(PartnerRole::LicenseManager) => "license_manager",
        };
        let token = action.scope().map_or("none", scope_id);
        let key = if action.by_key() { "own" } else { "none" };
        text.push_str(&format!(
            "{action} role={role} by={by} own={own} partner={partner} token={token} key={key} \
             {kind}\n"
        ));
    }
    text
}

/// The digest of the policy that this program decides by. It is recorded with each fact.
#[must_use]
pub fn policy_digest() -> Digest {
    Digest(*blake3::hash(policy_text().as_bytes()).as_bytes())
}
