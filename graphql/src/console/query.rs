//! What the vendor reads.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use ledger_log::sealing::Sealing;
use projections::Principal;
use projections::scope::VendorReader;
use schemas::{AccountId, Code, LicenseId, LogPosition, ProductId};

use super::Viewer;
use super::find::{self, FindResult};
use super::staff::StaffMember;
use super::viewer::ConsoleViewer;
use crate::ask::{self, ChangePreview, Learned, LicenseChangeInput};
use crate::error::{bad_input, load_fault};
use crate::gate::{Gate, Reader, parse_id, parse_key};
use crate::history;
use crate::limits::PAGE_ROWS_MAX;
use crate::portal::{Node, node, wanted};
use crate::read::{self, AsOfInput, DeviceFilter, Moment, moment};
use crate::scalars::{BigInt, DateTime, Digest, LedgerPosition};
use crate::types::account::Account;
use crate::types::api_token;
use crate::types::catalog::Product;
use crate::types::contract::NoticePolicy;
use crate::types::dashboard::Dashboard;
use crate::types::decision::CheckInput;
use crate::types::device::{BindingKind, DeviceConnection, DeviceStatus};
use crate::types::entitlement::ProductEntitlements;
use crate::types::history::HistoryConnection;
use crate::types::hold::LegalHold;
use crate::types::license::License;
use crate::types::lists::{AccountConnection, LicenseConnection, ProductConnection};
use crate::types::session::{Passkey, Preferences, SecondFactor, sessions};
use crate::types::status::LicenseStatus;
use crate::types::told::Told;

/// The state hash of one view. Two ledgers with the same facts have the same.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewDigest {
    /// The view and the version of its meaning, such as `seats@1`.
    pub view: String,
    /// How many rows it has.
    pub rows: BigInt,
    /// The hash of all its rows.
    pub digest: Digest,
}

/// What was signed last: how much of the ledger it covers. Whoever holds it can prove later that nothing in it was
/// changed.
#[derive(Debug, Clone, SimpleObject)]
pub struct SignedCheckpoint {
    /// How many events it covers, from the first on.
    pub events: BigInt,
    /// The root of the tree over them, as it is in the signed note.
    pub root: String,
    /// How many seconds ago it was made; null when it was made before the service started.
    pub age_seconds: Option<BigInt>,
}

/// The ledger itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct LedgerState {
    /// The ledger's own id.
    pub id: String,
    /// The kind of store it is kept in.
    pub backend: String,
    /// The newest durable place.
    pub durable: Option<LedgerPosition>,
    /// The newest place that answers know.
    pub position: Option<LedgerPosition>,
    /// A token for that place, to be given as `atLeast`.
    pub consistency_token: String,
    /// How many durable facts answers do not know yet.
    pub lag: BigInt,
    /// Whether the views take in every fact.
    pub healthy: bool,
    /// What was signed last; null when nothing was yet.
    pub checkpoint: Option<SignedCheckpoint>,
    /// Why the last try to sign failed; null when it did not. What is durable can be signed later.
    pub signing_failure: Option<String>,
    /// The state hash of each view at that place.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub digests: Vec<ViewDigest>,
}

/// What the vendor may read: everything.
#[derive(Debug, Clone, Copy)]
pub struct Query;

/// What the vendor may read: everything.
#[Object]
impl Query {
    /// Who signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<ConsoleViewer> {
        let gate = Gate::of(ctx)?;
        let scope = ctx.data::<Viewer>()?.scope;
        let (staff, role) = match scope.reader() {
            VendorReader::Operator => (None, schemas::staff::StaffRole::Operator),
            VendorReader::Staff(staff, role) => (Some(staff), role),
        };
        let own = staff.and_then(|staff| {
            let whose = Principal::Staff(staff);
            gate.projections.read(|views| views.credentials(&scope, whose).cloned())
        });
        let own = own.as_deref();
        let staff = staff.and_then(|staff| {
            gate.projections
                .read(|views| views.staff(&scope, staff).map(|row| StaffMember::from(&**row)))
        });
        let expires_at = Reader::of(ctx)?.expires_at().map(Into::into);
        Ok(ConsoleViewer {
            staff,
            role: role.into(),
            expires_at,
            password_set_at: own.and_then(|own| own.password_set_at).map(Into::into),
            second_factor: own.and_then(SecondFactor::of),
            passkeys: own.map(Passkey::all_of).unwrap_or_default(),
            preferences: own.and_then(|own| own.preferences()).map(Preferences::of),
            sessions: own
                .map(|own| sessions(&own.tokens, scope.session(), gate.now()))
                .unwrap_or_default(),
            api_tokens: api_token::own(gate, Reader::of(ctx)?, own),
        })
    }

    /// Anything by its id; null when it is unknown.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id; its prefix tells what it is.")] id: ID,
    ) -> Result<Option<Node>> {
        node(ctx, &id).await
    }

    /// Several things by their ids, in the same order; null for each that is unknown.
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
            found.push(node(ctx, id).await?);
        }
        Ok(found)
    }

    /// The products, by pages.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<ProductConnection> {
        read::products(ctx, first, after.as_deref())
    }

    /// The versions of the notice periods of automatic renewals, the newest 100 first.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn notice_policies(&self, ctx: &Context<'_>) -> Result<Vec<NoticePolicy>> {
        let (gate, scope) = (Gate::of(ctx)?, ctx.data::<Viewer>()?.scope);
        Ok(gate.projections.read(|views| {
            let newest = views.notice_policies(&scope).take(PAGE_ROWS_MAX);
            newest.map(|row| NoticePolicy::from(&**row)).collect()
        }))
    }

    /// A product by its id or its code; null when it is unknown.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: Option<ID>,
        #[graphql(desc = "What the vendor calls it.")] code: Option<String>,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
    ) -> Result<Option<Product>> {
        let gate = Gate::of(ctx)?;
        let scope = ctx.data::<Viewer>()?.scope;
        let product = match (id, code) {
            (Some(id), None) => Some(parse_id::<ProductId>(&id, "id")?),
            (None, Some(code)) => {
                let code = parse_key::<Code>(&code, "code")?;
                gate.projections
                    .read(|views| views.product_by_code(&scope, &code).map(|row| row.product))
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err(bad_input("give either `id` or `code`"));
            }
        };
        let Some(product) = product else { return Ok(None) };
        let row = match moment(gate, as_of, None).await? {
            Moment::Live(_) => {
                gate.projections.read(|views| views.product(&scope, product).cloned())
            }
            Moment::Past(as_of) => {
                let row = gate.projections.product_as_of(&scope, product, as_of).await;
                row.map_err(|error| load_fault(&error))?
            }
        };
        Ok(row.and_then(|row| Product::new(&row.state)))
    }

    /// Every account, by pages.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only accounts that are no sub-accounts.", default)] roots: bool,
    ) -> Result<AccountConnection> {
        read::accounts(ctx, roots, first, after.as_deref())
    }

    /// An account; null when it is unknown.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: ID,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Option<Account>> {
        let account = parse_id::<AccountId>(&id, "id")?;
        read::account(ctx, account, as_of, at_least.as_deref()).await
    }

    /// The legal matters for which nobody of an account is erased, the oldest first; null when the account is unknown.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn legal_holds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] account_id: ID,
        #[graphql(
            desc = "Also those of the accounts above it, for which nobody of it is erased either: they come after its own.",
            default = false
        )]
        above: bool,
    ) -> Result<Option<Vec<LegalHold>>> {
        let account = parse_id::<AccountId>(&account_id, "accountId")?;
        let (gate, viewer) = (ctx.data::<Gate>()?, ctx.data::<Viewer>()?);
        Ok(gate.projections.read(|views| {
            let row = views.account(&viewer.scope, account)?;
            let line = std::iter::successors(Some(row), |row| {
                row.parent.filter(|_| above).and_then(|one| views.account(&viewer.scope, one))
            });
            Some(line.flat_map(|row| LegalHold::all_of(row)).collect())
        }))
    }

    /// Every license, by pages. With `asOf`, name the account.
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

    /// A license; null when it is unknown.
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

    /// Everything that a text finds: a license key, a device's fingerprint, a domain, an e-mail, a
    /// number of the vendor's own, or the beginning of a word. At most 50.
    #[graphql(complexity = "crate::page::page_weight(Some(50), child_complexity)?")]
    async fn find(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look for.")] text: String,
    ) -> Result<Vec<FindResult>> {
        find::find(ctx, &text).await
    }

    /// What an account's licenses give, by product and module.
    #[graphql(complexity = "crate::page::group_weight(child_complexity)")]
    async fn entitlements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] account: ID,
        #[graphql(desc = "Only those of this product.")] product: Option<ID>,
        #[graphql(desc = "As it was at a past moment.")] as_of: Option<AsOfInput>,
        #[graphql(desc = "A consistency token: the answer knows at least what it names.")]
        at_least: Option<String>,
    ) -> Result<Vec<ProductEntitlements>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let moment = moment(gate, as_of, at_least.as_deref()).await?;
        let wanted = wanted(Some(&account), product.as_ref(), None, None)?;
        Ok(read::entitlements(&read::every_license(gate, reader, &wanted, moment).await?))
    }

    /// The devices and domains that are or were bound to an account's licenses, by pages.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] account: ID,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only devices, or only domains.")] kind: Option<BindingKind>,
        #[graphql(desc = "Only those that stand so.")] status: Option<Vec<DeviceStatus>>,
    ) -> Result<DeviceConnection> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let wanted = wanted(Some(&account), None, None, None)?;
        let rows = read::every_license(gate, reader, &wanted, Moment::Live(gate.now())).await?;
        read::devices_of(
            gate,
            reader,
            &rows,
            &DeviceFilter { kind, status },
            first,
            after.as_deref(),
        )
    }

    /// May it be used, and why. Asking uses nothing up. Null when the license is unknown.
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

    /// The audit trail, newest first, in plain words: of everything, of one account, or of one
    /// license.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "Only facts about this account.")] account: Option<ID>,
        #[graphql(desc = "Only facts about this license.")] license: Option<ID>,
        #[graphql(desc = "Only facts about this product.")] product: Option<ID>,
    ) -> Result<HistoryConnection> {
        let after = after.as_deref();
        match (account, license, product) {
            (None, None, None) => history::of_everything(ctx, None, first, after).await,
            (Some(account), None, None) => {
                let account = parse_id::<AccountId>(&account, "account")?;
                history::of_account(ctx, account, first, after).await
            }
            (None, Some(license), None) => {
                let license = parse_id::<LicenseId>(&license, "license")?;
                history::of_license(ctx, license, first, after).await
            }
            (None, None, Some(product)) => {
                let product = parse_id::<ProductId>(&product, "product")?;
                history::of_everything(ctx, Some(product.into()), first, after).await
            }
            _ => Err(bad_input("give one of `account`, `license` and `product`, or none")),
        }
    }

    /// Numbers at a glance, of all licenses or of one account's.
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this account and the accounts below it.")] account: Option<ID>,
        #[graphql(desc = "Only licenses of this product.")] product: Option<ID>,
        #[graphql(desc = "As it was at a past moment; then name the account.")] as_of: Option<
            AsOfInput,
        >,
    ) -> Result<Dashboard> {
        let wanted = wanted(account.as_ref(), product.as_ref(), None, None)?;
        read::dashboard(ctx, &wanted, as_of, None).await
    }

    /// The vendor's own people.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn staff(&self, ctx: &Context<'_>) -> Result<Vec<StaffMember>> {
        let gate = Gate::of(ctx)?;
        let scope = ctx.data::<Viewer>()?.scope;
        Ok(gate
            .projections
            .read(|views| views.all_staff(&scope).map(|row| StaffMember::from(&**row)).collect()))
    }

    /// The ledger itself: which one it is, where it stands, and the state hash of each view.
    async fn ledger(&self, ctx: &Context<'_>) -> Result<LedgerState> {
        let gate = Gate::of(ctx)?;
        let identity = gate.ledger.log().identity();
        let digests = gate.projections.digests();
        let health = gate.projections.health();
        let sealed = gate.sealing.as_ref().map(Sealing::health).unwrap_or_default();
        let newest = sealed.newest;
        // Positions are counted from 0.
        let events = |position: Option<LogPosition>| position.map_or(0, |position| position.0 + 1);
        let shown = digests.views.iter().map(|one| ViewDigest {
            view: one.view.to_string(),
            rows: BigInt(one.rows),
            digest: one.digest.into(),
        });
        Ok(LedgerState {
            id: identity.ledger.to_string(),
            backend: identity.backend.to_owned(),
            durable: health.durable.map(LedgerPosition),
            lag: BigInt(events(health.durable).saturating_sub(events(digests.position))),
            position: digests.position.map(LedgerPosition),
            consistency_token: gate.projections.token(digests.position).to_string(),
            healthy: health.is_healthy(),
            checkpoint: newest.map(|held| SignedCheckpoint {
                events: BigInt(held.checkpoint.size),
                root: held.checkpoint.root.to_string(),
                age_seconds: sealed.age.map(|age| BigInt(age.as_secs())),
            }),
            signing_failure: sealed.failure,
            digests: shown.collect(),
        })
    }
}
