//! What the vendor sells.

use async_graphql::{Context, Object, Result};

use crate::act::catalog::{
    self, BundlePublishInput, BundlePublishPayload, EditionPublishInput, EditionPublishPayload,
    FeatureDefineInput, FeatureDefinePayload, OfferingPublishInput, OfferingPublishPayload,
    PlanPublishInput, PlanPublishPayload, ProductPublishInput, ProductPublishPayload,
    ReleasePublishInput, ReleasePublishPayload,
};

/// What the vendor sells.
#[derive(Debug, Clone, Copy, Default)]
pub struct CatalogMutation;

#[Object]
impl CatalogMutation {
    /// Publishes a product. Its code names it for ever.
    async fn product_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ProductPublishInput,
    ) -> Result<Option<ProductPublishPayload>> {
        ProductPublishPayload::answer(ctx, catalog::publish_product(ctx, input).await)
    }

    /// Defines a feature of a product. Its type never changes.
    async fn feature_define(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: FeatureDefineInput,
    ) -> Result<Option<FeatureDefinePayload>> {
        FeatureDefinePayload::answer(ctx, catalog::define_feature(ctx, input).await)
    }

    /// Publishes the next version of an edition.
    async fn edition_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: EditionPublishInput,
    ) -> Result<Option<EditionPublishPayload>> {
        EditionPublishPayload::answer(ctx, catalog::publish_edition(ctx, input).await)
    }

    /// Publishes the next version of a plan.
    async fn plan_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: PlanPublishInput,
    ) -> Result<Option<PlanPublishPayload>> {
        PlanPublishPayload::answer(ctx, catalog::publish_plan(ctx, input).await)
    }

    /// Publishes the next version of an offering.
    async fn offering_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: OfferingPublishInput,
    ) -> Result<Option<OfferingPublishPayload>> {
        OfferingPublishPayload::answer(ctx, catalog::publish_offering(ctx, input).await)
    }

    /// Publishes the next version of a bundle.
    async fn bundle_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: BundlePublishInput,
    ) -> Result<Option<BundlePublishPayload>> {
        BundlePublishPayload::answer(ctx, catalog::publish_bundle(ctx, input).await)
    }

    /// Publishes a release of the software.
    async fn release_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] input: ReleasePublishInput,
    ) -> Result<Option<ReleasePublishPayload>> {
        ReleasePublishPayload::answer(ctx, catalog::publish_release(ctx, input).await)
    }
}
