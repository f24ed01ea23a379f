//! Why a mutation is denied before the rules are asked, as it is told, and that it was.

use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::authority::{Action, Basis, Rule};
use ledger_log::{CommandMeta, derive};
use schemas::{CommandId, MemberId, StaffId, StreamName};

use super::keystore;
use crate::error::UserError;
use crate::gate::{Gate, Reader};

/// Why there is nothing with which the caller may do this.
pub(super) fn beyond(reader: Reader, action: Action) -> UserError {
    match reader.program() {
        Some(program) if !program.scopes.allow(action) => UserError::beyond_token(),
        Some(_) | None => UserError::forbidden(),
    }
}

/// Why a caller may not do something, as it is told.
pub(super) fn denied(rule: Rule, field: &str) -> UserError {
    let about = |code, message, advice| UserError {
        rule: Some(format!("access.{}", rule.id())),
        ..UserError::about(code, field, message, advice)
    };
    match rule {
        Rule::Outside | Rule::KeptOut => UserError::not_found(field),
        Rule::MayDoMore => about(
            "PERSON_MAY_DO_MORE",
            "this person may do something that you may not",
            "ask an admin who may do at least as much",
        ),
        Rule::Outlasts => UserError {
            field: Some(vec!["input".to_owned(), "endsAt".to_owned()]),
            ..about(
                "GRANT_OUTLASTS",
                "you may do this yourself for a shorter time only",
                "give an end that is not after your own",
            )
        },
        Rule::ChainTooLong => about(
            "GRANT_CHAIN_TOO_LONG",
            "what you may do was passed on too often to be passed on again",
            "ask whoever gave it to you",
        ),
        Rule::BeyondToken => UserError::beyond_token(),
        Rule::NoSuchRole
        | Rule::AuditorsOnlyRead
        | Rule::BeyondKey
        | Rule::DataFolder
        | Rule::VendorOperator
        | Rule::VendorAuditor
        | Rule::LicenseKey
        | Rule::HomeRole
        | Rule::GrantedRole
        | Rule::OwnThings
        | Rule::PartnerLink => UserError::forbidden(),
    }
}

/// Remembers that the caller tried what it may not do. The rule counts one denial a minute for each
/// operation, so that a flood does not grow the ledger. A failure here changes nothing for the
/// caller: it is refused anyway.
pub async fn record_denial(gate: &Gate, reader: Reader, operation: &'static str) {
    let principal = reader.member().map(MemberId::uuid).or(reader.staff().map(StaffId::uuid));
    let Some(principal) = principal else { return };
    let basis = Basis::oneself().via(reader.program().map(|program| program.token));
    let id = match derive::new_uuid(gate.now()) {
        Ok(id) => CommandId::new(id),
        Err(error) => return tracing::error!(%error, "a denial could not be recorded"),
    };
    let digest = derive::request_digest(keystore(gate), "recordDenial", &[operation.as_bytes()]);
    let meta = CommandMeta::new(id, digest, reader.actor()).for_tenant(reader.home()).by(basis);
    let command = AccessCommand::RecordDenial { operation: operation.to_owned() };
    let stream = StreamName::access(principal);
    if let Err(error) = gate.ledger.transact::<AccessRules>(stream, command, meta).await {
        tracing::error!(%error, operation, "a denial could not be recorded");
    }
}
