//! Commands as both doors send them: who may, which command id, what it means, and what became of
//! it.

pub mod account;
pub mod catalog;
pub mod credentials;
pub mod devices;
pub mod erasure;
pub mod grants;
pub mod key;
pub mod license;
pub mod seats;
pub mod undo;
pub mod usage;

use async_graphql::{Context, Error, ID, InputType, Value};
use ledger::Decider;
use ledger::access::{AccessRules, Command as AccessCommand};
use ledger_log::{CommandMeta, Keystore, Receipt, derive};
use projections::scope::TenantScope;
use schemas::account::MemberRole;
use schemas::{
    AccountId, CommandId, CorrelationId, Digest, LicenseId, MemberId, StreamName, Timestamp,
};
use uuid::Uuid;

use crate::error::{Failure, UserError};
use crate::gate::{Gate, Reader, with_scope};
use crate::read::{self, Moment, Seen};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::license::License;

/// What became of a mutation: what it made or changed, and where in the ledger that is.
pub type Acted<T> = Result<(Option<T>, Done), Failure>;

/// Where in the ledger a mutation ended.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// The place of its last fact; or where it stood when there was nothing to do.
    pub position: Option<LedgerPosition>,
    /// To be given as `atLeast`.
    pub token: Option<String>,
    /// Whether the answer is the stored one of an earlier try.
    pub replayed: bool,
}

/// What a caller must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Manage seats, bundles and everybody's devices of the account.
    Manage,
    /// Use what was assigned to oneself: one's own devices.
    UseOwn,
    /// What everybody does with the own sessions.
    BeOneself,
    /// What only the vendor's operators do.
    Operate,
}

/// For how long a proof of who somebody is counts where it matters most.
const STEP_UP_SECONDS: i64 = 5 * 60;

/// One mutation on its way: who asks, under which command id, with which meaning.
pub struct Asked<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// Who asks.
    pub reader: Reader,
    /// The command id.
    pub command: CommandId,
    digest: Digest,
    effective_at: Option<Timestamp>,
}

impl<'a> Asked<'a> {
    /// The mutation that a caller asks for.
    ///
    /// # Errors
    /// When the caller may not do it, or the command id is none.
    pub async fn new(
        ctx: &Context<'a>,
        right: Right,
        operation: &'static str,
        input: &impl InputType,
        command_id: &ID,
    ) -> Result<Self, Failure> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        if !may(reader, right) {
            record_denial(gate, reader, operation).await;
            return Err(UserError::forbidden().into());
        }
        let command = parse_command(command_id)?;
        let meaning = meaning_of(input);
        let digest = derive::request_digest(keystore(gate), operation, &[meaning.as_bytes()]);
        Ok(Self { gate, reader, command, digest, effective_at: None })
    }

    /// The same, where whoever found an open browser must not get any further: keys in the clear, roles, what lets
    /// somebody in.
    ///
    /// # Errors
    /// When it is too long ago that the caller showed who it is.
    pub fn proven(self) -> Result<Self, UserError> {
        let fresh = self.reader.session().is_none_or(|session| {
            self.gate.now() <= session.proven_at.plus_seconds(STEP_UP_SECONDS)
        });
        if fresh { Ok(self) } else { Err(UserError::step_up_required()) }
    }

    /// The same, with facts that are true from an earlier instant.
    #[must_use]
    pub fn effective(mut self, at: Option<DateTime>) -> Self {
        self.effective_at = at.map(|DateTime(at)| at);
        self
    }

    /// The instant from which the facts are to be true.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.effective_at.unwrap_or_else(|| self.gate.now())
    }

    /// The keys.
    #[must_use]
    pub fn keystore(&self) -> &Keystore {
        keystore(self.gate)
    }

    /// The id of the thing that this command makes: the same for every retry.
    #[must_use]
    pub fn made(&self, what: &str) -> Uuid {
        Uuid::from_bytes(crate::identity::made_by(self.keystore(), what, self.command))
    }

    /// Sends the command itself.
    ///
    /// # Errors
    /// When it is refused, or fails.
    pub async fn run<D: Decider>(
        &self,
        stream: impl Into<StreamName>,
        tenant: Option<AccountId>,
        command: D::Command,
    ) -> Result<(Receipt<D::Event>, Done), Failure> {
        self.send::<D>(stream.into(), tenant, command, self.command).await
    }

    /// Sends a step of the command, with an id of its own that follows from the command's.
    ///
    /// # Errors
    /// When it is refused, or fails.
    pub async fn step<D: Decider>(
        &self,
        step: &str,
        stream: impl Into<StreamName>,
        tenant: Option<AccountId>,
        command: D::Command,
    ) -> Result<(Receipt<D::Event>, Done), Failure> {
        let id = derive::step_command(self.command, step);
        self.send::<D>(stream.into(), tenant, command, id).await
    }

    async fn send<D: Decider>(
        &self,
        stream: StreamName,
        tenant: Option<AccountId>,
        command: D::Command,
        id: CommandId,
    ) -> Result<(Receipt<D::Event>, Done), Failure> {
        let mut meta = CommandMeta::new(id, self.digest, self.reader.actor())
            .for_tenant(tenant)
            .correlated(CorrelationId::new(self.command.uuid()));
        if let Some(at) = self.effective_at {
            meta = meta.effective_at(at);
        }
        let receipt = self.gate.ledger.transact::<D>(stream, command, meta).await?;
        let done = Done {
            position: receipt.position.map(LedgerPosition),
            token: Some(self.gate.projections.token(receipt.position).to_string()),
            replayed: receipt.replayed,
        };
        Ok((receipt, done))
    }

    /// Whether an earlier try of this command recorded something. Its stored answer is given for ever, whatever
    /// holds by now: what is checked before the rules are asked must not stand in its way.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn is_recorded(&self, tenant: AccountId) -> Result<bool, Failure> {
        let found = self.gate.ledger.log().find_command(Some(tenant), self.command).await;
        let found = found.map_err(|error| Failure::Ours(crate::error::fault(&error)))?;
        Ok(found.is_some())
    }

    /// The license that the caller names, with its product and meters.
    ///
    /// # Errors
    /// When it is unknown, or the caller may not see it: the two are told alike.
    pub fn license(&self, id: &ID) -> Result<Seen, Failure> {
        let license: Option<LicenseId> = id.parse().ok();
        let found = license.and_then(|license| self.license_now(license));
        found.ok_or_else(|| UserError::not_found("licenseId").into())
    }

    fn license_now(&self, license: LicenseId) -> Option<Seen> {
        let at = self.gate.now();
        self.gate.projections.read(|views| {
            let position = views.position().map(LedgerPosition);
            let facts = with_scope!(self.reader, |scope| views.facts(scope, license))?;
            Some(Seen { facts, at, position })
        })
    }

    /// The license after what was done to it.
    #[must_use]
    pub fn license_after(&self, license: LicenseId) -> Option<License> {
        let seen = self.license_now(license)?;
        Some(read::shown(self.gate, self.reader, seen))
    }

    /// The person that the caller names, who must belong to the same customer as the license.
    ///
    /// # Errors
    /// When the person is unknown, not visible, or of another customer.
    pub fn member(&self, id: &ID, owner: AccountId) -> Result<MemberId, Failure> {
        let member: Option<MemberId> = id.parse().ok();
        let found = member.filter(|member| {
            self.gate.projections.read(|views| {
                with_scope!(self.reader, |scope| {
                    let row = views.member(scope, *member);
                    row.is_some_and(|row| {
                        views.top_account(scope, row.account) == views.top_account(scope, owner)
                    })
                })
            })
        });
        found.ok_or_else(|| UserError::not_found("memberId").into())
    }

    /// The moment at which reads of this mutation look.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment::Live(self.gate.now())
    }
}

fn keystore(gate: &Gate) -> &Keystore {
    gate.ledger.codec().keystore()
}

/// Whether the reader may do what needs this right.
#[must_use]
pub(crate) fn may(reader: Reader, right: Right) -> bool {
    match reader {
        Reader::Vendor(scope) => scope.may_operate() || right == Right::BeOneself,
        Reader::Tenant(scope) => member_may(&scope, right),
    }
}

fn member_may(scope: &TenantScope, right: Right) -> bool {
    match (scope.role(), right) {
        (MemberRole::OrgAdmin, Right::Manage | Right::UseOwn)
        | (MemberRole::Member, Right::UseOwn)
        | (_, Right::BeOneself) => true,
        (MemberRole::OrgAdmin | MemberRole::Member | MemberRole::Auditor, _) => false,
    }
}

/// Remembers that the caller tried what it may not do. The rule counts one denial a minute for each
/// operation, so that a flood does not grow the ledger. A failure here changes nothing for the
/// caller: it is refused anyway.
async fn record_denial(gate: &Gate, reader: Reader, operation: &'static str) {
    let (principal, tenant) = match reader {
        Reader::Tenant(scope) => (scope.member().uuid(), Some(scope.account())),
        Reader::Vendor(scope) => match scope.actor() {
            schemas::Actor::Staff(staff) => (staff.uuid(), None),
            schemas::Actor::System
            | schemas::Actor::Operator
            | schemas::Actor::Member(_)
            | schemas::Actor::Token(_) => return,
        },
    };
    let id = match derive::new_uuid(gate.now()) {
        Ok(id) => CommandId::new(id),
        Err(error) => return tracing::error!(%error, "a denial could not be recorded"),
    };
    let digest = derive::request_digest(keystore(gate), "recordDenial", &[operation.as_bytes()]);
    let meta = CommandMeta::new(id, digest, reader.actor()).for_tenant(tenant);
    let command = AccessCommand::RecordDenial { operation: operation.to_owned() };
    let stream = StreamName::access(principal);
    if let Err(error) = gate.ledger.transact::<AccessRules>(stream, command, meta).await {
        tracing::error!(%error, operation, "a denial could not be recorded");
    }
}

/// A command id is one of ours, or any UUID.
fn parse_command(id: &ID) -> Result<CommandId, UserError> {
    let own = id.parse::<CommandId>().ok();
    let found = own.or_else(|| Uuid::parse_str(id).ok().map(CommandId::new));
    found.ok_or_else(|| {
        UserError::about(
            "BAD_COMMAND_ID",
            "commandId",
            "the command id is neither `cmd_…` nor a UUID",
            "make a new UUID for each intent, and repeat it for each retry",
        )
    })
}

/// What a mutation means, in one spelling: the input without its command id.
fn meaning_of(input: &impl InputType) -> String {
    let mut value = input.to_value();
    if let Value::Object(members) = &mut value {
        members.shift_remove("commandId");
    }
    value.to_string()
}

/// An input field that is not what it must be.
pub(crate) fn bad_field(field: &str, error: &dyn std::fmt::Display) -> Failure {
    UserError::about("BAD_USER_INPUT", field, error, "correct the field and try again").into()
}

/// Declares payloads: what a mutation answers. Each has one object, and the same five fields beside
/// it.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $ty:ty })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, async_graphql::SimpleObject)]
        pub struct $name {
            $(#[$field_doc])*
            pub $field: Option<$ty>,
            /// Why nothing happened; empty on success.
            pub user_errors: Vec<$crate::error::UserError>,
            /// To be given as `atLeast`, so that a read sees this change.
            pub consistency_token: Option<String>,
            /// The place in the ledger of this change; or of what was already so.
            pub position: Option<$crate::scalars::LedgerPosition>,
            /// Whether this is the stored answer of an earlier try with the same command id.
            pub replayed: bool,
        }

        impl $name {
            /// The answer to what was done or refused.
            ///
            /// # Errors
            /// When it failed on our side.
            pub fn answer(acted: $crate::act::Acted<$ty>) -> Result<Option<Self>, async_graphql::Error> {
                match acted {
                    Ok(($field, done)) => Ok(Some(Self {
                        $field,
                        user_errors: Vec::new(),
                        consistency_token: done.token,
                        position: done.position,
                        replayed: done.replayed,
                    })),
                    Err($crate::error::Failure::User(error)) => {
                        Ok(Some(Self { user_errors: vec![error], ..Self::default() }))
                    }
                    Err($crate::error::Failure::Ours(error)) => Err(error),
                }
            }
        }
    )*};
}

pub(crate) use payloads;

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Ours(error) => error,
            Failure::User(error) => crate::error::coded(&error.code, &error.message),
        }
    }
}
