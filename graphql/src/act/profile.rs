//! What people are called, and how they want pages to look. A name is one's own to change; an e-mail, which signs in and is
//! claimed, an admin's.

use async_graphql::{Context, ID, InputObject};
use ledger::access::{AccessRules, Command as AccessCommand};
use ledger::account::{AccountRules, Command};
use ledger::authority::Action;
use schemas::access::Preferences as PreferencesFact;
use schemas::account::{AccountEvent, MemberRole, PersonProfile};
use schemas::{AccountId, Actor, Digest, MemberId, StreamName, SubjectId};

use super::account::{
    NAME_CHARACTERS_MAX, claim_email, claim_on, let_go, profile, release_email, text,
};
use super::{Acted, Allowed, Asked, payloads};
use crate::error::UserError;
use crate::gate::{Reader, with_scope};
use crate::read::person;
use crate::types::holder::Member;
use crate::types::session::{Preferences, Theme};

/// Change one's own name.
#[derive(Debug, Clone, InputObject)]
pub struct ProfileChangeInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The name from now on.
    pub name: String,
}

/// Change what a person is called, or signs in with. What is not given stays.
#[derive(Debug, Clone, InputObject)]
pub struct MemberChangeProfileInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
    /// The name.
    pub name: Option<String>,
    /// The sign-in e-mail, which nobody else may have.
    pub email: Option<String>,
    /// The vendor's own number for the person.
    pub external_id: Option<String>,
}

/// Choose how pages look, in every browser that one signs in with.
#[derive(Debug, Clone, InputObject)]
pub struct PreferencesSetInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The time zone in which times are shown, as IANA names it; null: that of the browser.
    pub time_zone: Option<String>,
    /// Light or dark; null: as the browser has it.
    pub theme: Option<Theme>,
}

payloads! {
    /// What became of `profileChange`.
    ProfileChangePayload {
        /// The person after it.
        member: Member
    }
    /// What became of `memberChangeProfile`.
    MemberChangeProfilePayload {
        /// The person after it.
        member: Member
    }
    /// What became of `preferencesSet`.
    PreferencesSetPayload {
        /// What was chosen.
        preferences: Preferences
    }
}

/// Changes the caller's own name.
///
/// # Errors
/// When it is refused, or fails.
pub async fn change_own(ctx: &Context<'_>, input: ProfileChangeInput) -> Acted<Member> {
    let operation = "profileChange";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    let asked = asked.oneself().await?;
    let Reader::Tenant(scope) = asked.reader else { return Err(UserError::forbidden().into()) };
    let (member, account) = (scope.member(), scope.account());
    let known = known(&asked, member)?;
    let name = text("name", &input.name, NAME_CHARACTERS_MAX)?;
    change(asked, member, account, &known, PersonProfile { name, ..known.clone() }).await
}

/// Changes what somebody is called, or signs in with. A program changes the e-mail only of whoever has no role.
///
/// # Errors
/// When it is refused, or fails.
pub async fn change_member(ctx: &Context<'_>, input: MemberChangeProfileInput) -> Acted<Member> {
    let operation = "memberChangeProfile";
    let asked = Asked::new(ctx, Action::ManagePeople, operation, &input, &input.command_id).await?;
    let by_program = asked.reader.program().is_some();
    let proves = input.email.is_some() && !by_program;
    let asked = if proves { asked.proven()? } else { asked };
    let (asked, member, account) = asked.person(&input.member_id).await?;
    let known = known(&asked, member)?;
    let wanted = profile(
        input.name.as_deref().unwrap_or(&known.name),
        input.email.as_deref().unwrap_or(&known.email),
        input.external_id.or_else(|| known.external_id.clone()),
    )?;
    if asked.reader.actor() == Actor::Member(member) && wanted.email != known.email {
        return Err(UserError::about(
            "OWN_EMAIL",
            "email",
            "people do not change the e-mail they sign in with themselves",
            "ask another admin of your organization",
        )
        .into());
    }
    if by_program && wanted.email != known.email && has_role(&asked, member) {
        return Err(UserError::beyond_token().into());
    }
    change(asked, member, account, &known, wanted).await
}

/// Remembers how the caller wants pages to look.
///
/// # Errors
/// When it is refused, or fails.
pub async fn set_preferences(ctx: &Context<'_>, input: PreferencesSetInput) -> Acted<Preferences> {
    let operation = "preferencesSet";
    let asked = Asked::new(ctx, Action::BeOneself, operation, &input, &input.command_id).await?;
    let asked = asked.oneself().await?;
    let (principal, subject, tenant) = match asked.reader.actor() {
        Actor::Member(member) => {
            let Reader::Tenant(scope) = asked.reader else {
                return Err(UserError::forbidden().into());
            };
            (member.uuid(), SubjectId::from(member), Some(scope.account()))
        }
        Actor::Staff(staff) => (staff.uuid(), staff.into(), None),
        Actor::System | Actor::Operator | Actor::Token(_) | Actor::License(_) => {
            return Err(UserError::forbidden().into());
        }
    };
    let theme = input.theme.map(Into::into);
    let preferences = PreferencesFact { time_zone: input.time_zone, theme };
    let told = Preferences::of(&preferences);
    let command = AccessCommand::SetPreferences { subject, preferences };
    let stream = StreamName::access(principal);
    let (_, done) = asked.run::<AccessRules>(stream, tenant, command).await?;
    Ok((Some(told), done))
}

async fn change(
    asked: Allowed<'_>,
    member: MemberId,
    account: AccountId,
    known: &PersonProfile,
    wanted: PersonProfile,
) -> Acted<Member> {
    let (claim, email_digest) = claim_on(&asked, &wanted.email);
    let email_known = claim_on(&asked, &known.email).1;
    let is_new = wanted.email != known.email;
    if is_new {
        claim_email(&asked, claim, member.into()).await?;
    }
    let command = Command::ChangeProfile { member, email_known, email_digest, profile: wanted };
    let (receipt, done) = match asked.run::<AccountRules>(account, Some(account), command).await {
        Ok(ran) => ran,
        Err(failure) if is_new => {
            return Err(let_go(&asked, claim, member.into(), failure).await);
        }
        Err(failure) => return Err(failure),
    };
    // A retry lets it go too: the fact says which it was.
    let before = receipt.events.iter().find_map(|event| {
        if let AccountEvent::MemberProfileChanged(changed) = event {
            changed.email_before
        } else {
            None
        }
    });
    // Not where it was given back to the person meanwhile.
    if let Some(before) = before.filter(|before| email_of(&asked, member) != Some(*before)) {
        release_email(&asked, "release old", &before, member.into()).await?;
    }
    Ok((person(asked.gate, asked.reader, member), done))
}

/// What somebody is called now.
fn known(asked: &Allowed<'_>, member: MemberId) -> Result<PersonProfile, UserError> {
    let row = asked
        .gate
        .projections
        .read(|views| with_scope!(asked.reader, |scope| views.member(scope, member).cloned()));
    let profile = row.and_then(|row| row.profile.value.clone());
    profile.ok_or_else(|| {
        UserError::about(
            "MEMBER_ERASED",
            "memberId",
            "the data of the person is erased",
            "add the person anew",
        )
    })
}

/// Whether somebody may do anything beside what everybody may: by a role of its own, or by one that was granted.
fn has_role(asked: &Allowed<'_>, member: MemberId) -> bool {
    let now = asked.gate.now();
    asked.gate.projections.read(|views| {
        with_scope!(asked.reader, |scope| {
            let own = views.member(scope, member).map(|row| row.role);
            own != Some(MemberRole::Member)
                || views.grants_of(scope, member).any(|grant| grant.is_live(now))
        })
    })
}

/// The keyed hash of the e-mail that somebody signs in with now.
fn email_of(asked: &Allowed<'_>, member: MemberId) -> Option<Digest> {
    asked.gate.projections.read(|views| {
        with_scope!(asked.reader, |scope| views.member(scope, member).map(|row| row.email_digest))
    })
}
