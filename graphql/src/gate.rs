//! What resolvers work with: the ledger to write, the views to read, and the scope of whoever asks.

use std::sync::Arc;

use async_graphql::{Context, Error, ID};
use ledger_log::Ledger;
use ledger_log::sealing::Sealing;
use projections::Projections;
use projections::scope::{Program, Scope, Session, TenantScope, VendorReader, VendorScope};
use schemas::{AccountId, Actor, MemberId, StaffId, Timestamp};
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::api_token::Environment;
use crate::error::{bad_input, coded};

/// The ledger and its views. The service makes one and both schemas share it.
#[derive(Clone)]
pub struct Gate {
    /// Where commands go.
    pub ledger: Ledger,
    /// Where reads come from.
    pub projections: Projections,
    /// What signs the ledger; `None`: nothing does.
    pub sealing: Option<Sealing>,
    /// What the ledger is for.
    pub environment: Environment,
    /// Whose turn it is, where a decision depends on several streams: whoever keeps out an operator or erases an account
    /// goes alone, whoever adds something to an account goes beside others. So what was looked at is still so.
    pub turn: Arc<RwLock<()>>,
}

impl Gate {
    /// The gate of this request.
    ///
    /// # Errors
    /// When the schema was built without one.
    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self, Error> {
        ctx.data::<Self>().map_err(|_| coded("INTERNAL", "the service is not ready"))
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.ledger.clock().now()
    }
}

/// The scope of whoever asks, of either door. It is made from the viewer of the door, and from
/// nothing else.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    /// A person of a customer.
    Tenant(TenantScope),
    /// The vendor.
    Vendor(VendorScope),
}

impl Reader {
    /// The reader of this request.
    ///
    /// # Errors
    /// When nobody signed in; the door does not let that happen.
    pub fn of(ctx: &Context<'_>) -> Result<Self, Error> {
        if let Some(viewer) = ctx.data_opt::<crate::portal::Viewer>() {
            return Ok(Self::Tenant(viewer.scope));
        }
        let viewer = ctx.data_opt::<crate::console::Viewer>();
        viewer
            .map(|viewer| Self::Vendor(viewer.scope))
            .ok_or_else(|| coded("UNAUTHENTICATED", "sign in first"))
    }

    /// Who acts, as the ledger records it.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        match self {
            Self::Tenant(scope) => scope.actor(),
            Self::Vendor(scope) => scope.actor(),
        }
    }

    /// The person of a customer who reads.
    #[must_use]
    pub const fn member(&self) -> Option<MemberId> {
        match self {
            Self::Tenant(scope) => Some(scope.member()),
            Self::Vendor(_) => None,
        }
    }

    /// The person of the vendor who reads.
    #[must_use]
    pub const fn staff(&self) -> Option<StaffId> {
        match self {
            Self::Tenant(_) => None,
            Self::Vendor(scope) => match scope.reader() {
                VendorReader::Staff(staff, _) => Some(staff),
                VendorReader::Operator => None,
            },
        }
    }

    /// The program that asks for that person, with a token of its own.
    #[must_use]
    pub fn program(&self) -> Option<Program> {
        with_scope!(*self, |scope| scope.program())
    }

    /// The session behind the request; `None` for programs and the command line.
    #[must_use]
    pub const fn session(&self) -> Option<Session> {
        match self {
            Self::Tenant(scope) => scope.session(),
            Self::Vendor(scope) => scope.session(),
        }
    }

    /// The first instant at which whatever was shown is no longer accepted.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let program = self.program().map(|program| program.expires_at);
        self.session().map(|session| session.expires_at).or(program)
    }

    /// The account that the reader belongs to.
    #[must_use]
    pub const fn home(&self) -> Option<AccountId> {
        match self {
            Self::Tenant(scope) => Some(scope.account()),
            Self::Vendor(_) => None,
        }
    }
}

/// Evaluates an expression with the scope of a reader: reads are written once for both doors.
macro_rules! with_scope {
    ($reader:expr, |$scope:ident| $body:expr) => {
        match $reader {
            $crate::gate::Reader::Tenant($scope) => {
                let $scope = &$scope;
                $body
            }
            $crate::gate::Reader::Vendor($scope) => {
                let $scope = &$scope;
                $body
            }
        }
    };
}

pub(crate) use with_scope;

/// The typed id that a caller gave.
///
/// # Errors
/// When it is not an id of this kind.
pub fn parse_id<T>(id: &ID, name: &str) -> Result<T, Error>
where
    T: std::str::FromStr<Err = schemas::id::ParseIdError>,
{
    id.parse().map_err(|error| bad_input(&format!("`{name}`: {error}")))
}

/// The key or code that a caller gave.
///
/// # Errors
/// When it is not one.
pub fn parse_key<T>(text: &str, name: &str) -> Result<T, Error>
where
    T: std::str::FromStr<Err = schemas::id::ParseKeyError>,
{
    text.parse().map_err(|error| bad_input(&format!("`{name}`: {error}")))
}

/// An id as a list key: its 16 bytes sort as its text does.
#[must_use]
pub fn key_uuid(key: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(key).ok()
}
