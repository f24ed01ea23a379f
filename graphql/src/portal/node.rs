//! Anything of the portal by its id: the prefix tells what it is.

use async_graphql::{Context, ID, Interface, Result};
use schemas::{AccountId, BundleId, LicenseId, MemberId, OfferingId, ProductId};

use crate::gate::{Gate, Reader, with_scope};
use crate::read;
use crate::types::account::Account;
use crate::types::catalog::{Bundle, Offering, Product};
use crate::types::device::Device;
use crate::types::holder::Member;
use crate::types::license::License;

/// Anything that has an id.
#[derive(Debug, Clone, Interface)]
#[graphql(field(
    name = "id",
    ty = "&ID",
    desc = "The id: a prefix that tells what it is, and 26 characters."
))]
pub enum Node {
    /// An account.
    Account(Account),
    /// A bundle.
    Bundle(Bundle),
    /// A device or domain.
    Device(Device),
    /// A license.
    License(Box<License>),
    /// A person of an account.
    Member(Member),
    /// An offering.
    Offering(Offering),
    /// A product.
    Product(Product),
}

/// Anything by its id; null when it is unknown or somebody else's.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn node(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
    let prefix = id.split_once('_').map_or("", |(prefix, _)| prefix);
    match prefix {
        LicenseId::PREFIX => {
            let Ok(license) = id.parse() else { return Ok(None) };
            let license = read::license(ctx, license, None, None).await?;
            Ok(license.map(|license| Node::License(Box::new(license))))
        }
        AccountId::PREFIX => Ok(account(gate, reader, id).map(Node::Account)),
        MemberId::PREFIX => {
            let member = id.parse().ok();
            Ok(member.and_then(|member| read::person(gate, reader, member)).map(Node::Member))
        }
        ProductId::PREFIX | OfferingId::PREFIX | BundleId::PREFIX => {
            Ok(published(gate, reader, id))
        }
        schemas::ActivationId::PREFIX => {
            read::device(gate, reader, id).map(|found| found.map(Node::Device))
        }
        _ => Ok(None),
    }
}

/// An account by its id.
#[must_use]
pub fn account(gate: &Gate, reader: Reader, id: &ID) -> Option<Account> {
    let account: AccountId = id.parse().ok()?;
    gate.projections.read(|views| {
        with_scope!(reader, |scope| views.account(scope, account).map(|row| Account::from(&**row)))
    })
}

fn published(gate: &Gate, reader: Reader, id: &ID) -> Option<Node> {
    let (product, offering, bundle) = (id.parse().ok(), id.parse().ok(), id.parse().ok());
    let row = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let by_product = product.and_then(|product| views.product(scope, product));
            let by_offering = offering.and_then(|one| views.product_of_offering(scope, one));
            let by_bundle = bundle.and_then(|bundle| views.product_of_bundle(scope, bundle));
            by_product.or(by_offering).or(by_bundle).cloned()
        })
    })?;
    let state = &row.state;
    if product.is_some() {
        Product::new(state).map(Node::Product)
    } else if let Some(offering) = offering {
        state.offering(offering).map(|offering| Node::Offering(offering.into()))
    } else {
        let bundle = state.bundle(bundle?)?;
        Some(Node::Bundle(Bundle::new(bundle, state)))
    }
}
