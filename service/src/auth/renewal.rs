//! Sessions that go on with another secret, and those that a new one takes the place of.

use ledger::access::Command;
use projections::Principal;
use projections::scope::Session;
use schemas::access::TokenRenewed;

use super::{Auth, IssueError};
use crate::tokens::TokenSecret;

impl Auth {
    /// Gives the session of somebody who showed again who it is another secret: the one of before opens nothing from then
    /// on, whoever has it. When the session ends stays as it was.
    ///
    /// # Errors
    /// When the session is over, or the ledger does not take it.
    pub async fn renew(
        &self,
        principal: Principal,
        session: Session,
    ) -> Result<String, IssueError> {
        let secret = TokenSecret::random().map_err(|_| IssueError::Random)?;
        let (token, secret_digest) = (session.token, secret.digest());
        let command = Command::RenewToken(TokenRenewed { token, secret_digest });
        let parts: [&[u8]; 2] = [&token.bytes(), &secret_digest.0];
        self.record(principal, "renew", command, &parts).await?;
        let text = secret.token(session.audience);
        self.used(&text);
        Ok(text)
    }

    /// Ends the session that somebody had in the same browser before signing in. It may have ended by itself, and who came
    /// in is in whether this is told or not.
    pub async fn end_former(&self, former: Option<(Principal, Session)>) {
        let Some((principal, session)) = former else { return };
        if let Err(error) = self.sign_out(principal, session).await {
            tracing::warn!(%error, "a session that a new one takes the place of was not ended");
        }
    }
}
