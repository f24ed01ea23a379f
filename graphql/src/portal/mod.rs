//! The customer portal: what an account may see and do. No type of the vendor's is reachable from
//! here.

mod mutation;
pub(crate) mod node;
mod query;
mod subscription;

use std::sync::Arc;

use async_graphql::{Schema, SchemaBuilder};
use projections::scope::TenantScope;

use crate::door::{Door, Gatekeeper};
use crate::gate::Gate;
use crate::limits::Limits;

pub use mutation::Mutation;
pub use node::{Node, node};
pub use query::Query;
pub(crate) use query::wanted;
pub use subscription::Subscription;

/// Who came through the customers' door.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// What the person may read.
    pub scope: TenantScope,
}

fn schema(gate: Option<&Gate>) -> SchemaBuilder<Query, Mutation, Subscription> {
    let builder = Schema::build(Query, Mutation, Subscription);
    match gate {
        Some(gate) => builder.data(gate.clone()),
        None => builder,
    }
}

/// The customers' door.
#[must_use]
pub fn door(
    gate: &Gate,
    limits: Limits,
    gatekeeper: Arc<dyn Gatekeeper<Viewer>>,
) -> Arc<Door<Viewer>> {
    Door::new(|| schema(Some(gate)), limits, gatekeeper)
}

/// The published schema of the customers' door.
#[must_use]
pub fn sdl() -> String {
    crate::sdl::print(&schema(None).finish().sdl())
}
