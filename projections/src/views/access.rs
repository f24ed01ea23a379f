//! Who may come in: people by their e-mail, passwords, bearer tokens by the hash of their secret.
//! Everything here acts before the command that changed it is acknowledged.

mod api_tokens;
mod credentials;
mod notices;
mod passkeys;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use ledger_log::RecordedEvent;
use schemas::access::{AccessEvent, Audience, TokenIssued};
use schemas::account::PersonProfile;
use schemas::staff::{StaffEvent, StaffRole};
use schemas::{Digest, MemberId, Personal, StaffId, SubjectId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::digest::{Tally, ViewVersion};
use crate::kept::Rows;
use crate::personal::{HoldsPersonal, PersonalField};
use crate::row_text::RowText;
use crate::scope::{AuthenticationError, SaidByProvider, Session, TenantScope, VendorScope};
use crate::views::Views;
use crate::views::tallied::TalliedView;

pub use api_tokens::ApiTokenRow;
pub use credentials::{CredentialsRow, LinkRow, SecondFactorRow, TokenRow};
pub use notices::{NoticeRow, Notices, Outcome};
pub use passkeys::{KnownPasskey, PasskeyRow};

/// Somebody who can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A person of a customer.
    Member(MemberId),
    /// A person of the vendor.
    Staff(StaffId),
}

impl Principal {
    /// The id that names the principal's access stream.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Member(member) => member.uuid(),
            Self::Staff(staff) => staff.uuid(),
        }
    }
}

/// One person of the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    /// The person.
    pub staff: StaffId,
    /// What the person may do.
    pub role: StaffRole,
    /// The keyed hash of the sign-in e-mail.
    pub email_digest: Digest,
    /// Name and e-mail.
    #[serde(skip)]
    pub profile: Personal<PersonProfile>,
    /// When the person was added.
    pub added_at: Timestamp,
    /// Since when the person is kept out.
    pub suspended_at: Option<Timestamp>,
    /// Since when the personal data is erased.
    pub erased_at: Option<Timestamp>,
}

impl StaffRow {
    /// Whether the person may come in.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        self.suspended_at.is_none() && self.erased_at.is_none()
    }
}

impl HoldsPersonal for StaffRow {
    fn each_personal(&mut self, visit: &mut dyn FnMut(&mut dyn PersonalField)) {
        visit(&mut self.profile);
    }
}

/// The row of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AccessKey {
    Staff(StaffId),
    Credentials(Uuid),
}

/// Everybody who can sign in, and with what.
#[derive(Debug)]
pub struct Access {
    staff: BTreeMap<StaffId, Arc<StaffRow>>,
    credentials: Rows<Uuid, CredentialsRow>,
    members_by_email: BTreeMap<Digest, MemberId>,
    staff_by_email: BTreeMap<Digest, StaffId>,
    by_secret: BTreeMap<Digest, (Uuid, TokenId)>,
    tally: Mutex<Tally<AccessKey>>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            staff: BTreeMap::new(),
            credentials: Rows::default(),
            members_by_email: BTreeMap::new(),
            staff_by_email: BTreeMap::new(),
            by_secret: BTreeMap::new(),
            tally: Mutex::new(Tally::new(Self::VERSION)),
        }
    }
}

/// What a snapshot keeps of it, beside the rows of credentials. Lists are in the order of their keys.
pub(crate) struct FrozenAccess {
    pub staff: Vec<Arc<StaffRow>>,
    /// Which member had an e-mail first.
    pub members_by_email: Vec<(Digest, MemberId)>,
    /// Which person of the vendor had an e-mail first.
    pub staff_by_email: Vec<(Digest, StaffId)>,
    pub secrets: Vec<(Digest, Uuid, TokenId)>,
    pub hashes: Tally<AccessKey>,
}

impl Access {
    pub(crate) fn apply_staff(&mut self, event: &StaffEvent, recorded: &RecordedEvent) {
        let at = recorded.header.effective_at;
        match event {
            StaffEvent::StaffAdded(added) => self.add_staff(StaffRow {
                staff: added.staff,
                role: added.role,
                email_digest: added.email_digest,
                profile: added.personal.clone(),
                added_at: at,
                suspended_at: None,
                erased_at: None,
            }),
            StaffEvent::StaffRenamed(fact) => {
                self.change_staff(fact.staff, |row| row.profile = fact.personal.clone());
            }
            StaffEvent::StaffSuspended(fact) => {
                self.change_staff(fact.staff, |row| row.suspended_at = Some(at));
                self.end_sessions(fact.staff.uuid());
            }
            StaffEvent::StaffRestored(fact) => {
                self.change_staff(fact.staff, |row| row.suspended_at = None);
            }
            StaffEvent::StaffErased(fact) => {
                self.change_staff(fact.staff, |row| row.erased_at = Some(at));
                self.end_sessions(fact.staff.uuid());
                self.staff_by_email.retain(|_, holder| *holder != fact.staff);
            }
        }
    }

    fn change_staff(&mut self, staff: StaffId, change: impl FnOnce(&mut StaffRow)) {
        if let Some(row) = self.staff.get_mut(&staff) {
            change(Arc::make_mut(row));
            self.tally_mut().touch(AccessKey::Staff(staff));
        }
    }

    /// An e-mail signs in whoever had it first: the claim on it lets nobody else have it.
    pub(crate) fn add_member(&mut self, email_digest: Digest, member: MemberId) {
        self.members_by_email.entry(email_digest).or_insert(member);
    }

    /// Whoever is erased signs in no more, and somebody else may have the e-mail.
    pub(crate) fn remove_member(&mut self, email_digest: Digest, member: MemberId) {
        if self.members_by_email.get(&email_digest) == Some(&member) {
            self.members_by_email.remove(&email_digest);
        }
    }

    /// Whoever is suspended, of a customer or of the vendor, signs in anew when restored. Tokens of programs rest meanwhile: whoever looks after them would
    /// have to replace each.
    pub(crate) fn end_sessions(&mut self, principal: Uuid) {
        let Some(row) = self.credentials.get_mut(&principal) else { return };
        for token in std::mem::take(&mut row.tokens).into_values() {
            self.by_secret.remove(&token.secret_digest);
        }
        self.tally_mut().touch(AccessKey::Credentials(principal));
    }

    pub(crate) fn apply(&mut self, event: &AccessEvent, recorded: &RecordedEvent) {
        let header = &recorded.header;
        let principal = header.stream.id;
        let row = self.credentials.get_or_insert(principal, || CredentialsRow::of(principal));
        let Some(row) = row else { return };
        match event {
            AccessEvent::PasswordSet(set) => row.set_password(set, header.effective_at),
            AccessEvent::PasswordLinkIssued(issued) => {
                let (secret_digest, expires_at) = (issued.secret_digest, issued.expires_at);
                row.link = Some(LinkRow { secret_digest, expires_at });
            }
            AccessEvent::SecondFactorSet(set) => row.set_second_factor(set, header.effective_at),
            AccessEvent::SecondFactorUsed(used) => {
                if let Some(factor) = &mut row.second_factor {
                    factor.step = factor.step.max(used.step);
                }
            }
            AccessEvent::RecoveryCodeUsed(used) => {
                if let Some(factor) = &mut row.second_factor {
                    factor.recovery.remove(&used.code);
                }
            }
            AccessEvent::SecondFactorRemoved(_) => row.remove_second_factor(),
            AccessEvent::PasskeyAdded(fact) => row.add_passkey(fact, header.effective_at),
            AccessEvent::PasskeyUsed(fact) => row.use_passkey(*fact, header.effective_at),
            AccessEvent::PasskeyRemoved(fact) => row.remove_passkey(*fact),
            AccessEvent::TokenIssued(issued) => {
                let over =
                    row.tokens.extract_if(.., |_, token| token.expires_at <= header.recorded_at);
                over.for_each(|(_, token)| _ = self.by_secret.remove(&token.secret_digest));
                row.tokens.insert(issued.token, token_row(issued, header.effective_at));
                self.by_secret.insert(issued.secret_digest, (principal, issued.token));
            }
            AccessEvent::TokenRevoked(revoked) => {
                if let Some(token) = row.tokens.remove(&revoked.token) {
                    self.by_secret.remove(&token.secret_digest);
                }
            }
            AccessEvent::TokenConfirmed(fact) => row.confirm(fact.token, header.effective_at),
            AccessEvent::TokenRenewed(renewed) => {
                if let Some(before) = row.renew(*renewed) {
                    self.by_secret.remove(&before);
                    self.by_secret.insert(renewed.secret_digest, (principal, renewed.token));
                }
            }
            AccessEvent::SingleSignOnUsed(used) => {
                if let Some(token) = row.tokens.get_mut(&used.token) {
                    token.single_sign_on = Some(SaidByProvider::of(used));
                }
            }
            AccessEvent::ApiTokenCreated(fact) => {
                self.by_secret.insert(fact.secret_digest, (principal, fact.token));
                row.api_tokens.insert(fact.token, ApiTokenRow::of(fact, header.effective_at));
            }
            AccessEvent::ApiTokenRevoked(fact) => {
                let ended = row.revoke(*fact, header.effective_at);
                ended.map(|secret| self.by_secret.remove(&secret));
            }
            AccessEvent::ApiTokenUsed(fact) => row.use_token(*fact),
            AccessEvent::PreferencesSet(fact) => {
                row.preferences = fact.personal.clone();
                row.preferences_set += 1;
            }
            AccessEvent::NotificationChoicesSet(fact) => row.choose(fact),
            // The audit trail shows what was denied; no credential changes.
            AccessEvent::AccessDenied(_) => {}
        }
        row.revision = header.revision;
        self.tally_mut().touch(AccessKey::Credentials(principal));
    }

    fn add_staff(&mut self, row: StaffRow) {
        self.staff_by_email.entry(row.email_digest).or_insert(row.staff);
        self.tally_mut().touch(AccessKey::Staff(row.staff));
        self.staff.insert(row.staff, Arc::new(row));
    }

    /// What a snapshot kept, put back.
    pub(crate) fn restored(frozen: FrozenAccess, credentials: Rows<Uuid, CredentialsRow>) -> Self {
        Self {
            staff: frozen.staff.into_iter().map(|row| (row.staff, row)).collect(),
            credentials,
            members_by_email: frozen.members_by_email.into_iter().collect(),
            staff_by_email: frozen.staff_by_email.into_iter().collect(),
            by_secret: frozen.secrets.into_iter().map(|(key, a, b)| (key, (a, b))).collect(),
            tally: Mutex::new(frozen.hashes),
        }
    }

    /// All that a snapshot keeps beside the rows of credentials.
    pub(crate) fn freeze(&self) -> FrozenAccess {
        let secrets =
            self.by_secret.iter().map(|(key, (principal, token))| (*key, *principal, *token));
        FrozenAccess {
            staff: self.staff.values().cloned().collect(),
            members_by_email: self.members_by_email.iter().map(|(a, b)| (*a, *b)).collect(),
            staff_by_email: self.staff_by_email.iter().map(|(a, b)| (*a, *b)).collect(),
            secrets: secrets.collect(),
            hashes: self.lock_tally().clone(),
        }
    }

    /// The rows of credentials.
    pub(crate) const fn credentials(&self) -> &Rows<Uuid, CredentialsRow> {
        &self.credentials
    }

    pub(crate) const fn credentials_mut(&mut self) -> &mut Rows<Uuid, CredentialsRow> {
        &mut self.credentials
    }

    /// Drops the personal values of a subject.
    pub(crate) fn forget(&mut self, subject: SubjectId) {
        if let Some(row) = self.staff.get_mut(&StaffId::new(subject.uuid())) {
            Arc::make_mut(row).forget(subject);
        }
        if let Some(row) = self.credentials.get_mut(&subject.uuid()) {
            row.forget(subject);
        }
    }

    pub(crate) fn principal_by_email(
        &self,
        audience: Audience,
        email: &Digest,
    ) -> Option<Principal> {
        match audience {
            Audience::Portal => self.members_by_email.get(email).copied().map(Principal::Member),
            Audience::Console => self.staff_by_email.get(email).copied().map(Principal::Staff),
        }
    }

    pub(crate) fn credentials_row(&self, principal: Uuid) -> Option<&Arc<CredentialsRow>> {
        self.credentials.get(&principal)
    }

    pub(crate) fn staff_rows(&self) -> impl Iterator<Item = &Arc<StaffRow>> {
        self.staff.values()
    }

    pub(crate) fn staff_row(&self, staff: StaffId) -> Option<&Arc<StaffRow>> {
        self.staff.get(&staff)
    }

    /// Whose token has this hash, if it opens this door now.
    pub(crate) fn token(
        &self,
        audience: Audience,
        secret: &Digest,
        now: Timestamp,
    ) -> Result<(Uuid, Session), AuthenticationError> {
        let (principal, token) = self.by_secret.get(secret).ok_or(AuthenticationError::Unknown)?;
        let kept = self.credentials.get(principal).and_then(|row| row.tokens.get(token));
        let kept = kept.filter(|kept| kept.audience == audience);
        let kept = kept.ok_or(AuthenticationError::Unknown)?;
        let expires_at = kept.expires_at;
        if expires_at <= now {
            return Err(AuthenticationError::Expired);
        }
        let (issued_at, proven_at) = (kept.issued_at, kept.proven_at());
        let (token, single_sign_on, passkey) =
            (*token, kept.single_sign_on, kept.passkeys.last().copied());
        let session =
            Session { token, audience, issued_at, expires_at, proven_at, single_sign_on, passkey };
        Ok((*principal, session))
    }
}

fn token_row(issued: &TokenIssued, issued_at: Timestamp) -> TokenRow {
    TokenRow {
        audience: issued.audience,
        secret_digest: issued.secret_digest,
        issued_at,
        expires_at: issued.expires_at,
        confirmed_at: None,
        single_sign_on: None,
        passkeys: BTreeSet::new(),
    }
}

impl TalliedView for Access {
    type Key = AccessKey;
    const VERSION: ViewVersion = ViewVersion { name: "access", version: 1 };

    fn tally(&self) -> &Mutex<Tally<AccessKey>> {
        &self.tally
    }

    fn tally_mutex(&mut self) -> &mut Mutex<Tally<AccessKey>> {
        &mut self.tally
    }

    fn keys(&self) -> Vec<AccessKey> {
        let staff = self.staff.keys().copied().map(AccessKey::Staff);
        staff.chain(self.credentials.keys().map(AccessKey::Credentials)).collect()
    }

    fn write(&self, key: &AccessKey, text: &mut RowText) -> bool {
        match key {
            AccessKey::Staff(staff) => self.staff.get(staff).is_some_and(|row| {
                text.start("staff", row.staff);
                text.field("role", staff_role_name(row.role));
                text.field("email_digest", row.email_digest);
                text.field("subject", row.profile.subject);
                text.instant("added_at", row.added_at);
                // Only where it is so: what was said before there was such a fact stays as it was.
                if row.suspended_at.is_some() {
                    text.instant_option("suspended_at", row.suspended_at);
                }
                if row.erased_at.is_some() {
                    text.instant_option("erased_at", row.erased_at);
                }
                true
            }),
            AccessKey::Credentials(id) => self.credentials.get(id).is_some_and(|row| {
                text.start("credentials", row.principal);
                text.option("password_subject", row.password_set_at.map(|_| row.password.subject));
                text.instant_option("password_set_at", row.password_set_at);
                text.field("revision", row.revision);
                if let Some(factor) = &row.second_factor {
                    text.field("second_factor", row.second_factor_secret.subject);
                    text.instant("  set_at", factor.set_at);
                    text.field("  step", factor.step);
                    factor.recovery.iter().for_each(|code| text.field("  recovery", code));
                }
                if row.preferences_set > 0 {
                    text.field("preferences", row.preferences.subject);
                    text.field("  set", row.preferences_set);
                }
                row.write_notices(text);
                row.passkeys.iter().for_each(|(passkey, kept)| kept.write(*passkey, text));
                if let Some(link) = &row.link {
                    text.field("link", link.secret_digest);
                    text.instant("  expires_at", link.expires_at);
                }
                for (token, kept) in &row.tokens {
                    text.field("token", token);
                    text.field("  audience", audience_name(kept.audience));
                    text.field("  secret_digest", kept.secret_digest);
                    text.instant("  issued_at", kept.issued_at);
                    text.instant("  expires_at", kept.expires_at);
                    // Only where it is so: what was said before there was such a fact stays as it was.
                    if kept.confirmed_at.is_some() {
                        text.instant_option("  confirmed_at", kept.confirmed_at);
                    }
                    if let Some(said) = kept.single_sign_on {
                        text.instant("  single_sign_on", said.authenticated_at);
                        text.field("  said_second_factor", said.second_factor);
                    }
                    kept.passkeys.iter().for_each(|one| text.field("  passkey", one));
                }
                row.api_tokens.iter().for_each(|(token, kept)| kept.write(*token, text));
                true
            }),
        }
    }
}

const fn staff_role_name(role: StaffRole) -> &'static str {
    match role {
        StaffRole::Operator => "operator",
        StaffRole::Auditor => "auditor",
    }
}

const fn audience_name(audience: Audience) -> &'static str {
    match audience {
        Audience::Portal => "portal",
        Audience::Console => "console",
    }
}

/// Reads of people of the vendor, and of credentials.
impl Views {
    /// The tokens of the reader, and when the password was set.
    #[must_use]
    pub fn own_credentials(&self, scope: &TenantScope) -> Option<&Arc<CredentialsRow>> {
        self.access.credentials.get(&scope.member.uuid())
    }

    /// The tokens of somebody, and when the password was set.
    #[must_use]
    pub fn credentials(&self, _: &VendorScope, whose: Principal) -> Option<&Arc<CredentialsRow>> {
        self.access.credentials.get(&whose.uuid())
    }

    /// A person of the vendor.
    #[must_use]
    pub fn staff(&self, _: &VendorScope, staff: StaffId) -> Option<&Arc<StaffRow>> {
        self.access.staff.get(&staff)
    }

    /// All people of the vendor, in the order of their ids.
    pub fn all_staff(&self, _: &VendorScope) -> impl Iterator<Item = &Arc<StaffRow>> {
        self.access.staff.values()
    }
}
