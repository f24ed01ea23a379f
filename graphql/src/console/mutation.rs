//! What the vendor does. Operators only: an auditor is refused, and the attempt is recorded.

mod catalog;
mod contracts;
mod licenses;
mod people;

use async_graphql::MergedObject;

use catalog::CatalogMutation;
use contracts::ContractMutation;
use licenses::LicenseMutation;
use people::PeopleMutation;

/// What the vendor may do. Every mutation may be repeated at will with the same `commandId`: it is
/// done once.
#[derive(Debug, Clone, Copy, Default, MergedObject)]
pub struct Mutation(CatalogMutation, LicenseMutation, PeopleMutation, ContractMutation);
