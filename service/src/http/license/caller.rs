//! Software that showed a license key, and what it may have done with that license: judged first, then sent to the rules.

use std::net::IpAddr;

use axum::http::{HeaderMap, StatusCode};
use graphql::refusal::Refusal;
use ledger::authority::{Action, Basis, Resource};
use ledger::{Decider, Rejection};
use ledger_log::{CommandMeta, Keystore, Receipt, TransactError, derive};
use projections::{EvaluationFacts, KeyScope};
use schemas::{Actor, CommandId, LicenseId, LogPosition, StreamName, Timestamp};

use super::super::Side;
use super::super::problem::Problem;
use super::RECORDING_COST;
use super::asks::bad;
use crate::auth::Auth;
use crate::engine::Engine;

/// The longest name of an intent.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Software that showed a license key.
pub(super) struct Caller {
    auth: Auth,
    engine: Engine,
    scope: KeyScope,
    from: Option<IpAddr>,
}

/// The license as it is now.
pub(super) struct Seen {
    pub(super) facts: EvaluationFacts,
    pub(super) position: Option<LogPosition>,
    pub(super) at: Timestamp,
}

/// One command on its way: its identity of retry and its meaning.
pub(super) struct Intent<'a> {
    pub(super) operation: &'static str,
    pub(super) command: CommandId,
    pub(super) meaning: &'a [&'a [u8]],
}

/// Something that the caller may do. Only this sends commands.
pub(super) struct Allowed<'a> {
    caller: &'a Caller,
    basis: Basis,
}

impl Caller {
    pub(super) fn new(side: &Side, scope: KeyScope, from: Option<IpAddr>) -> Self {
        Self { auth: side.auth.clone(), engine: side.engine.clone(), scope, from }
    }

    /// Takes from the license what recording so many facts costs.
    ///
    /// # Errors
    /// When too much was asked for lately.
    pub(super) fn charge(&self, facts: u64) -> Result<(), Problem> {
        self.charge_for(facts.saturating_mul(RECORDING_COST))
    }

    /// Takes from the license what a request costs.
    ///
    /// # Errors
    /// When too much was asked for lately.
    pub(super) fn charge_for(&self, cost: u64) -> Result<(), Problem> {
        let charged = self.auth.charge_license(self.scope, self.from, cost);
        charged.map_err(|wait| Refusal::rate_limited(wait).into())
    }

    pub(super) const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) const fn scope(&self) -> KeyScope {
        self.scope
    }

    pub(super) const fn license(&self) -> LicenseId {
        self.scope.license()
    }

    pub(super) fn keystore(&self) -> &Keystore {
        self.engine.keystore()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.engine.ledger().clock().now()
    }

    /// The license as it is now.
    ///
    /// # Errors
    /// When it is no longer to be seen.
    pub(super) fn seen(&self) -> Result<Seen, Problem> {
        let at = self.now();
        let found = self.engine.projections().read(|views| {
            let facts = views.facts(&self.scope, self.license())?;
            Some(Seen { facts, position: views.position(), at })
        });
        found.ok_or_else(Problem::not_found)
    }

    /// Decides whether the caller may do this with its license.
    ///
    /// # Errors
    /// When it may not.
    pub(super) fn judged(&self, action: Action) -> Result<Allowed<'_>, Problem> {
        let resource = Resource::License(self.license());
        let views = self.engine.projections();
        let verdict = views.read(|views| views.verdict(&self.scope, action, resource));
        let basis = Basis::of(action, verdict).ok_or_else(|| {
            let words = "a license key does not allow this";
            let rule = format!("access.{}", verdict.rule.id());
            Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", words).by(rule)
        })?;
        Ok(Allowed { caller: self, basis })
    }

    /// The command that an intent with this name is: the same for ever. Without a name each request is an intent.
    ///
    /// # Errors
    /// When the machine gives no randomness, or the name is too long.
    pub(super) fn command(
        &self,
        operation: &'static str,
        headers: &HeaderMap,
    ) -> Result<CommandId, Problem> {
        let Some(named) = headers.get("idempotency-key") else {
            let made = derive::new_uuid(self.now()).map_err(|error| ours(&error))?;
            return Ok(CommandId::new(made));
        };
        let name = named.as_bytes().trim_ascii();
        let name =
            name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name);
        if name.is_empty() || name.len() > IDEMPOTENCY_KEY_BYTES_MAX {
            let words =
                format!("`Idempotency-Key` must have 1 to {IDEMPOTENCY_KEY_BYTES_MAX} bytes");
            return Err(bad("", words));
        }
        Ok(self.named(&[operation.as_bytes(), name]))
    }

    /// The command that is named like this among those of the license.
    pub(super) fn named(&self, names: &[&[u8]]) -> CommandId {
        let license = self.license().bytes();
        let parts: Vec<&[u8]> =
            std::iter::once(&license[..]).chain(names.iter().copied()).collect();
        CommandId::from_bytes(self.keystore().derive_id("license_command", &parts))
    }

    /// Whether this command was recorded before: its outcome is told again, whatever holds by now.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) async fn is_recorded(&self, command: CommandId) -> Result<bool, Problem> {
        let log = self.engine.ledger().log();
        let found = log.find_command(Some(self.scope.account()), command).await;
        found.map(|found| found.is_some()).map_err(|error| ours(&error))
    }
}

impl Allowed<'_> {
    /// Sends a command to the rules. What it did is seen by every read after this.
    ///
    /// # Errors
    /// When it is refused, or fails.
    pub(super) async fn send<D: Decider>(
        &self,
        stream: impl Into<StreamName>,
        command: D::Command,
        intent: &Intent<'_>,
    ) -> Result<Receipt<D::Event>, Problem> {
        let caller = self.caller;
        let digest = derive::request_digest(caller.keystore(), intent.operation, intent.meaning);
        let meta = CommandMeta::new(intent.command, digest, Actor::License(caller.license()))
            .by(self.basis)
            .for_tenant(Some(caller.scope.account()));
        let sent = caller.engine.ledger().transact::<D>(stream.into(), command, meta).await;
        sent.map_err(refused)
    }
}

/// What the rules refused.
pub(super) fn rejected(rejection: &impl Rejection) -> Problem {
    Problem::conflict(rejection.code(), rejection.to_string())
        .advising(rejection.advice())
        .by(rejection.rule())
}

/// Where the caller's fault and ours part ways.
fn refused<R: Rejection>(error: TransactError<R>) -> Problem {
    let unavailable =
        |code, words| Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, words).retryable();
    let problem = match &error {
        TransactError::Rejected(rejection) => return rejected(rejection),
        TransactError::IdempotencyMismatch { .. } => {
            let words = "this `Idempotency-Key` was used for something else";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Problem::new(status, "IDEMPOTENCY_MISMATCH", words).advising(error.advice());
        }
        TransactError::EffectiveInFuture { .. } | TransactError::Conflict { .. } => {
            let words = "it was changed by somebody else in between";
            return Problem::new(StatusCode::CONFLICT, "CONFLICT", words).retryable();
        }
        TransactError::TooLarge { .. } => {
            let words = "what was sent is too large to be recorded";
            return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "APPEND_TOO_LARGE", words);
        }
        TransactError::Full => {
            unavailable("LEDGER_FULL", "the ledger takes no new facts: its disk is full")
        }
        TransactError::Halted => {
            unavailable("LEDGER_HALTED", "the ledger takes no new facts until it was checked")
        }
        TransactError::Closed => unavailable("LEDGER_CLOSED", "the service is shutting down"),
        TransactError::Unknown { .. } => unavailable(
            "OUTCOME_UNKNOWN",
            "whether it was recorded is not known: repeat it with the same `Idempotency-Key`",
        ),
        TransactError::Read(_) | TransactError::Codec(_) => return ours(&error),
    };
    tracing::error!(
        code = error.code(),
        error = &error as &dyn std::error::Error,
        "a command of software failed"
    );
    problem
}

/// A fault of ours. The cause stays in the log.
pub(super) fn ours(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "a request failed on our side");
    let words = "something went wrong on our side; the request id finds it";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", words).retryable()
}
