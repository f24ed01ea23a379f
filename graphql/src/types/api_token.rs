//! Tokens of programs, as people look at them. The text of one is shown once, when it is made.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use projections::views::access::{ApiTokenRow, CredentialsRow};
use schemas::{AccountId, MemberId, TokenId};

use crate::gate::{Gate, Reader, with_scope};
use crate::scalars::DateTime;
use crate::types::holder::Member;

/// What a program may do with a token, as far as the person who made it may at that moment. What lets somebody in, gives
/// more rights or shows a key is never among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "schemas::access::TokenScope")]
pub enum ApiTokenScope {
    /// See. Each of the others lets it see too.
    Read,
    /// Give and take seats, devices, domains and bundles.
    Licenses,
    /// Add people without a role, keep people out and let them in again.
    People,
    /// What is the vendor's: the catalog, customers, issuing, usage.
    Operate,
}

/// A token with which a program acts for a person.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ApiToken {
    /// The token; not what the program shows.
    pub id: ID,
    /// What the person calls it.
    pub name: String,
    /// What the program may do.
    pub scopes: Vec<ApiTokenScope>,
    /// The addresses from where only it is accepted; none: from anywhere.
    pub networks: Vec<String>,
    /// When it was made.
    pub created_at: DateTime,
    /// The first instant at which it is no longer accepted.
    pub expires_at: DateTime,
    /// The newest day on which it was used; null: on none.
    pub last_used_on: Option<DateTime>,
    #[graphql(skip)]
    holder: Option<MemberId>,
}

impl ApiToken {
    pub(crate) fn of(id: TokenId, row: &ApiTokenRow, holder: Option<MemberId>) -> Self {
        Self {
            id: id.to_string().into(),
            name: row.name.clone(),
            scopes: row.scopes.iter().map(|scope| (*scope).into()).collect(),
            networks: row.networks.iter().map(ToString::to_string).collect(),
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
            last_used_on: row.used_on.map(Into::into),
            holder,
        }
    }
}

#[ComplexObject]
impl ApiToken {
    /// For whom the program acts; null for a person of the vendor.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        Ok(self.holder.and_then(|holder| crate::read::person(gate, reader, holder)))
    }
}

/// The tokens of whoever asks, the newest first.
pub(crate) fn own(gate: &Gate, reader: Reader, row: Option<&CredentialsRow>) -> Vec<ApiToken> {
    let rows = row.map(|row| row.api_tokens_at(gate.now())).unwrap_or_default();
    rows.iter().map(|(id, row)| ApiToken::of(*id, row, reader.member())).collect()
}

/// How many tokens of an account are told.
const TOLD_MAX: usize = 100;

/// The tokens of the people of an account and of those below it, the newest first.
pub(crate) fn within(gate: &Gate, reader: Reader, account: AccountId) -> Vec<ApiToken> {
    let mut found: Vec<_> = gate.projections.read(|views| {
        with_scope!(reader, |scope| {
            let people = views.people_of_tree(scope, account, "").map(|person| person.member);
            let tokens = people.flat_map(|member| {
                let tokens = views.api_tokens_of(scope, member, gate.now());
                tokens.into_iter().map(move |(id, row)| (member, id, row))
            });
            tokens.collect()
        })
    });
    found.sort_by_key(|(_, id, row)| std::cmp::Reverse((row.created_at, *id)));
    let told = found.iter().take(TOLD_MAX);
    told.map(|(member, id, row)| ApiToken::of(*id, row, Some(*member))).collect()
}
