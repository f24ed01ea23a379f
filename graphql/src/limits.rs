//! Every bound on what one request, one connection or one principal may ask for, in one place.

use std::fmt;
use std::time::Duration;

/// The most rows a page of a list may have.
pub const PAGE_ROWS_MAX: usize = 100;
/// How many rows a page has when the query does not say.
pub const PAGE_ROWS_DEFAULT: usize = 25;
/// What a list without pages is weighted with: such lists are short by nature (sources of a value,
/// members of a seat).
pub const SHORT_LIST_WEIGHT: usize = 5;

/// The bounds of one door. They are printed when the service starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest request body and the longest WebSocket message, in bytes.
    pub body_bytes_max: usize,
    /// How long the body may take to arrive.
    pub body_time_max: Duration,
    /// The most tokens in a document; counted before it is parsed.
    pub tokens_max: usize,
    /// The deepest nesting of brackets in a document; counted before it is parsed.
    pub brackets_depth_max: usize,
    /// The deepest nesting of fields.
    pub depth_max: usize,
    /// The largest cost: one for each field, times the rows of the lists around it.
    pub complexity_max: usize,
    /// The most aliases in a document.
    pub aliases_max: usize,
    /// The most fields at the root of an operation.
    pub root_fields_max: usize,
    /// The most directives on one field.
    pub directives_max: usize,
    /// Whether clients may read the schema from the service. The published SDL is always there.
    pub introspection: bool,
    /// How long one operation may take.
    pub operation_time_max: Duration,
    /// How many parsed documents are kept.
    pub documents_max: usize,
    /// How many operations one principal may be subscribed to.
    pub subscriptions_per_principal_max: usize,
    /// How many WebSocket connections the door holds open.
    pub connections_max: usize,
    /// How often an open connection's credentials are looked at again, beside each change of the
    /// ledger.
    pub recheck_every: Duration,
    /// The root fields that must stand alone in their operation, so that one request is one try, or one
    /// act for which the caller showed who it is.
    pub alone: &'static [&'static str],
}

impl Limits {
    /// The bounds of the customer portal.
    #[must_use]
    pub const fn portal() -> Self {
        Self {
            body_bytes_max: 64 * 1024,
            body_time_max: Duration::from_secs(10),
            tokens_max: 2_000,
            brackets_depth_max: 48,
            depth_max: 8,
            complexity_max: 1_000,
            aliases_max: 30,
            root_fields_max: 10,
            directives_max: 5,
            introspection: false,
            operation_time_max: Duration::from_secs(5),
            documents_max: 1_024,
            subscriptions_per_principal_max: 20,
            connections_max: 1_024,
            recheck_every: Duration::from_secs(60),
            alone: &[
                "accountConnectIdentityProvider",
                "accountDemandSecondFactor",
                "accountDisconnectIdentityProvider",
                "accountErase",
                "accountPromote",
                "accountRequireSingleSignOn",
                "apiTokenCreate",
                "deviceActivate",
                "domainActivate",
                "legalHoldLift",
                "licenseRevealKey",
                "memberAdd",
                "memberChangeProfile",
                "memberChangeRole",
                "memberErase",
                "memberRemoveSecondFactor",
                "memberUnlinkIdentity",
                "passwordLinkMake",
                "roleGrant",
                "sessionEnd",
                "staffAdd",
                "staffErase",
                "staffRestore",
                "staffSuspend",
            ],
        }
    }

    /// The bounds of the vendor console: as the portal's, a little deeper.
    #[must_use]
    pub const fn console() -> Self {
        Self { depth_max: 12, ..Self::portal() }
    }

    /// The same bounds, with the schema readable or not.
    #[must_use]
    pub const fn with_introspection(mut self, allowed: bool) -> Self {
        self.introspection = allowed;
        self
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "body {} bytes, {} tokens, depth {}, complexity {}, aliases {}, root fields {}, \
             directives {} a field, {} s an operation, page {} rows, introspection {}, \
             {} subscriptions a principal, {} connections",
            self.body_bytes_max,
            self.tokens_max,
            self.depth_max,
            self.complexity_max,
            self.aliases_max,
            self.root_fields_max,
            self.directives_max,
            self.operation_time_max.as_secs(),
            PAGE_ROWS_MAX,
            if self.introspection { "on" } else { "off" },
            self.subscriptions_per_principal_max,
            self.connections_max,
        )
    }
}
