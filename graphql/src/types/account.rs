//! A customer: its profile, its sub-accounts, its people.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use ledger::authority::Resource;
use projections::page::Window;
use projections::views::accounts::AccountRow;
use projections::views::single_sign_on::ProviderRow;
use schemas::{AccountId, MemberId};

use crate::gate::{Gate, Reader, key_uuid, with_scope};
use crate::page::{PageMeta, decode_cursor, encode_cursor, rows_asked};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::api_token::{self, ApiToken};
use crate::types::contract::ContractDefaults;
use crate::types::history::HistoryConnection;
use crate::types::holder::{Member, MemberConnection};
use crate::types::lists::AccountConnection;
use crate::types::partner::PartnerLink;
use crate::types::role::{Right, RoleGrantConnection, rights};

/// What kind of party an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "schemas::account::Party")]
pub enum Party {
    /// A company or another organization.
    Organization,
    /// One person.
    Person,
}

/// An identity provider (OpenID Connect). Its secret is never shown.
#[derive(Debug, Clone, SimpleObject)]
pub struct IdentityProvider {
    /// Its address, exactly as it calls itself.
    pub issuer: String,
    /// What it calls this service.
    pub client_id: String,
    /// When it was connected first.
    pub connected_at: DateTime,
    /// Since when people of the account come in through it only. Null: a password lets in, too.
    pub required_since: Option<DateTime>,
    /// How many people of the account came in through it so far.
    pub people_linked: i32,
}

impl From<&ProviderRow> for IdentityProvider {
    fn from(row: &ProviderRow) -> Self {
        Self {
            issuer: row.issuer.clone(),
            client_id: row.client.clone(),
            connected_at: row.since.into(),
            required_since: row.required_since.map(Into::into),
            people_linked: i32::try_from(row.identities.len()).unwrap_or(i32::MAX),
        }
    }
}

/// A customer, or a sub-account of one.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Account {
    /// The account.
    pub id: ID,
    /// Its name; null once it was erased.
    pub name: Option<String>,
    /// The vendor's own number for it.
    pub external_id: Option<String>,
    /// What kind of party it is.
    pub party: Party,
    /// Since when it is an organization's that was a person's. Null: it was opened as what it is.
    pub promoted_at: Option<DateTime>,
    /// On which terms it contracts: what its licenses begin with.
    pub contract: ContractDefaults,
    /// The account it is a sub-account of.
    pub parent_id: Option<ID>,
    /// When it was opened.
    pub opened_at: DateTime,
    /// Since when its data is erased: the name, its people, its license keys. Null: is not.
    pub erased_at: Option<DateTime>,
    /// When the ledger recorded its last change.
    pub changed_at: DateTime,
    /// Whether the account itself demands a second factor of everybody.
    pub second_factor_rule: bool,
    /// Its own identity provider, through which its people may sign in.
    pub identity_provider: Option<IdentityProvider>,
    #[graphql(skip)]
    pub(crate) account: AccountId,
}

impl From<&AccountRow> for Account {
    fn from(row: &AccountRow) -> Self {
        let profile = row.profile.value.as_ref();
        Self {
            id: row.account.to_string().into(),
            name: profile.map(|profile| profile.name.clone()),
            external_id: profile.and_then(|profile| profile.external_id.clone()),
            party: row.party_now().into(),
            promoted_at: row.promoted_at.map(Into::into),
            contract: (&row.contract).into(),
            parent_id: row.parent.map(|parent| parent.to_string().into()),
            opened_at: row.opened_at.into(),
            erased_at: row.erased_at.map(Into::into),
            changed_at: row.changed_at.into(),
            second_factor_rule: row.second_factor_demanded,
            identity_provider: row.provider.as_ref().map(IdentityProvider::from),
            account: row.account,
        }
    }
}

#[ComplexObject]
impl Account {
    /// The accounts directly below it.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn sub_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<AccountConnection> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let window = window(LIST_SUB_ACCOUNTS, first, after.as_deref(), AccountId::new)?;
        let (rows, meta) = gate.projections.read(|views| {
            with_scope!(reader, |scope| {
                let page = views.sub_accounts(scope, self.account, &window);
                let all = views.sub_accounts(scope, self.account, &Window::first(1_000));
                let total = all.map_or(0, |page| page.rows.len());
                let page = page.unwrap_or_else(projections::page::Page::empty);
                let (more_before, more_after) = (page.more_before, page.more_after);
                let position = views.position().map(LedgerPosition);
                (page.rows, PageMeta { more_before, more_after, total, position })
            })
        });
        let rows = rows.iter().map(|row| {
            (encode_cursor(LIST_SUB_ACCOUNTS, &row.account.bytes()), Self::from(&**row))
        });
        Ok(AccountConnection::new(rows.collect(), meta))
    }

    /// Its people. A member without a role of its own sees itself only.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<MemberConnection> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let window = window(LIST_MEMBERS, first, after.as_deref(), MemberId::new)?;
        let (rows, meta) = gate.projections.read(|views| {
            with_scope!(reader, |scope| {
                let page = views.members(scope, self.account, &window);
                let total = if views.sees_whole_account(scope, self.account) {
                    views.account(scope, self.account).map_or(0, |row| row.members.len())
                } else {
                    page.as_ref().map_or(0, |page| page.rows.len())
                };
                let page = page.unwrap_or_else(projections::page::Page::empty);
                let (more_before, more_after) = (page.more_before, page.more_after);
                let position = views.position().map(LedgerPosition);
                (page.rows, PageMeta { more_before, more_after, total, position })
            })
        });
        let rows = rows
            .iter()
            .map(|row| (encode_cursor(LIST_MEMBERS, &row.member.bytes()), Member::from(&**row)));
        Ok(MemberConnection::new(rows.collect(), meta))
    }

    /// The people of it and of the accounts below it, in the order of names. A member without a role of its own
    /// finds itself only.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The beginning of a word of the name or the e-mail.")] text: Option<
            String,
        >,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<MemberConnection> {
        crate::read::people(ctx, self.account, text.as_deref(), first, after.as_deref())
    }

    /// Whether everybody of it and of the accounts below it needs a second factor: set by this account, or by one
    /// above it.
    async fn second_factor_demanded(&self, ctx: &Context<'_>) -> Result<bool> {
        let gate = Gate::of(ctx)?;
        Ok(gate.projections.read(|views| views.demands_second_factor(self.account)))
    }

    /// How many people of it and of the accounts below it may sign in and have no second factor. A member without a
    /// role of its own counts nobody.
    async fn people_without_second_factor(&self, ctx: &Context<'_>) -> Result<i32> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let count = gate.projections.read(|views| {
            with_scope!(reader, |scope| {
                let people = views.people_of_tree(scope, self.account, "");
                let without = people.filter(|one| {
                    one.suspended_at.is_none()
                        && views.second_factor_since(scope, one.member).is_none()
                });
                without.count()
            })
        });
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// What the caller may do with it.
    async fn may(&self, ctx: &Context<'_>) -> Result<Vec<Right>> {
        rights(ctx, Resource::Account(self.account))
    }

    /// What was granted in it, in the accounts below it and on their licenses, as far as the caller may know: who may do
    /// more than by a role of its own.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also what is over.", default = false)] over: bool,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<RoleGrantConnection> {
        crate::read::grants_in(ctx, self.account, over, first, after.as_deref())
    }

    /// Who acts for it and for the accounts below it: the partners, at most 100. A member without a role sees none.
    #[graphql(complexity = "crate::page::page_weight(Some(10), child_complexity)?")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also what is over.", default = false)] over: bool,
    ) -> Result<Vec<PartnerLink>> {
        Ok(crate::read::partners_of(Gate::of(ctx)?, Reader::of(ctx)?, self.account, over))
    }

    /// For whom its people act, as a partner, at most 100. A member without a role sees none.
    #[graphql(complexity = "crate::page::page_weight(Some(10), child_complexity)?")]
    async fn customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also what is over.", default = false)] over: bool,
    ) -> Result<Vec<PartnerLink>> {
        Ok(crate::read::customers_of(Gate::of(ctx)?, Reader::of(ctx)?, self.account, over))
    }

    /// The tokens with which programs act for people of it and of the accounts below it, the newest 100 first. A member
    /// without a role of its own finds the own ones only.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    async fn api_tokens(&self, ctx: &Context<'_>) -> Result<Vec<ApiToken>> {
        Ok(api_token::within(Gate::of(ctx)?, Reader::of(ctx)?, self.account))
    }

    /// Everything that was recorded about it and its licenses, newest first, in plain words.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows at most: 1 to 100, else 25.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<HistoryConnection> {
        crate::history::of_account(ctx, self.account, first, after.as_deref()).await
    }
}

const LIST_SUB_ACCOUNTS: &str = "sub_accounts";
const LIST_MEMBERS: &str = "members";

/// The window of a list whose keys are ids.
///
/// # Errors
/// When `first` or `after` is wrong.
pub fn window<K: Ord + Clone>(
    list: &str,
    first: Option<i32>,
    after: Option<&str>,
    id: impl Fn(uuid::Uuid) -> K,
) -> Result<Window<K>> {
    let limit = rows_asked(first)?;
    let key = after.map(|cursor| decode_cursor(list, cursor)).transpose()?;
    let after = match key {
        None => None,
        Some(key) => Some(
            key_uuid(&key)
                .map(id)
                .ok_or_else(|| crate::error::bad_input("`after` is not a cursor of this list"))?,
        ),
    };
    Ok(Window::first(limit).after(after))
}
