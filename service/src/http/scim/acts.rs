//! What a program does over SCIM, done as at every other door: by the mutation that a person's click sends, in the scope
//! of the program. There is no second way to change anything.

use std::net::IpAddr;
use std::sync::Arc;

use graphql::act::record_denial;
use graphql::door::{Came, Operation};
use graphql::error::UserError;
use graphql::gate::Reader;
use graphql::request_id::RequestId;
use graphql::{Door, Gate, Pass, portal};
use ledger::authority::{Action, Resource, Rule};
use ledger_log::derive;
use projections::{Scope, TenantScope, Views};
use schemas::{AccountId, LicenseId, MemberId};
use serde_json::{Value, json};

use super::answer::{Refused, set};

/// As what a denial is remembered.
const OPERATION: &str = "scim";

/// A mutation of the portal: its name, and its document.
struct Mutation(&'static str, &'static str);

const ADD: Mutation = Mutation(
    "memberAdd",
    "mutation Scim($input: MemberAddInput!) { memberAdd(input: $input) \
     { member { id } userErrors { code message advice } } }",
);
const CHANGE: Mutation = Mutation(
    "memberChangeProfile",
    "mutation Scim($input: MemberChangeProfileInput!) { memberChangeProfile(input: $input) \
     { userErrors { code message advice } } }",
);
const SUSPEND: Mutation = Mutation(
    "memberSuspend",
    "mutation Scim($input: MemberSuspendInput!) { memberSuspend(input: $input) \
     { userErrors { code message advice } } }",
);
const RESTORE: Mutation = Mutation(
    "memberRestore",
    "mutation Scim($input: MemberRestoreInput!) { memberRestore(input: $input) \
     { userErrors { code message advice } } }",
);
const ASSIGN: Mutation = Mutation(
    "seatAssign",
    "mutation Scim($input: SeatAssignInput!) { seatAssign(input: $input) \
     { userErrors { code message advice } } }",
);
const UNASSIGN: Mutation = Mutation(
    "seatUnassign",
    "mutation Scim($input: SeatUnassignInput!) { seatUnassign(input: $input) \
     { userErrors { code message advice } } }",
);

/// Who is to be added.
pub struct Newcomer {
    /// The name.
    pub name: String,
    /// The sign-in e-mail.
    pub email: String,
    /// The number of the person at the identity provider.
    pub external_id: Option<String>,
}

/// The program that asks, as far as one request goes. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    gate: Gate,
    door: Arc<Door<portal::Viewer>>,
    scope: TenantScope,
    from: Option<IpAddr>,
    /// The address of all that is here, as the caller calls it.
    pub base: String,
}

impl Caller {
    /// The program with this scope, which asks from this address.
    #[must_use]
    pub const fn new(
        gate: Gate,
        door: Arc<Door<portal::Viewer>>,
        scope: TenantScope,
        from: Option<IpAddr>,
        base: String,
    ) -> Self {
        Self { gate, door, scope, from, base }
    }

    /// The account whose people and seats these are: that of the person who made the token.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.scope.account()
    }

    /// Reads what the program may know.
    pub fn read<R>(&self, read: impl FnOnce(&Views, &TenantScope) -> R) -> R {
        self.gate.projections.read(|views| read(views, &self.scope))
    }

    /// The keyed hash of a sign-in e-mail.
    #[must_use]
    pub fn email_digest(&self, email: &str) -> schemas::Digest {
        crate::people::email_digest(self.gate.ledger.codec().keystore(), email)
    }

    /// Whether the program may manage the people of the account.
    ///
    /// # Errors
    /// When it may not.
    pub async fn may_manage_people(&self) -> Result<(), Refused> {
        let resource = Resource::Account(self.account());
        let verdict =
            self.read(|views, scope| views.verdict(scope, Action::ManagePeople, resource));
        if verdict.allowed() {
            return Ok(());
        }
        Err(self.denied(verdict.rule == Rule::BeyondToken).await)
    }

    /// Whether there can be seats that the program may give and take.
    ///
    /// # Errors
    /// When there can be none.
    pub async fn may_manage_seats(&self) -> Result<(), Refused> {
        let action = Action::ManageSeats;
        if self.read(|views, scope| views.may_somewhere(scope, action)) {
            return Ok(());
        }
        let program = self.scope.program();
        let beyond = program.is_some_and(|program| !program.scopes.allow(action));
        Err(self.denied(beyond).await)
    }

    async fn denied(&self, beyond_token: bool) -> Refused {
        record_denial(&self.gate, Reader::Tenant(self.scope), OPERATION).await;
        let error = if beyond_token { UserError::beyond_token() } else { UserError::forbidden() };
        error.into()
    }

    /// Adds a person without a role.
    ///
    /// # Errors
    /// When it is refused, or fails.
    pub async fn add(&self, newcomer: &Newcomer) -> Result<MemberId, Refused> {
        let input = json!({
            "accountId": self.account().to_string(), "role": "MEMBER",
            "name": newcomer.name, "email": newcomer.email, "externalId": newcomer.external_id,
        });
        let payload = self.act(&ADD, input).await?;
        let member =
            payload.pointer("/member/id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        member.ok_or_else(|| Refused::ours("INTERNAL"))
    }

    /// Changes what a person is called or signs in with: `name`, `email`, `externalId`, as far as they are there.
    ///
    /// # Errors
    /// When it is refused, or fails.
    pub async fn change(&self, member: MemberId, mut to: Value) -> Result<(), Refused> {
        set(&mut to, "memberId", member.to_string().into());
        self.act(&CHANGE, to).await.map(|_| ())
    }

    /// Keeps a person out, or lets it in again. It holds before this returns.
    ///
    /// # Errors
    /// When it is refused, or fails.
    pub async fn let_in(&self, member: MemberId, active: bool) -> Result<(), Refused> {
        let mutation = if active { &RESTORE } else { &SUSPEND };
        self.act(mutation, json!({ "memberId": member.to_string() })).await.map(|_| ())
    }

    /// Gives a person a seat, or takes it back.
    ///
    /// # Errors
    /// When it is refused, or fails.
    pub async fn seat(
        &self,
        license: LicenseId,
        member: MemberId,
        given: bool,
    ) -> Result<(), Refused> {
        let mutation = if given { &ASSIGN } else { &UNASSIGN };
        let input = json!({ "licenseId": license.to_string(), "memberId": member.to_string() });
        self.act(mutation, input).await.map(|_| ())
    }

    async fn act(&self, mutation: &Mutation, mut input: Value) -> Result<Value, Refused> {
        let Mutation(field, document) = mutation;
        // Each request is an intent of its own: what it asks for may be so already, and then nothing is recorded.
        let command = derive::new_uuid(self.gate.now()).map_err(|error| {
            tracing::error!(%error, "a command id could not be made");
            Refused::ours("INTERNAL")
        })?;
        set(&mut input, "commandId", command.to_string().into());
        let viewer = portal::Viewer { scope: self.scope };
        let pass = Pass { viewer, principal: self.scope.member().uuid(), from: self.from };
        let variables = json!({ "input": input });
        let operation = Operation { query: (*document).to_owned(), name: None, variables };
        let request_id = RequestId::next();
        let answer = self.door.execute(pass, operation, Came::Post, &request_id).await?;
        let mut answer: Value = serde_json::from_slice(&answer.body).map_err(|error| {
            tracing::error!(%error, field, "an answer could not be read");
            Refused::ours("INTERNAL")
        })?;
        let failed = answer.pointer("/errors/0/extensions/code").and_then(Value::as_str);
        if let Some(code) = failed {
            tracing::warn!(code, field, %request_id, "a change over SCIM failed");
            return Err(Refused::ours(code));
        }
        let payload = answer.pointer_mut(&format!("/data/{field}"));
        let payload = payload.map(Value::take).ok_or_else(|| Refused::ours("INTERNAL"))?;
        match payload.pointer("/userErrors/0") {
            None => Ok(payload),
            Some(error) => {
                let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
                Err(Refused::by_rules(text("code"), text("message"), text("advice")))
            }
        }
    }
}
