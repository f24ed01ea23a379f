//! Customers and people: open accounts, add members, add people of the vendor. An e-mail signs in
//! one person only, so it is claimed before the person is added, and let go when the person cannot
//! be added.

use async_graphql::{Context, ID, InputObject};
use ledger::account::{AccountRules, Command};
use ledger::authority::Action;
use ledger::claim::{ClaimRules, Command as ClaimCommand};
use ledger::staff::{Command as StaffCommand, StaffRules};
use schemas::account::{AccountProfile, PersonProfile};
use schemas::claim::ClaimPurpose;
use schemas::{AccountId, Digest, MemberId, Revision, StaffId, StreamName, SubjectId};
use uuid::Uuid;

use super::{Acted, Allowed, Asked, bad_field, payloads, person};
use crate::console::staff::{StaffMember, StaffRole};
use crate::error::{Failure, UserError, load_fault};
use crate::gate::{Reader, with_scope};
use crate::identity;
use crate::read;
use crate::types::account::{Account, Party};
use crate::types::holder::{Member, MemberRole};

pub(super) const NAME_CHARACTERS_MAX: usize = 200;
const EMAIL_CHARACTERS_MAX: usize = 254;

/// Open an account, or a sub-account of one.
#[derive(Debug, Clone, InputObject)]
pub struct AccountOpenInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// Its name.
    pub name: String,
    /// The vendor's own number for it. With it, opening twice opens once, whatever the command id.
    pub external_id: Option<String>,
    /// The account it is a sub-account of.
    pub parent_id: Option<ID>,
    /// What kind of party it is; else an organization. The account of a person has the person as its only member, who
    /// manages it, and is called as the person is.
    pub party: Option<Party>,
    /// The e-mail with which the person signs in, which nobody else may have; for the account of a person only.
    pub email: Option<String>,
}

/// Add a person to an account.
#[derive(Debug, Clone, InputObject)]
pub struct MemberAddInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// The person's name.
    pub name: String,
    /// The sign-in e-mail, which nobody else may have.
    pub email: String,
    /// What the person may do.
    pub role: MemberRole,
    /// The vendor's own number for the person.
    pub external_id: Option<String>,
}

/// Change what a person may do.
#[derive(Debug, Clone, InputObject)]
pub struct MemberChangeRoleInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
    /// What the person may do from now on.
    pub role: MemberRole,
}

/// Keep a person out until restored.
#[derive(Debug, Clone, InputObject)]
pub struct MemberSuspendInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
}

/// Let a suspended person in again.
#[derive(Debug, Clone, InputObject)]
pub struct MemberRestoreInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person.
    pub member_id: ID,
}

/// Say whether everybody of an account and of those below it needs a second factor.
#[derive(Debug, Clone, InputObject)]
pub struct AccountDemandSecondFactorInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The account.
    pub account_id: ID,
    /// Whether it is demanded.
    pub demanded: bool,
}

/// Add a person who works for the vendor.
#[derive(Debug, Clone, InputObject)]
pub struct StaffAddInput {
    /// The retry identity of this intent: a new UUID for each intent, the same for each retry.
    pub command_id: ID,
    /// The person's name.
    pub name: String,
    /// The sign-in e-mail, which nobody else may have.
    pub email: String,
    /// What the person may do.
    pub role: StaffRole,
}

payloads! {
    /// What became of `accountOpen`.
    AccountOpenPayload {
        /// The account.
        account: Account
    }
    /// What became of `memberAdd`.
    MemberAddPayload {
        /// The person.
        member: Member
    }
    /// What became of `memberChangeRole`.
    MemberChangeRolePayload {
        /// The person after it.
        member: Member
    }
    /// What became of `memberSuspend`.
    MemberSuspendPayload {
        /// The person after it.
        member: Member
    }
    /// What became of `memberRestore`.
    MemberRestorePayload {
        /// The person after it.
        member: Member
    }
    /// What became of `accountDemandSecondFactor`.
    AccountDemandSecondFactorPayload {
        /// The account after it.
        account: Account
    }
    /// What became of `staffAdd`.
    StaffAddPayload {
        /// The person.
        staff: StaffMember
    }
}

/// Opens an account.
///
/// # Errors
/// When it is refused, or fails.
pub async fn open(ctx: &Context<'_>, input: AccountOpenInput) -> Acted<Account> {
    let asked = Asked::operator(ctx, "accountOpen", &input, &input.command_id).await?;
    let name = text("name", &input.name, NAME_CHARACTERS_MAX)?;
    let parent =
        input.parent_id.as_ref().map(|id| asked.account_named(id, "parentId")).transpose()?;
    let account = match input.external_id.as_deref() {
        Some(number) => identity::account_id(asked.keystore(), number),
        None => AccountId::new(asked.made("account")),
    };
    let _turn = asked.gate.turn.read().await;
    if let Some(parent) = parent {
        asked.expect_kept(parent, account).await?;
        person::expect_organization(&asked, parent)?;
    }
    if input.party == Some(Party::Person) {
        let done = person::open(&asked, account, parent, &input).await?;
        return Ok((account_after(&asked, account), done));
    }
    if input.email.is_some() {
        return Err(bad_field("email", &"only the account of a person is opened with an e-mail"));
    }
    let command = Command::Open {
        account,
        parent,
        party: schemas::account::Party::Organization,
        profile: AccountProfile { name, external_id: input.external_id },
    };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}

pub(super) fn account_after(asked: &Allowed<'_>, account: AccountId) -> Option<Account> {
    asked.gate.projections.read(|views| {
        with_scope!(asked.reader, |scope| views
            .account(scope, account)
            .map(|row| Account::from(&**row)))
    })
}

/// Says whether everybody needs a second factor. It holds before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn demand_second_factor(
    ctx: &Context<'_>,
    input: AccountDemandSecondFactorInput,
) -> Acted<Account> {
    let operation = "accountDemandSecondFactor";
    let asked = Asked::new(ctx, Action::ManageSignIn, operation, &input, &input.command_id).await?;
    let (asked, account) = asked.proven()?.account(&input.account_id).await?;
    if let Reader::Tenant(scope) = asked.reader
        && input.demanded
        && asked
            .gate
            .projections
            .read(|views| views.second_factor_since(&scope, scope.member()).is_none())
    {
        // Else the next thing that this admin does would be refused.
        let error = UserError::about(
            "SECOND_FACTOR_FIRST",
            "demanded",
            "you have no second factor yourself",
            "set up your own in your account first",
        );
        return Err(error.into());
    }
    let command = Command::SetSecondFactorRule { demanded: input.demanded };
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command).await?;
    Ok((account_after(&asked, account), done))
}

/// Adds a person to an account.
///
/// # Errors
/// When it is refused, or fails.
pub async fn add_member(ctx: &Context<'_>, input: MemberAddInput) -> Acted<Member> {
    // Whoever is added without a role of its own cannot do anything yet.
    let plain = input.role == MemberRole::Member;
    let action = if plain { Action::ManagePeople } else { Action::SetRoles };
    let asked = Asked::new(ctx, action, "memberAdd", &input, &input.command_id).await?;
    let asked = if plain { asked } else { asked.proven()? };
    let (asked, account) = asked.account(&input.account_id).await?;
    person::expect_joinable(&asked, account).await?;
    let profile = profile(&input.name, &input.email, input.external_id)?;
    let member = MemberId::new(asked.made("member"));
    let (claim, email_digest) = claim_on(&asked, &profile.email);
    claim_email(&asked, claim, member.into()).await?;
    let command = Command::AddMember { member, role: input.role.into(), email_digest, profile };
    match asked.run::<AccountRules>(account, Some(account), command).await {
        Ok((_, done)) => Ok((read::person(asked.gate, asked.reader, member), done)),
        Err(failure) => Err(let_go(&asked, claim, member.into(), failure).await),
    }
}

/// Changes what a person may do. It holds before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn change_role(ctx: &Context<'_>, input: MemberChangeRoleInput) -> Acted<Member> {
    let operation = "memberChangeRole";
    let asked = Asked::new(ctx, Action::SetRoles, operation, &input, &input.command_id).await?;
    let role = input.role.into();
    on_member(asked.proven()?, &input.member_id, |member| Command::ChangeRole { member, role })
        .await
}

/// Keeps a person out: whoever is signed in as the person is out before the answer is given.
///
/// # Errors
/// When it is refused, or fails.
pub async fn suspend(ctx: &Context<'_>, input: MemberSuspendInput) -> Acted<Member> {
    let operation = "memberSuspend";
    let asked = Asked::new(ctx, Action::ManagePeople, operation, &input, &input.command_id).await?;
    on_member(asked, &input.member_id, |member| Command::SuspendMember { member }).await
}

/// Lets a person in again.
///
/// # Errors
/// When it is refused, or fails.
pub async fn restore(ctx: &Context<'_>, input: MemberRestoreInput) -> Acted<Member> {
    let operation = "memberRestore";
    let asked = Asked::new(ctx, Action::ManagePeople, operation, &input, &input.command_id).await?;
    on_member(asked, &input.member_id, |member| Command::RestoreMember { member }).await
}

async fn on_member(
    asked: Asked<'_>,
    id: &ID,
    command: impl FnOnce(MemberId) -> Command,
) -> Acted<Member> {
    let (asked, member, account) = asked.person(id).await?;
    let (_, done) = asked.run::<AccountRules>(account, Some(account), command(member)).await?;
    Ok((read::person(asked.gate, asked.reader, member), done))
}

/// Adds a person of the vendor.
///
/// # Errors
/// When it is refused, or fails.
pub async fn add_staff(ctx: &Context<'_>, input: StaffAddInput) -> Acted<StaffMember> {
    let asked = Asked::new(ctx, Action::Operate, "staffAdd", &input, &input.command_id).await?;
    let asked = asked.proven()?.vendor().await?;
    let profile = profile(&input.name, &input.email, None)?;
    let staff = StaffId::new(asked.made("staff"));
    let (claim, email_digest) = claim_on(&asked, &profile.email);
    claim_email(&asked, claim, staff.into()).await?;
    let command = StaffCommand::Add { staff, role: input.role.into(), email_digest, profile };
    match asked.run::<StaffRules>(staff, None, command).await {
        Ok((_, done)) => {
            let found = match asked.reader {
                Reader::Tenant(_) => None,
                Reader::Vendor(scope) => asked
                    .gate
                    .projections
                    .read(|views| views.staff(&scope, staff).map(|row| StaffMember::from(&**row))),
            };
            Ok((found, done))
        }
        Err(failure) => Err(let_go(&asked, claim, staff.into(), failure).await),
    }
}

/// The claim on a sign-in e-mail, and the keyed hash of the e-mail.
pub(super) fn claim_on(asked: &Allowed<'_>, email: &str) -> (StreamName, Digest) {
    let digest = asked.keystore().digest("email", email.as_bytes());
    (claim_of(&digest), digest)
}

/// The claim on the e-mail with this keyed hash.
fn claim_of(digest: &Digest) -> StreamName {
    let first = digest.0.first_chunk::<16>().copied().unwrap_or_default();
    StreamName::claim(Uuid::from_bytes(first))
}

pub(super) async fn claim_email(
    asked: &Allowed<'_>,
    claim: StreamName,
    owner: SubjectId,
) -> Result<(), Failure> {
    let held = held(asked, claim).await?;
    if held.by == Some(owner) {
        return Ok(());
    }
    let step = held.step("claim");
    let claiming = || {
        let command = ClaimCommand::Claim { purpose: ClaimPurpose::SignInEmail, owner };
        asked.step::<ClaimRules>(&step, claim, None, command)
    };
    let claimed = match claiming().await {
        Err(Failure::User(error))
            if error.code == "VALUE_TAKEN" && let_go_by_the_erased(asked, claim).await? =>
        {
            claiming().await
        }
        first => first,
    };
    claimed.map(|_| ()).map_err(|failure| match failure {
        Failure::User(error) if error.code == "VALUE_TAKEN" => UserError {
            code: "EMAIL_TAKEN".to_owned(),
            message: "somebody already signs in with this e-mail".to_owned(),
            field: Some(vec!["input".to_owned(), "email".to_owned()]),
            advice: "use another e-mail".to_owned(),
            rule: error.rule,
        }
        .into(),
        other @ (Failure::User(_) | Failure::Ours(_)) => other,
    })
}

/// Who holds a claim, and since when.
struct Held {
    by: Option<SubjectId>,
    revision: Option<Revision>,
}

impl Held {
    /// The name of a step from here. A step that was undone meanwhile is another one: a retry of an intent that was refused
    /// claims anew, and lets go anew.
    fn step(&self, what: &str) -> String {
        self.revision.map_or_else(|| what.to_owned(), |revision| format!("{what} after {revision}"))
    }
}

async fn held(asked: &Allowed<'_>, claim: StreamName) -> Result<Held, Failure> {
    let loaded = asked.gate.ledger.load::<ClaimRules>(claim).await;
    let (state, revision) = loaded.map_err(|error| Failure::Ours(load_fault(&error)))?;
    Ok(Held { by: state.holder.map(|holder| holder.owner), revision })
}

/// Whoever is erased holds no e-mail, also where the erasure was interrupted before it let the e-mail go.
async fn let_go_by_the_erased(asked: &Allowed<'_>, claim: StreamName) -> Result<bool, Failure> {
    let owner = held(asked, claim).await?.by;
    let erased = owner.filter(|owner| asked.gate.projections.read(|views| views.is_erased(*owner)));
    let Some(owner) = erased else { return Ok(false) };
    let command = ClaimCommand::Release { owner };
    asked.step::<ClaimRules>("let go", claim, None, command).await.map(|_| true)
}

/// Lets the e-mail with this keyed hash go, so that somebody else may have it. One that is somebody else's by now stays so.
pub(super) async fn release_email(
    asked: &Allowed<'_>,
    step: &str,
    email: &Digest,
    owner: SubjectId,
) -> Result<(), Failure> {
    let (claim, command) = (claim_of(email), ClaimCommand::Release { owner });
    let held = held(asked, claim).await?;
    if held.by != Some(owner) {
        return Ok(());
    }
    match asked.step::<ClaimRules>(&held.step(step), claim, None, command).await {
        Ok(_) | Err(Failure::User(_)) => Ok(()),
        Err(failure @ Failure::Ours(_)) => Err(failure),
    }
}

/// A person who was refused holds no e-mail. When the outcome is not known, the claim stays: the
/// retry needs it.
pub(super) async fn let_go(
    asked: &Allowed<'_>,
    claim: StreamName,
    owner: SubjectId,
    failure: Failure,
) -> Failure {
    if matches!(failure, Failure::User(_)) {
        let command = ClaimCommand::Release { owner };
        let released = match held(asked, claim).await {
            Ok(held) if held.by == Some(owner) => {
                asked.step::<ClaimRules>(&held.step("release"), claim, None, command).await
            }
            Ok(_) => return failure,
            Err(error) => Err(error),
        };
        if let Err(Failure::Ours(_)) = released {
            tracing::error!("a claimed e-mail could not be let go");
        }
    }
    failure
}

pub(super) fn profile(
    name: &str,
    email: &str,
    external_id: Option<String>,
) -> Result<PersonProfile, Failure> {
    let email = email.trim().to_lowercase();
    let well_formed = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@')
    });
    if !well_formed || email.len() > EMAIL_CHARACTERS_MAX || email.chars().any(char::is_whitespace)
    {
        return Err(bad_field("email", &"expected an e-mail address"));
    }
    Ok(PersonProfile { name: text("name", name, NAME_CHARACTERS_MAX)?, email, external_id })
}

pub(super) fn text(field: &str, given: &str, characters_max: usize) -> Result<String, Failure> {
    let given = given.trim();
    if given.is_empty() || given.chars().count() > characters_max {
        return Err(bad_field(field, &format!("expected 1 to {characters_max} characters")));
    }
    Ok(given.to_owned())
}
