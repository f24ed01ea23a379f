//! One mutation on its way: who asks, whether it may, under which command id, and what is sent to the ledger.

mod denial;

use async_graphql::{Context, ID, InputType, Value};
use ledger::Decider;
use ledger::account::Rejection;
use ledger::authority::{Action, Basis, Grant, Resource, Rule, Verdict};
use ledger_log::{CommandMeta, Keystore, Receipt, derive};
use schemas::{
    AccountId, CommandId, CorrelationId, Digest, LicenseId, MemberId, StreamName, SubjectId,
    Timestamp,
};
use uuid::Uuid;

use super::Done;
use crate::error::{Failure, UserError};
use crate::gate::{Gate, Reader, with_scope};
use crate::read::{self, Moment, Seen};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::license::License;

pub use denial::record_denial;

use denial::{beyond, denied};

/// For how long a proof of who somebody is counts where it matters most.
const STEP_UP_SECONDS: i64 = 5 * 60;

/// One mutation on its way: who asks, under which command id, with which meaning. Nothing can be done with it before it
/// was decided whether the caller may do that with what it names: that makes it [`Allowed`].
pub struct Asked<'a> {
    /// The gate.
    pub gate: &'a Gate,
    /// Who asks.
    pub reader: Reader,
    /// The command id.
    pub command: CommandId,
    action: Action,
    operation: &'static str,
    digest: Digest,
    effective_at: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// A mutation that the caller may do, with what it was decided about.
pub struct Allowed<'a> {
    asked: Asked<'a>,
    basis: Basis,
}

impl<'a> std::ops::Deref for Allowed<'a> {
    type Target = Asked<'a>;

    fn deref(&self) -> &Asked<'a> {
        &self.asked
    }
}

impl<'a> Asked<'a> {
    /// The mutation that a caller asks for.
    ///
    /// # Errors
    /// When there is nothing with which the caller may do it, or the command id is none.
    pub async fn new(
        ctx: &Context<'a>,
        action: Action,
        operation: &'static str,
        input: &impl InputType,
        command_id: &ID,
    ) -> Result<Self, Failure> {
        let (gate, reader) = (Gate::of(ctx)?, Reader::of(ctx)?);
        let may = gate
            .projections
            .read(|views| with_scope!(reader, |scope| views.may_somewhere(scope, action)));
        if !may {
            record_denial(gate, reader, operation).await;
            return Err(beyond(reader, action).into());
        }
        let command = parse_command(command_id)?;
        let meaning = meaning_of(input);
        let digest = derive::request_digest(keystore(gate), operation, &[meaning.as_bytes()]);
        let (effective_at, until) = (None, None);
        Ok(Self { gate, reader, command, action, operation, digest, effective_at, until })
    }

    /// What only the vendor does.
    ///
    /// # Errors
    /// When the caller may not do it, or the command id is none.
    pub async fn operator(
        ctx: &Context<'a>,
        operation: &'static str,
        input: &impl InputType,
        command_id: &ID,
    ) -> Result<Allowed<'a>, Failure> {
        Self::new(ctx, Action::Operate, operation, input, command_id).await?.vendor().await
    }

    /// Decides it about what is the vendor's.
    ///
    /// # Errors
    /// When the caller may not do it.
    pub async fn vendor(self) -> Result<Allowed<'a>, Failure> {
        self.decided(Resource::Vendor, "").await
    }

    /// The same, as another action: which it is shows only once what the caller names was looked at.
    #[must_use]
    pub const fn doing(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    /// The same, for what shall last until this instant.
    #[must_use]
    pub const fn lasting(mut self, until: Option<Timestamp>) -> Self {
        self.until = until;
        self
    }

    /// Decides whether the caller may do this with that.
    ///
    /// # Errors
    /// When it may not; what it does not see is told as what there is not.
    pub(super) async fn decided(
        self,
        resource: Resource,
        field: &str,
    ) -> Result<Allowed<'a>, Failure> {
        let verdict = self.verdict(self.action, resource);
        self.judged(verdict, field).await
    }

    async fn judged(self, verdict: Verdict, field: &str) -> Result<Allowed<'a>, Failure> {
        match Basis::of(self.action, verdict) {
            Some(basis) => {
                let basis = basis.via(self.reader.program().map(|program| program.token));
                Ok(Allowed { asked: self, basis })
            }
            None => {
                let error = denied(verdict.rule, field);
                if error.code != "NOT_FOUND" {
                    record_denial(self.gate, self.reader, self.operation).await;
                }
                Err(error.into())
            }
        }
    }

    fn verdict(&self, action: Action, resource: Resource) -> Verdict {
        self.gate.projections.read(|views| {
            with_scope!(self.reader, |scope| views
                .verdict_until(scope, action, resource, self.until))
        })
    }

    /// Decides it about the caller itself.
    ///
    /// # Errors
    /// When it may not.
    pub async fn oneself(self) -> Result<Allowed<'a>, Failure> {
        let resource = match self.reader {
            Reader::Tenant(scope) => Resource::Person(scope.member()),
            Reader::Vendor(_) => Resource::Vendor,
        };
        self.decided(resource, "").await
    }

    /// Decides it about the license that the caller names; answers that with its product and meters.
    ///
    /// # Errors
    /// When it may not, or the license is unknown.
    pub async fn license(self, id: &ID) -> Result<(Allowed<'a>, Seen), Failure> {
        let seen = self.seen(id).await?;
        let resource = Resource::License(seen.facts.license.license);
        Ok((self.decided(resource, "licenseId").await?, seen))
    }

    /// Decides it about the account that the caller names.
    ///
    /// # Errors
    /// When it may not, or the account is unknown.
    pub async fn account(self, id: &ID) -> Result<(Allowed<'a>, AccountId), Failure> {
        let account = self.account_named(id, "accountId")?;
        Ok((self.decided(Resource::Account(account), "accountId").await?, account))
    }

    /// Decides it about the person that the caller names; answers the person and where it belongs.
    ///
    /// # Errors
    /// When it may not, or the person is unknown.
    pub async fn person(self, id: &ID) -> Result<(Allowed<'a>, MemberId, AccountId), Failure> {
        let member: Option<MemberId> = id.parse().ok();
        let found = member.and_then(|member| {
            self.gate.projections.read(|views| {
                let row = with_scope!(self.reader, |scope| views.member(scope, member))?;
                Some((member, row.account))
            })
        });
        let (member, account) = found.ok_or_else(|| UserError::not_found("memberId"))?;
        Ok((self.decided(Resource::Person(member), "memberId").await?, member, account))
    }

    /// Decides it about ending a grant that the caller sees.
    ///
    /// # Errors
    /// When it may not.
    pub async fn ending(mut self, grant: &Grant) -> Result<Allowed<'a>, Failure> {
        let verdict = self
            .gate
            .projections
            .read(|views| with_scope!(self.reader, |scope| views.verdict_on_ending(scope, grant)));
        if self.reader.member() != Some(grant.member) {
            self.action = Action::grant(grant.role);
        }
        self.judged(verdict, "grantId").await
    }

    /// An account that the caller names and sees.
    ///
    /// # Errors
    /// When it is unknown, or the caller may not see it: the two are told alike.
    pub fn account_named(&self, id: &ID, field: &str) -> Result<AccountId, Failure> {
        let account: Option<AccountId> = id.parse().ok();
        let found = account.filter(|account| {
            self.gate.projections.read(|views| {
                with_scope!(self.reader, |scope| views.account(scope, *account).is_some())
            })
        });
        found.ok_or_else(|| UserError::not_found(field).into())
    }

    /// The same, where whoever found an open browser must not get any further: keys in the clear, roles, what lets
    /// somebody in.
    ///
    /// # Errors
    /// When it is too long ago that the caller showed who it is. A program cannot.
    pub fn proven(self) -> Result<Self, UserError> {
        if self.reader.program().is_some() {
            return Err(UserError::beyond_token());
        }
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

    /// A license that the caller names and sees, with its product and meters.
    ///
    /// # Errors
    /// When it is unknown, or the caller may not see it: the two are told alike. When its owner is erased.
    pub async fn seen(&self, id: &ID) -> Result<Seen, Failure> {
        let license: Option<LicenseId> = id.parse().ok();
        let found = license.and_then(|license| self.license_now(license));
        let found = found.ok_or_else(|| UserError::not_found("licenseId"))?;
        let owner = found.facts.license.account;
        self.expect_kept(owner, owner).await?;
        Ok(found)
    }

    /// Nothing is added to an account whose data is erased, nor done with its licenses. What this command recorded for
    /// `tenant` before is told again.
    ///
    /// # Errors
    /// When it is erased, or the ledger cannot be read.
    pub async fn expect_kept(&self, account: AccountId, tenant: AccountId) -> Result<(), Failure> {
        let erased = self.gate.projections.read(|views| views.is_erased(account.into()));
        if erased && !self.is_recorded(tenant).await? {
            return Err(UserError::rejected(&Rejection::AccountErased).into());
        }
        Ok(())
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

impl Allowed<'_> {
    /// Whether the caller may do it only with what is its own.
    #[must_use]
    pub fn own_only(&self) -> bool {
        self.basis.rule == Rule::OwnThings
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

    /// Destroys the keys of subjects whose erasure is recorded, and what the views had opened with them.
    ///
    /// # Errors
    /// When the files of the keys cannot be written: the next start, or a retry, destroys them.
    pub fn destroy_keys(&self, subjects: &[SubjectId]) -> Result<(), Failure> {
        let destroyed = self.keystore().erase_all(subjects);
        destroyed.map_err(|error| Failure::Ours(crate::error::fault(&error)))?;
        for subject in subjects {
            self.gate.projections.forget(*subject);
        }
        Ok(())
    }

    async fn send<D: Decider>(
        &self,
        stream: StreamName,
        tenant: Option<AccountId>,
        command: D::Command,
        id: CommandId,
    ) -> Result<(Receipt<D::Event>, Done), Failure> {
        let mut meta = CommandMeta::new(id, self.digest, self.reader.actor())
            .by(self.basis)
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
}

fn keystore(gate: &Gate) -> &Keystore {
    gate.ledger.codec().keystore()
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
