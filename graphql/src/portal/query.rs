//! What a customer reads.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use schemas::{AccountId, LicenseId, ProductId};

use super::Viewer;
use super::node::{self, Node};
use crate::ask::{self, ChangePreview, Learned, LicenseChangeInput};
use crate::error::bad_input;
use crate::gate::{Gate, Reader, parse_id, with_scope};
use crate::history;
use crate::read::{self, AsOfInput, DeviceFilter, LicenseWanted, moment};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::account::Account;
use crate::types::api_token::{self, ApiToken};
use crate::types::catalog::Product;
use crate::types::dashboard::Dashboard;
use crate::types::decision::CheckInput;
use crate::types::device::{BindingKind, DeviceConnection, DeviceStatus};
use crate::types::entitlement::{ProductEntitlements, SeatCounts};
use crate::types::history::{HistoryConnection, HistoryEntry};
use crate::types::holder::Member;
use crate::types::license::License;
use crate::types::lists::{LicenseConnection, ProductConnection};
use crate::types::notification::{NotificationChoices, NotificationConnection};
use crate::types::role::RoleGrant;
use crate::types::session::{Passkey, Preferences, SecondFactor, Session, SignIn, sessions};
use crate::types::status::LicenseStatus;
use crate::types::told::Told;

/// Who signed in.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct SignedIn {
    /// The person.
    pub member: Option<Member>,
    /// The account the person belongs to.
    pub account: Option<Account>,
    /// When the sign-in ends; null when it has no end of its own.
    pub expires_at: Option<DateTime>,
    /// When the password was set; null when there is none.
    pub password_set_at: Option<DateTime>,
    /// The second factor; null when none is set up.
    pub second_factor: Option<SecondFactor>,
    /// The passkeys with which the caller may sign in, the oldest first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub passkeys: Vec<Passkey>,
    /// How the caller wants pages to look; null: as the browser has it.
    pub preferences: Option<Preferences>,
    /// Where the caller is signed in, the newest 100 first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub sessions: Vec<Session>,
    /// The tokens with which programs act for the caller: those that are accepted, the newest first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub api_tokens: Vec<ApiToken>,
    /// What the caller may do beside its own role: what is not over, at most 100.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub grants: Vec<RoleGrant>,
    /// The accounts that the caller reads everything of, each with those below it: not those that are below another one.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub accounts: Vec<Account>,
    /// The newest place in the ledger that answers know.
    pub position: Option<LedgerPosition>,
}

#[ComplexObject]
impl SignedIn {
    /// What the caller was told without asking, the newest first: the newest 500, and all of the last ten days.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<NotificationConnection> {
        let scope = ctx.data::<Viewer>()?.scope;
        read::notices::notifications(Gate::of(ctx)?, &scope, first, after.as_deref())
    }

    /// How many of them the caller has not seen.
    async fn unread_notifications(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(read::notices::unread(Gate::of(ctx)?, &ctx.data::<Viewer>()?.scope))
    }

    /// What the caller wants to be told, how and when.
    async fn notification_choices(&self, ctx: &Context<'_>) -> Result<NotificationChoices> {
        Ok(read::notices::choices(Gate::of(ctx)?, &ctx.data::<Viewer>()?.scope))
    }

    /// When the caller came in during the last 90 days, the newest 100 first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn sign_ins(&self, ctx: &Context<'_>) -> Result<Vec<SignIn>> {
        let gate = Gate::of(ctx)?;
        let scope = ctx.data::<Viewer>()?.scope;
        let own = gate.projections.read(|views| views.own_credentials(&scope).cloned());
        match own {
            Some(own) => read::sign_ins::sign_ins(gate, &own).await,
            None => Ok(Vec::new()),
        }
    }
}

/// What the caller may read: everything of the account and its sub-accounts for an admin or
/// auditor, what was assigned to the person for a member.
#[derive(Debug, Clone, Copy)]
pub struct Query;

/// What the caller may read: everything of the account and its sub-accounts for an admin or
/// auditor, what was assigned to the person for a member.
#[Object]
impl Query {
    /// Who signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<SignedIn> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let scope = ctx.data::<Viewer>()?.scope;
        let id = ID::from(scope.account().to_string());
        let own = gate.projections.read(|views| views.own_credentials(&scope).cloned());
        let own = own.as_deref();
        Ok(SignedIn {
            password_set_at: own.and_then(|own| own.password_set_at).map(Into::into),
            second_factor: own.and_then(SecondFactor::of),
            passkeys: own.map(Passkey::all_of).unwrap_or_default(),
            preferences: own.and_then(|own| own.preferences()).map(Preferences::of),
            sessions: own
                .map(|own| sessions(&own.tokens, scope.session(), gate.now()))
                .unwrap_or_default(),
            api_tokens: api_token::own(gate, Reader::of(ctx)?, own),
            member: read::person(gate, reader, scope.member()),
            account: node::account(gate, reader, &id),
            grants: read::grants_of(gate, reader, scope.member()),
            accounts: gate.projections.read(|views| {
                let roots = views.reach(&scope).accounts.into_iter();
                let rows = roots.filter_map(|root| views.account(&scope, root));
                rows.map(|row| Account::from(&**row)).collect()
            }),
            expires_at: Reader::of(ctx)?.expires_at().map(Into::into),
            position: gate.projections.position().map(LedgerPosition),
        })
    }

    /// Anything by its id; null when it is unknown or somebody else's.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id; its prefix tells what it is.")] id: ID,
    ) -> Result<Option<Node>> {
        node::node(ctx, &id).await
    }

    /// Several things by their ids, in the same order; null for each that is unknown or somebody
    /// else's.
    #[graphql(
        complexity = "crate::page::page_weight(i32::try_from(ids.len()).ok(), child_complexity)?"
    )]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids: 1 to 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(node::node(ctx, id).await?);
        }
        Ok(found)
    }

    /// An account; the caller's own when no id is given.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; else the caller's own.")] id: Option<ID>,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Option<Account>> {
        let own = ctx.data::<Viewer>()?.scope.account();
        let account = id.map_or(Ok(own), |id| parse_id::<AccountId>(&id, "id"))?;
        read::account(ctx, account, as_of, at_least.as_deref()).await
    }

    /// Every license the caller may see, by pages: also those that are over.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    #[expect(clippy::too_many_arguments, reason = "a list has as many filters as it has")]
    async fn licenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only those that stand so.")] status: Option<Vec<LicenseStatus>>,
        #[graphql(desc = "Only those of this product.")] product: Option<ID>,
        #[graphql(desc = "Only those of this account and the accounts below it.")] account: Option<
            ID,
        >,
        #[graphql(
            desc = "Only those that a search finds: key, its end, number, product, account, person, device or domain."
        )]
        text: Option<String>,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<LicenseConnection> {
        let wanted = wanted(account.as_ref(), product.as_ref(), status, text)?;
        read::licenses(ctx, wanted, first, after.as_deref(), as_of, at_least.as_deref()).await
    }

    /// A license; null when it is unknown or somebody else's.
    async fn license(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: ID,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Option<License>> {
        let license = parse_id::<LicenseId>(&id, "id")?;
        read::license(ctx, license, as_of, at_least.as_deref()).await
    }

    /// What the caller's licenses give, by product and module: value, source, usage, limit, and
    /// why.
    #[graphql(complexity = "crate::page::group_weight(child_complexity)")]
    async fn entitlements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this product.")] product: Option<ID>,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Vec<ProductEntitlements>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let moment = moment(gate, as_of, at_least.as_deref()).await?;
        let wanted = wanted(None, product.as_ref(), None, None)?;
        Ok(read::entitlements(&read::every_license(gate, reader, &wanted, moment).await?))
    }

    /// The seats of all the caller's licenses together.
    async fn seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this product.")] product: Option<ID>,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<SeatCounts> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let moment = moment(gate, as_of, at_least.as_deref()).await?;
        let wanted = wanted(None, product.as_ref(), None, None)?;
        let rows = read::every_license(gate, reader, &wanted, moment).await?;
        Ok(read::seats(gate, reader, None, &rows))
    }

    /// The devices and domains that are or were bound to the caller's licenses, by pages.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only devices, or only domains.")] kind: Option<BindingKind>,
        #[graphql(desc = "Only those that stand so.")] status: Option<Vec<DeviceStatus>>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<DeviceConnection> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let moment = moment(gate, None, at_least.as_deref()).await?;
        let rows = read::every_license(gate, reader, &LicenseWanted::default(), moment).await?;
        let wanted = DeviceFilter { kind, status };
        read::devices_of(gate, reader, &rows, &wanted, first, after.as_deref())
    }

    /// May it be used, and why. Asking uses nothing up. Null when the license is unknown or
    /// somebody else's.
    async fn check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.")] input: CheckInput,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Option<Told>> {
        ask::check(ctx, &input, as_of, at_least.as_deref()).await
    }

    /// Why a license does not work: every check that applies, those that pass too, and what to do
    /// about each that fails. The evaluator itself answers; nothing is recorded. Null when the
    /// license is unknown or somebody else's.
    async fn diagnose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.")] input: CheckInput,
        #[graphql(desc = "For this past instant, with what is known now; else for now.")]
        at: Option<DateTime>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Option<Told>> {
        let as_of = at.map(|at| AsOfInput { at: Some(at), ..AsOfInput::default() });
        ask::check(ctx, &input, as_of, at_least.as_deref()).await
    }

    /// Two looks at the same past instant with different knowledge, and the facts that make the
    /// difference.
    async fn learned(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.")] input: CheckInput,
        #[graphql(desc = "The instant that is asked about.")] at: DateTime,
        #[graphql(desc = "With what was known at this instant.")] known_at: DateTime,
        #[graphql(desc = "Compared with what was known at this one; else with what is known now.")]
        compared_with: Option<DateTime>,
    ) -> Result<Option<Learned>> {
        ask::learned(ctx, &input, at, known_at, compared_with).await
    }

    /// What a change of a license would bring, before and after, feature by feature. Nothing is
    /// recorded.
    async fn license_change_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: LicenseChangeInput,
    ) -> Result<Option<ChangePreview>> {
        ask::preview(ctx, &input).await
    }

    /// Everything that was recorded about the caller's account and its licenses, newest first, in
    /// plain words.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only facts about this license.")] license: Option<ID>,
        #[graphql(desc = "Of this account; else the caller's own.")] account: Option<ID>,
        #[graphql(desc = "Also of the accounts below it.", default)] sub_accounts: bool,
    ) -> Result<HistoryConnection> {
        match (license, account) {
            (Some(_), Some(_)) => Err(bad_input("give either `license` or `account`")),
            (Some(license), None) => {
                let license = parse_id::<LicenseId>(&license, "license")?;
                history::of_license(ctx, license, first, after.as_deref()).await
            }
            (None, account) => {
                let own = ctx.data::<Viewer>()?.scope.account();
                let account =
                    account.map_or(Ok(own), |id| parse_id::<AccountId>(&id, "account"))?;
                if sub_accounts {
                    history::of_tree(ctx, account, first, after.as_deref()).await
                } else {
                    history::of_account(ctx, account, first, after.as_deref()).await
                }
            }
        }
    }

    /// What people changed lately in an account and the accounts below it, newest first: without sign-ins,
    /// usage and devices that call home, which `history` tells too.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Of this account; else of all that the caller reads everything of.")]
        account: Option<ID>,
    ) -> Result<Vec<HistoryEntry>> {
        let account = account.map(|id| parse_id::<AccountId>(&id, "account")).transpose()?;
        history::changes(ctx, account, first).await
    }

    /// Numbers at a glance: licenses by status, seats, devices.
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only licenses of this product.")] product: Option<ID>,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Dashboard> {
        let wanted = wanted(None, product.as_ref(), None, None)?;
        read::dashboard(ctx, &wanted, as_of, at_least.as_deref()).await
    }

    /// The products that can be bought, by pages.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<ProductConnection> {
        read::products(ctx, first, after.as_deref())
    }

    /// A product; null when it is unknown.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: ID,
    ) -> Result<Option<Product>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let product = parse_id::<ProductId>(&id, "id")?;
        let row = gate
            .projections
            .read(|views| with_scope!(reader, |scope| views.product(scope, product).cloned()));
        Ok(row.and_then(|row| Product::new(&row.state)))
    }
}

/// The filter that the arguments of a list of licenses mean.
pub(crate) fn wanted(
    account: Option<&ID>,
    product: Option<&ID>,
    status: Option<Vec<LicenseStatus>>,
    text: Option<String>,
) -> Result<LicenseWanted> {
    Ok(LicenseWanted {
        account: account.map(|id| parse_id(id, "account")).transpose()?,
        product: product.map(|id| parse_id(id, "product")).transpose()?,
        status,
        text: text.filter(|text| !text.trim().is_empty()),
    })
}
