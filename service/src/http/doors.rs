//! `/graphql` of each side: the schemas' doors with the service's keepers. A door reads the bearer token by
//! itself; nobody is admitted in front of it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::future::BoxFuture;
use graphql::door::{Denial, Gatekeeper, Pass};
use graphql::vain::Vain;
use graphql::{Gate, Limits, console, portal};
use projections::{Changes, Principal, VendorReader};
use schemas::access::Audience;
use uuid::Uuid;

use super::observe::name;
use super::sign_in::person;
use super::{Side, scim};
use crate::auth::Auth;
use crate::auth::vain::Asked;
use crate::budgets::Purpose;
use crate::engine::Engine;

const GRAPHQL: &str = "/graphql";

/// Who passes at one side.
struct Keeper {
    auth: Auth,
    engine: Engine,
}

impl Gatekeeper<portal::Viewer> for Keeper {
    fn admit<'a>(
        &'a self,
        bearer: &'a str,
        from: Option<IpAddr>,
    ) -> BoxFuture<'a, Result<Pass<portal::Viewer>, Denial>> {
        let pass = match self.auth.portal_from(bearer, from) {
            None => Err(Denial::Unknown),
            Some(scope) if scope.second_factor_missing() => Err(Denial::SecondFactorMissing),
            Some(scope) => {
                let principal = scope.member().uuid();
                Ok(Pass { viewer: portal::Viewer { scope }, principal, from })
            }
        };
        Box::pin(std::future::ready(pass))
    }

    fn charge(&self, pass: &Pass<portal::Viewer>, cost: u64) -> Result<(), Duration> {
        self.auth.charge_portal(Purpose::Management, &pass.viewer.scope, pass.from, cost)
    }

    fn in_vain(&self, pass: &Pass<portal::Viewer>, vain: Vain) {
        let who = Some(person(Principal::Member(pass.viewer.scope.member())));
        let listener = name(Audience::Portal);
        self.auth.asked_in_vain(Asked { listener, what: GRAPHQL, from: pass.from, who }, vain);
    }

    fn changes(&self) -> Changes {
        self.engine.projections().changes()
    }
}

impl Gatekeeper<console::Viewer> for Keeper {
    fn admit<'a>(
        &'a self,
        bearer: &'a str,
        from: Option<IpAddr>,
    ) -> BoxFuture<'a, Result<Pass<console::Viewer>, Denial>> {
        let scope = self.auth.console_from(bearer, from);
        let pass = match scope {
            None => Err(Denial::Unknown),
            Some(scope) if self.auth.lacks_second_factor(&scope) => {
                Err(Denial::SecondFactorMissing)
            }
            Some(scope) => {
                let principal = match scope.reader() {
                    VendorReader::Staff(staff, _) => staff.uuid(),
                    VendorReader::Operator => Uuid::nil(),
                };
                Ok(Pass { viewer: console::Viewer { scope }, principal, from })
            }
        };
        Box::pin(std::future::ready(pass))
    }

    fn charge(&self, pass: &Pass<console::Viewer>, cost: u64) -> Result<(), Duration> {
        self.auth.charge_console(Purpose::Management, &pass.viewer.scope, pass.from, cost)
    }

    fn in_vain(&self, pass: &Pass<console::Viewer>, vain: Vain) {
        let who = super::staff_of(&pass.viewer.scope).map(person);
        let listener = name(Audience::Console);
        self.auth.asked_in_vain(Asked { listener, what: GRAPHQL, from: pass.from, who }, vain);
    }

    fn changes(&self) -> Changes {
        self.engine.projections().changes()
    }
}

/// The limits of a side.
fn limits(side: &Side) -> Limits {
    let limits = match side.audience {
        Audience::Portal => Limits::portal(),
        Audience::Console => Limits::console(),
    };
    limits.with_introspection(side.introspection)
}

/// What the doors of this side lead to.
fn gate(side: &Side) -> Gate {
    let ledger = side.engine.ledger().clone();
    let projections = side.engine.projections().clone();
    let (sealing, environment) = (side.engine.sealing().cloned(), side.environment);
    Gate { ledger, projections, sealing, environment, turn: Arc::default() }
}

/// `/graphql` of this side, and what else goes through its door.
pub fn router(side: &Side) -> Router {
    let keeper = Arc::new(Keeper { auth: side.auth.clone(), engine: side.engine.clone() });
    let (gate, limits) = (gate(side), limits(side));
    tracing::info!(side = super::observe::name(side.audience), %limits, "GraphQL limits");
    match side.audience {
        Audience::Portal => {
            let door = portal::door(&gate, limits, keeper);
            let scim = scim::router(side.clone(), gate, Arc::clone(&door));
            graphql::http::router(door).merge(scim)
        }
        Audience::Console => graphql::http::router(console::door(&gate, limits, keeper)),
    }
}
