//! Coming in through the identity provider of an account. INVARIANT (never by the e-mail): who somebody is at the
//! provider says who it is here. The e-mail counts once, for somebody of that very account, where the provider has
//! verified it; from then on the two are linked.

use std::net::IpAddr;
use std::time::Instant;

use ledger::access::Command as AccessCommand;
use ledger::account::{AccountRules, Command as AccountCommand};
use ledger::authority::Basis;
use ledger::decider::Rejection as _;
use ledger_log::{CommandMeta, TransactError, derive};
use projections::Principal;
use projections::scope::{SaidByProvider, Session};
use projections::views::single_sign_on::Provider;
use schemas::access::{Audience, SingleSignOnUsed, TokenIssued};
use schemas::{AccountId, Actor, CommandId, Digest, MemberId, TokenId};

use super::{Auth, EMAIL_BYTES_MAX, IssueError, SignedIn};
use crate::single_sign_on::pending::{self, Pending};
use crate::single_sign_on::{Refused, Said};
use crate::tokens::{self, TokenSecret};

/// How long ago somebody who was asked again may have shown who it is, and how far the clocks may differ.
const AGAIN_SECONDS_MAX: i64 = 5 * 60;

/// Where a browser is sent, and what it holds until it is back.
pub struct Begun {
    /// The address at the provider.
    pub address: String,
    /// A secret of this browser alone.
    pub holder: String,
}

/// What a browser brings back from a provider.
pub struct Returned {
    /// The secret of the browser.
    pub holder: Option<String>,
    /// Whose provider it should be, as the address says.
    pub account: Option<AccountId>,
    /// The code.
    pub code: Option<String>,
    /// What was sent along.
    pub state: Option<String>,
    /// Who answers, where it says so (RFC 9207).
    pub issuer: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// Somebody came back.
pub struct CameBack {
    /// The session.
    pub signed_in: SignedIn,
    /// Where to go.
    pub next: String,
}

impl Auth {
    /// Sends somebody to the provider that its e-mail leads to. An e-mail that is nobody's and one whose account has no
    /// provider are one answer. Whoever then comes in does so in place of the former session of that browser.
    ///
    /// # Errors
    /// When there is none, or it cannot be asked.
    pub async fn send_to_provider(
        &self,
        email: &str,
        next: &str,
        origin: &str,
        from: IpAddr,
        former: Option<(Principal, Session)>,
    ) -> Result<Begun, Refused> {
        let email = crate::people::email_digest(
            self.engine.keystore(),
            email.get(..EMAIL_BYTES_MAX).unwrap_or(email),
        );
        let admitted = self.throttle.admit(throttled(&email), from, Instant::now());
        admitted.map_err(Refused::Throttled)?;
        let views = self.engine.projections();
        let now = self.engine.ledger().clock().now();
        let provider = views.read(|views| {
            let account = views.account_of_provider_by_email(&email, now)?;
            views.provider(account)
        });
        let provider = provider.ok_or(Refused::NoProvider)?;
        let begun = self.send(provider, next, origin, (None, former)).await?;
        self.throttle.succeeded(throttled(&email), from, Instant::now());
        Ok(begun)
    }

    /// Sends somebody who is signed in to the provider to show again who it is.
    ///
    /// # Errors
    /// When the account has none, or it cannot be asked.
    pub async fn send_to_provider_again(
        &self,
        member: MemberId,
        session: Session,
        next: &str,
        origin: &str,
    ) -> Result<Begun, Refused> {
        let now = self.engine.ledger().clock().now();
        let provider = self.engine.projections().read(|views| {
            let account = views.account_of_provider(member, now)?;
            views.provider(account)
        });
        let provider = provider.ok_or(Refused::NoProvider)?;
        let former = Some((Principal::Member(member), session));
        self.send(provider, next, origin, (Some(member), former)).await
    }

    async fn send(
        &self,
        provider: Provider,
        next: &str,
        origin: &str,
        (again, former): (Option<MemberId>, Option<(Principal, Session)>),
    ) -> Result<Begun, Refused> {
        let redirect = format!("{origin}/sign-in/organization/{}", provider.account);
        let now = self.engine.ledger().clock().now();
        let sent = self.providers.send(&provider, &redirect, again.is_some(), now).await?;
        let address = sent.address.clone();
        let holder = tokens::random_text().map_err(|_| IssueError::Random)?;
        let pending = Pending {
            account: provider.account,
            provider_since: provider.since,
            sent,
            redirect,
            next: next.to_owned(),
            again,
            former,
            until: now.plus_seconds(pending::SECONDS_MAX),
        };
        let kept = self.pending.keep(holder_digest(&holder), pending, now);
        if kept { Ok(Begun { address, holder }) } else { Err(Refused::Busy) }
    }

    /// Lets somebody in who comes back from a provider. What was begun is used up, however it ends.
    ///
    /// # Errors
    /// When nobody comes in.
    pub async fn come_back(&self, returned: Returned) -> Result<CameBack, Refused> {
        let now = self.engine.ledger().clock().now();
        let holder = returned.holder.as_deref().map(holder_digest);
        let taken = holder.and_then(|holder| self.pending.take(holder, now));
        let pending = taken.ok_or(Refused::NotBegun)?;
        // Hashed first, so that how long it takes says nothing of how much was right.
        let same = |a: &str, b: &str| blake3::hash(a.as_bytes()) == blake3::hash(b.as_bytes());
        if !same(returned.state.as_deref().unwrap_or_default(), &pending.sent.state) {
            return Err(Refused::StateDiffers);
        }
        let provider = self.engine.projections().read(|views| views.provider(pending.account));
        let provider = provider.filter(|one| one.since == pending.provider_since);
        let provider = provider.ok_or(Refused::NoProvider)?;
        // INVARIANT (no mix-up): each provider sends back to an address of its own, and says who it is where it can.
        if returned.account != Some(pending.account)
            || returned.issuer.is_some_and(|issuer| issuer != provider.issuer)
        {
            return Err(Refused::AnotherProvider);
        }
        if let Some(error) = returned.error {
            return Err(Refused::ByProvider(visible(&error)));
        }
        let code = returned.code.ok_or(Refused::NotBegun)?;
        let said = self.providers.ask(&provider, &pending.redirect, &pending.sent, code, now);
        let said = said.await?;
        let member = self.who(&provider, &said, &pending).await?;
        self.let_in(member, &said, pending).await
    }

    /// Who it is here. The first time, the e-mail says it.
    async fn who(
        &self,
        provider: &Provider,
        said: &Said,
        pending: &Pending,
    ) -> Result<MemberId, Refused> {
        let keystore = self.engine.keystore();
        let named = [provider.issuer.as_bytes(), &[0], said.subject.as_bytes()].concat();
        let identity = keystore.digest("identity", &named);
        let account = provider.account;
        let views = self.engine.projections();
        let known = views.read(|views| views.member_by_identity(account, &identity));
        let (member, is_new) = match known {
            Some(member) => (member, false),
            None => {
                let email = said.email.as_deref().ok_or(Refused::EmailNotVerified)?;
                let email = crate::people::email_digest(keystore, email);
                let found = views.read(|views| views.member_by_email(account, &email));
                (found.ok_or(Refused::NotOfThisAccount)?, true)
            }
        };
        // Whoever is kept out, or may do something above the account, does not come in through its provider.
        let now = self.engine.ledger().clock().now();
        let may = views.read(|views| {
            views.account_of_provider(member, now) == Some(account)
                && views.may_sign_in(Principal::Member(member))
        });
        if !may {
            return Err(Refused::NotOfThisAccount);
        }
        self.check_shown(pending, member, said)?;
        if is_new {
            self.link(account, member, identity).await?;
        }
        Ok(member)
    }

    async fn link(
        &self,
        account: AccountId,
        member: MemberId,
        identity: Digest,
    ) -> Result<(), Refused> {
        let ledger = self.engine.ledger();
        let id = derive::new_uuid(ledger.clock().now()).map_err(|_| IssueError::Random)?;
        let parts: [&[u8]; 2] = [&member.bytes(), &identity.0];
        let digest = derive::request_digest(self.engine.keystore(), "link_identity", &parts);
        let meta = CommandMeta::new(CommandId::new(id), digest, Actor::Member(member))
            .for_tenant(Some(account))
            .by(Basis::oneself());
        let command = AccountCommand::LinkIdentity { member, identity };
        match ledger.transact::<AccountRules>(account.into(), command, meta).await {
            Ok(_) => Ok(()),
            Err(TransactError::Rejected(rejection)) => {
                tracing::warn!(code = rejection.code(), "an identity was not linked");
                Err(Refused::LinkedOtherwise)
            }
            Err(error) => {
                tracing::error!(%error, "an identity could not be linked");
                Err(Refused::Busy)
            }
        }
    }

    /// Whoever is to show again who it is did so just now, and is the same person. Whoever signs in did not show it
    /// longer ago than the provider was asked for.
    fn check_shown(&self, pending: &Pending, member: MemberId, said: &Said) -> Result<(), Refused> {
        let since = |at: i64| self.now_seconds().saturating_sub(at);
        let is_shown = match pending.again {
            Some(asked) if asked != member => return Err(Refused::AnotherPerson),
            Some(_) => said.authenticated_at.is_some_and(|at| since(at).abs() <= AGAIN_SECONDS_MAX),
            // Clocks differ by as much as is allowed above.
            None => said
                .authenticated_at
                .is_none_or(|at| since(at) <= tokens::LIFETIME_SECONDS + AGAIN_SECONDS_MAX),
        };
        if is_shown { Ok(()) } else { Err(Refused::NotAgain) }
    }

    async fn let_in(
        &self,
        member: MemberId,
        said: &Said,
        pending: Pending,
    ) -> Result<CameBack, Refused> {
        let principal = Principal::Member(member);
        let now = self.engine.ledger().clock().now();
        let shown = said.authenticated_at.and_then(|at| at.checked_mul(1_000_000));
        let shown = shown.map(schemas::Timestamp::from_micros);
        // Not said: as long ago as was allowed.
        let shown = shown.unwrap_or_else(|| now.plus_seconds(-tokens::LIFETIME_SECONDS));
        let said =
            SaidByProvider { second_factor: said.second_factor, authenticated_at: shown.min(now) };
        if !said.second_factor && self.has_second_factor(principal) {
            let ticket = self.ticket_by_provider(principal, said);
            return Err(Refused::CodeNeeded { ticket });
        }
        let signed_in = self.issue_by_provider(member, said).await?;
        self.end_former(pending.former).await;
        Ok(CameBack { signed_in, next: pending.next })
    }

    /// Issues a token to somebody who came in through the provider of its account.
    pub(super) async fn issue_by_provider(
        &self,
        member: MemberId,
        said: SaidByProvider,
    ) -> Result<SignedIn, IssueError> {
        let audience = Audience::Portal;
        let now = self.engine.ledger().clock().now();
        let secret = TokenSecret::random().map_err(|_| IssueError::Random)?;
        let token = TokenId::new(derive::new_uuid(now).map_err(|_| IssueError::Random)?);
        let expires_at = now.plus_seconds(tokens::LIFETIME_SECONDS);
        let secret_digest = secret.digest();
        let issued = TokenIssued { token, audience, secret_digest, expires_at };
        let SaidByProvider { second_factor, authenticated_at } = said;
        let used = SingleSignOnUsed { token, second_factor, authenticated_at };
        let command = AccessCommand::IssueTokenBySingleSignOn { issued, used };
        let parts: [&[u8]; 2] = [&token.bytes(), &secret_digest.0];
        let principal = Principal::Member(member);
        self.record(principal, "single_sign_on", command, &parts).await?;
        Ok(SignedIn { token: secret.token(audience), expires_at, principal })
    }

    /// Whether the password alone does not let somebody in.
    #[must_use]
    pub fn asks_for_more(&self, principal: Principal) -> bool {
        self.requires_single_sign_on(principal) || self.has_second_factor(principal)
    }

    /// Whether a person comes in through the provider of its account only.
    pub(super) fn requires_single_sign_on(&self, principal: Principal) -> bool {
        match principal {
            Principal::Member(member) => {
                let now = self.engine.ledger().clock().now();
                let views = self.engine.projections();
                views.read(|views| views.requires_single_sign_on(member, now))
            }
            Principal::Staff(_) => false,
        }
    }
}

/// Counted apart from passwords: neither uses up the tries of the other.
fn throttled(email: &Digest) -> [u8; 32] {
    blake3::derive_key("deedbook 2026 throttled single sign-on v1", &email.0)
}

fn holder_digest(holder: &str) -> Digest {
    Digest(blake3::derive_key("deedbook 2026 single sign-on under way v1", holder.as_bytes()))
}

/// What a stranger typed into an address, for the log.
fn visible(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(64).collect()
}
