//! What lets a person in: links to set a password, sessions and how they end. Passwords themselves never pass through
//! here.

use async_graphql::{Context, ID, InputObject, SimpleObject};
use ledger::access::{AccessRules, Command};
use ledger::authority::Action;
use schemas::access::AccessEvent;
use schemas::{Actor, StreamName, TokenId};

use super::{Acted, Asked, bad_field, payloads};
use crate::error::{Failure, UserError};
use crate::gate::Reader;
use crate::identity;
use crate::read::person;
use crate::scalars::DateTime;
use crate::types::holder::Member;

/// How long a link is good: somebody who is invited may be on holiday.
const LINK_SECONDS: i64 = 7 * 86_400;

/// Make a link by which a person sets the own password: an invitation, or a way back in.
#[derive(Debug, Clone, InputObject)]
pub struct PasswordLinkMakeInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
}

/// Let somebody who lost the authenticator sign in without a code again. The person's passkeys go too, with the sessions
/// in which they were shown.
#[derive(Debug, Clone, InputObject)]
pub struct MemberRemoveSecondFactorInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
}

/// End every session of a person.
#[derive(Debug, Clone, InputObject)]
pub struct MemberEndSessionsInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
}

/// End a session of one's own.
#[derive(Debug, Clone, InputObject)]
pub struct SessionEndInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The session; without it, every session but the one that asks.
    pub session_id: Option<ID>,
}

/// A link by which a person sets the own password, once.
#[derive(Debug, Clone, SimpleObject)]
pub struct PasswordLink {
    /// The address on the customer portal's host, such as `/welcome?who=…&code=…`. Whoever has it can set the
    /// password: give it to the person only.
    pub path: String,
    /// The first instant at which it is no longer good.
    pub expires_at: DateTime,
}

/// Sessions that were ended.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct EndedSessions {
    /// How many.
    pub count: i32,
}

payloads! {
    /// What became of `passwordLinkMake`.
    PasswordLinkMakePayload {
        /// The link. It ends the one before it.
        link: PasswordLink
    }
    /// What became of `memberRemoveSecondFactor`.
    MemberRemoveSecondFactorPayload {
        /// The person.
        member: Member
    }
    /// What became of `memberEndSessions`.
    MemberEndSessionsPayload {
        /// What was ended.
        ended: EndedSessions
    }
    /// What became of `sessionEnd`.
    SessionEndPayload {
        /// What was ended.
        ended: EndedSessions
    }
}

/// Makes a link. A retry answers the same one.
///
/// # Errors
/// When it is refused, or fails.
pub async fn make_link(ctx: &Context<'_>, input: PasswordLinkMakeInput) -> Acted<PasswordLink> {
    let operation = "passwordLinkMake";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    let (asked, member, account) = asked.proven()?.person(&input.member_id).await?;
    let code = identity::password_code(asked.keystore(), asked.command, member);
    let secret_digest = identity::password_code_digest(&code);
    let expires_at = asked.at().plus_seconds(LINK_SECONDS);
    let command = Command::IssuePasswordLink { secret_digest, expires_at };
    let stream = StreamName::access(member.uuid());
    let (receipt, done) = asked.run::<AccessRules>(stream, Some(account), command).await?;
    let recorded = receipt.events.iter().find_map(|event| match event {
        AccessEvent::PasswordLinkIssued(issued) => Some(issued.expires_at),
        AccessEvent::PasswordSet(_)
        | AccessEvent::SecondFactorSet(_)
        | AccessEvent::SecondFactorUsed(_)
        | AccessEvent::RecoveryCodeUsed(_)
        | AccessEvent::SecondFactorRemoved(_)
        | AccessEvent::TokenIssued(_)
        | AccessEvent::TokenRevoked(_)
        | AccessEvent::TokenConfirmed(_)
        | AccessEvent::TokenRenewed(_)
        | AccessEvent::SingleSignOnUsed(_)
        | AccessEvent::PreferencesSet(_)
        | AccessEvent::NotificationChoicesSet(_)
        | AccessEvent::PasskeyAdded(_)
        | AccessEvent::PasskeyUsed(_)
        | AccessEvent::PasskeyRemoved(_)
        | AccessEvent::ApiTokenCreated(_)
        | AccessEvent::ApiTokenRevoked(_)
        | AccessEvent::ApiTokenUsed(_)
        | AccessEvent::AccessDenied(_) => None,
    });
    let path = format!("/welcome?who={member}&code={code}");
    let expires_at = recorded.unwrap_or(expires_at).into();
    Ok((Some(PasswordLink { path, expires_at }), done))
}

/// Lets somebody sign in without a code again, and no longer with a passkey. Nobody does that for oneself here: it takes
/// the password and a code.
///
/// # Errors
/// When it is refused, or fails.
pub async fn remove_second_factor(
    ctx: &Context<'_>,
    input: MemberRemoveSecondFactorInput,
) -> Acted<Member> {
    let operation = "memberRemoveSecondFactor";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    let (asked, member, account) = asked.proven()?.person(&input.member_id).await?;
    if asked.reader.actor() == Actor::Member(member) {
        return Err(UserError::about(
            "ONESELF",
            "memberId",
            "people remove their own second factor with their password and a code",
            "do it in your account, or ask another admin",
        )
        .into());
    }
    let stream = StreamName::access(member.uuid());
    let command = Command::RemoveAllFactors;
    let (_, done) = asked.run::<AccessRules>(stream, Some(account), command).await?;
    Ok((person(asked.gate, asked.reader, member), done))
}

/// Ends every session of somebody else, who may sign in anew: for who lost a device that was signed in.
///
/// # Errors
/// When it is refused, or fails.
pub async fn end_sessions_of(
    ctx: &Context<'_>,
    input: MemberEndSessionsInput,
) -> Acted<EndedSessions> {
    let operation = "memberEndSessions";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    let (asked, member, account) = asked.person(&input.member_id).await?;
    if asked.reader.actor() == Actor::Member(member) {
        return Err(UserError::about(
            "ONESELF",
            "memberId",
            "people end their own sessions in their account",
            "use `sessionEnd`, which keeps the session that asks",
        )
        .into());
    }
    let stream = StreamName::access(member.uuid());
    let command = Command::RevokeOtherTokens { kept: None };
    let (receipt, done) = asked.run::<AccessRules>(stream, Some(account), command).await?;
    let count = i32::try_from(receipt.events.len()).unwrap_or(i32::MAX);
    Ok((Some(EndedSessions { count }), done))
}

/// Ends sessions of whoever asks. A session that ended is out before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn end_session(ctx: &Context<'_>, input: SessionEndInput) -> Acted<EndedSessions> {
    let operation = "sessionEnd";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    // Whoever found an open browser may sign it out, and must not put its owner out elsewhere.
    let asked = asked.proven()?.oneself().await?;
    let (principal, tenant, session) = match (asked.reader, asked.reader.actor()) {
        (Reader::Tenant(scope), _) => {
            (scope.member().uuid(), Some(scope.account()), scope.session())
        }
        (Reader::Vendor(scope), Actor::Staff(staff)) => (staff.uuid(), None, scope.session()),
        (
            Reader::Vendor(_),
            Actor::System
            | Actor::Operator
            | Actor::Member(_)
            | Actor::Token(_)
            | Actor::License(_),
        ) => return Err(UserError::forbidden().into()),
    };
    let command = match &input.session_id {
        Some(id) => {
            let token: TokenId =
                id.parse().map_err(|_| bad_field("sessionId", &"expected the id of a session"))?;
            Command::RevokeToken { token }
        }
        None => Command::RevokeOtherTokens { kept: session.map(|session| session.token) },
    };
    let stream = StreamName::access(principal);
    let ran = asked.run::<AccessRules>(stream, tenant, command).await;
    let (receipt, done) = ran.map_err(|failure| match failure {
        Failure::User(error) if error.code == "TOKEN_NOT_FOUND" => {
            UserError::not_found("sessionId").into()
        }
        other @ (Failure::User(_) | Failure::Ours(_)) => other,
    })?;
    let count = i32::try_from(receipt.events.len()).unwrap_or(i32::MAX);
    Ok((Some(EndedSessions { count }), done))
}
