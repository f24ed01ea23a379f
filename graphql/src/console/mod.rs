//! The vendor console: the catalog, every customer, every license, the whole history. Operators
//! act, auditors read.

mod find;
mod mutation;
mod query;
pub mod staff;
mod subscription;
mod viewer;

use std::sync::Arc;

use async_graphql::{Schema, SchemaBuilder};
use projections::scope::VendorScope;

use crate::door::{Door, Gatekeeper};
use crate::gate::Gate;
use crate::limits::Limits;

pub use mutation::Mutation;
pub use query::Query;
pub use subscription::Subscription;

/// Who came through the vendor's door.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// What the person may read.
    pub scope: VendorScope,
}

fn schema(gate: Option<&Gate>) -> SchemaBuilder<Query, Mutation, Subscription> {
    let builder = Schema::build(Query, Mutation::default(), Subscription);
    match gate {
        Some(gate) => builder.data(gate.clone()),
        None => builder,
    }
}

/// The vendor's door.
#[must_use]
pub fn door(
    gate: &Gate,
    limits: Limits,
    gatekeeper: Arc<dyn Gatekeeper<Viewer>>,
) -> Arc<Door<Viewer>> {
    Door::new(|| schema(Some(gate)), limits, gatekeeper)
}

/// The published schema of the vendor's door.
#[must_use]
pub fn sdl() -> String {
    crate::sdl::print(&schema(None).finish().sdl())
}
