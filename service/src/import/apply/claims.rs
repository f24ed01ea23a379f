//! A sign-in e-mail belongs to one person. It is claimed before the person is added, and released again when the
//! person is refused, so that a row is taken whole or not at all.

use ledger::claim::{ClaimRules, Command};
use ledger::{Context, Decider};
use ledger_log::CommandMeta;
use ledger_log::derive::request_digest;
use schemas::claim::ClaimPurpose;
use schemas::{Actor, Digest, StreamName, SubjectId};

use super::Importer;
use crate::import::report::{Fault, codes};
use crate::import::target::{Done, Refusal, refuse};
use crate::people;

/// A claim that this row made, and has to undo if the row is refused.
pub(super) struct NewClaim {
    stream: StreamName,
    owner: SubjectId,
}

impl Importer {
    /// Makes sure that the e-mail is this person's. `None`: it was already.
    pub(super) async fn claim_email(
        &self,
        email: Digest,
        owner: SubjectId,
    ) -> Result<Option<NewClaim>, Refusal> {
        let stream = people::claim_stream(email);
        let (state, revision) = self.target.state_at::<ClaimRules>(stream).await?;
        match state.holder {
            Some(holder) if holder.owner == owner => return Ok(None),
            Some(_) => return Err(taken().into()),
            None => {}
        }
        let command = Command::Claim { purpose: ClaimPurpose::SignInEmail, owner };
        let round = revision.map_or(0, |revision| revision + 1);
        let meta = self.claim_meta("claim", stream, owner, round);
        match self.target.transact::<ClaimRules>(stream, command, meta).await {
            Ok(_) => Ok(Some(NewClaim { stream, owner })),
            // Another row was quicker.
            Err(Refusal::Row(_)) => Err(taken().into()),
            Err(stop) => Err(stop),
        }
    }

    /// Keeps the claim when the person was added, and releases it when the person was refused.
    pub(super) async fn settle_claim(
        &self,
        claim: Option<NewClaim>,
        done: Result<Done, Refusal>,
    ) -> Result<Done, Refusal> {
        if let (Some(NewClaim { stream, owner }), Err(Refusal::Row(_))) = (claim, &done) {
            let (_, revision) = self.target.state_at::<ClaimRules>(stream).await?;
            let meta = self.claim_meta("release", stream, owner, revision.unwrap_or(0));
            let release = Command::Release { owner };
            self.target.transact::<ClaimRules>(stream, release, meta).await?;
        }
        done
    }

    /// Decides a command without recording anything.
    pub(super) async fn would_take<D: Decider>(
        &self,
        stream: StreamName,
        command: &D::Command,
        meta: &CommandMeta,
    ) -> Result<(), Refusal> {
        let state = self.target.state::<D>(stream).await?;
        let now = self.target.now();
        let effective_at = meta.effective_at.unwrap_or(now);
        let context = Context { now, effective_at, actor: meta.actor, basis: meta.basis };
        D::decide(&state, command, &context).map_err(refuse)?;
        Ok(())
    }

    /// A claim may be made, released and made again: each time is a command of its own.
    fn claim_meta(
        &self,
        step: &str,
        stream: StreamName,
        owner: SubjectId,
        round: u64,
    ) -> CommandMeta {
        let identity = [stream.to_string(), owner.to_string(), round.to_string()];
        let parts = identity.each_ref().map(String::as_bytes);
        let digest = request_digest(&self.keystore, step, &parts);
        let command = self.names.command(step, &identity);
        CommandMeta::new(command, digest, Actor::Operator).correlated(self.correlation)
    }
}

fn taken() -> Fault {
    let message = "the e-mail is the sign-in of somebody else: every person has an own one";
    Fault::new("email", codes::EMAIL_TAKEN, message)
}
