//! What a customer is told of as it happens.

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::Stream;
use schemas::{AccountId, LicenseId};

use crate::error::coded;
use crate::gate::{Gate, Reader, parse_id, with_scope};
use crate::watch::{self, AccountChange, LicenseChange};

/// What the caller is told of as it happens, once every answer knows it.
#[derive(Debug, Clone, Copy)]
pub struct Subscription;

/// What the caller is told of as it happens, once every answer knows it.
#[Subscription]
impl Subscription {
    /// Each change of a license.
    async fn license_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] license_id: ID,
    ) -> Result<impl Stream<Item = LicenseChange> + use<>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let license = parse_id::<LicenseId>(&license_id, "licenseId")?;
        let visible = gate
            .projections
            .read(|views| with_scope!(reader, |scope| views.license(scope, license).is_some()));
        if !visible {
            return Err(coded("NOT_FOUND", "there is no such license here"));
        }
        Ok(watch::license(gate.clone(), reader, license))
    }

    /// Each change of the caller's account and the accounts below it, as far as the caller may see
    /// it.
    async fn account_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this account.")] account_id: Option<ID>,
    ) -> Result<impl Stream<Item = AccountChange> + use<>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let account = account_id.map(|id| parse_id::<AccountId>(&id, "accountId")).transpose()?;
        Ok(watch::account(gate.clone(), reader, account))
    }
}
