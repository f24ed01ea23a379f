//! Licenses and what happened to them.

use std::sync::Arc;

use ledger::claim::ClaimRules;
use ledger::entitlements;
use ledger::license::{
    ActivateDevice, ActivationKind, Command, Issue, Issued, LicenseRules, Renew, Replace, Term,
};
use ledger::meter::{Command as MeterCommand, MeterRules, Metered};
use ledger::product;
use schemas::catalog::{BundleRef, OfferingRef, SourceRef, Terms};
use schemas::contract::ZoneName;
use schemas::license::DeviceProfile;
use schemas::{MemberId, StreamName};

use super::party::no_customer;
use super::{Importer, Intent, conflict};
use crate::import::report::{Fault, codes};
use crate::import::rows::{
    BlockerAction, BlockerRow, Device, License, MemberName, Renewal, Seat, Sighting, Source,
    UsageRow,
};
use crate::import::target::{Done, Refusal};
use crate::people;

impl Importer {
    pub(super) async fn license(
        &self,
        intent: &Intent<'_>,
        row: &License,
    ) -> Result<Done, Refusal> {
        let account = self.names.account(&row.customer_external_id);
        if self.taken(intent, Some(account)).await? {
            return Ok(Done::Already);
        }
        let Some(owner) = self.account(account).await? else {
            return Err(no_customer("customer_external_id", &row.customer_external_id).into());
        };
        let contract = owner.contract.clone().contract();
        let product = self.names.product(&row.product);
        let catalog = self.product(product).await?.ok_or_else(|| {
            let message = format!("there is no product `{}`", row.product);
            Fault::new("product", codes::UNKNOWN_REFERENCE, message)
        })?;
        let source = find_source(&catalog, row)?;
        let resolved = catalog.resolve(source).map_err(|error| no_version(row, &error))?;
        let license = self.names.license(&row.external_id);
        let key = match &row.key {
            Some(key) => key.clone(),
            None => self.names.new_key(&row.product, license),
        };
        let command = Command::Issue(Issue {
            license,
            account,
            product,
            acquired: row.acquired,
            key_digest: self.names.key(&key),
            key,
            external_id: Some(row.external_id.clone()),
            source,
            grants: resolved.grants,
            terms: resolved.terms,
            term: term(row, resolved.terms, contract.time_zone.as_ref())?,
            contract,
        });
        let meta = self.meta(intent, Some(account));
        let stream = StreamName::from(license);
        match self.target.transact::<LicenseRules>(stream, command, meta).await {
            // It was issued to another customer, whose commands are counted apart.
            Err(Refusal::Row(fault)) if fault.code == "ALREADY_ISSUED" => {
                let first = self.target.event(stream, 0).await?;
                Err(conflict(&self.names, intent.row, first.as_ref()).into())
            }
            done => done,
        }
    }

    pub(super) async fn renewal(
        &self,
        intent: &Intent<'_>,
        row: &Renewal,
    ) -> Result<Done, Refusal> {
        let issued = self.issued(&row.license_external_id).await?;
        let renew = Renew { ending: None, period: row.period, basis: row.basis };
        self.on_license(intent, &issued, Command::Renew(renew)).await
    }

    pub(super) async fn seat(&self, intent: &Intent<'_>, row: &Seat) -> Result<Done, Refusal> {
        let issued = self.issued(&row.license_external_id).await?;
        let member = self.find_member(&issued, &row.member).await?;
        self.on_license(intent, &issued, Command::AssignSeat { member, accounts: Vec::new() }).await
    }

    pub(super) async fn device(&self, intent: &Intent<'_>, row: &Device) -> Result<Done, Refusal> {
        let issued = self.issued(&row.license_external_id).await?;
        let member = match &row.member {
            Some(name) => Some(self.find_member(&issued, name).await?),
            None => None,
        };
        let fingerprint = self.names.fingerprint(&row.fingerprint);
        let command = Command::ActivateDevice(ActivateDevice {
            activation: self.names.activation(issued.license, &fingerprint),
            fingerprint,
            member,
            version: row.version.clone(),
            profile: DeviceProfile {
                name: row.name.clone(),
                fingerprint: row.fingerprint.clone(),
                platform: row.platform.clone(),
            },
            replace: Replace::Nothing,
        });
        self.on_license(intent, &issued, command).await
    }

    pub(super) async fn sighting(
        &self,
        intent: &Intent<'_>,
        row: &Sighting,
    ) -> Result<Done, Refusal> {
        let issued = self.issued(&row.license_external_id).await?;
        let state = self.target.state::<LicenseRules>(issued.license.into()).await?;
        let fingerprint = self.names.fingerprint(&row.fingerprint);
        let bound = state.newest_of(ActivationKind::Device, &fingerprint);
        let (activation, _) = bound.ok_or_else(|| {
            let message = format!(
                "the license has no device with the fingerprint `{}` at that time",
                row.fingerprint
            );
            Fault::new("fingerprint", codes::UNKNOWN_REFERENCE, message)
        })?;
        let command = Command::RecordDeviceSeen { activation, version: row.version.clone() };
        self.on_license(intent, &issued, command).await
    }

    pub(super) async fn blocker(
        &self,
        intent: &Intent<'_>,
        row: &BlockerRow,
    ) -> Result<Done, Refusal> {
        let issued = self.issued(&row.license_external_id).await?;
        let command = match row.action {
            BlockerAction::Set => Command::SetBlocker {
                blocker: row.blocker,
                reason: row.reason.clone().unwrap_or_default(),
            },
            BlockerAction::Clear => Command::ClearBlocker { blocker: row.blocker },
        };
        self.on_license(intent, &issued, command).await
    }

    pub(super) async fn usage(&self, intent: &Intent<'_>, row: &UsageRow) -> Result<Done, Refusal> {
        let issued = self.issued(&row.license_external_id).await?;
        if self.taken(intent, Some(issued.account)).await? {
            return Ok(Done::Already);
        }
        let state = self.target.state::<LicenseRules>(issued.license.into()).await?;
        let catalog = self.product(issued.product).await?;
        let metering = catalog
            .as_deref()
            .and_then(|catalog| entitlements::metering(&state, catalog, &row.feature, row.used_at));
        let metering = metering.ok_or_else(|| {
            let message = format!("the license does not meter a feature `{}`", row.feature);
            Fault::new("feature", codes::UNKNOWN_REFERENCE, message)
        })?;
        let command = MeterCommand::RecordUsage {
            meter: Metered {
                license: issued.license,
                account: issued.account,
                feature: row.feature.clone(),
            },
            quantity: row.quantity,
            allowance: metering.allowance,
            period: metering.period,
        };
        let meter = self.names.meter(issued.license, &row.feature);
        let meta = self.meta(intent, Some(issued.account));
        self.target.transact::<MeterRules>(meter.into(), command, meta).await
    }

    async fn on_license(
        &self,
        intent: &Intent<'_>,
        issued: &Issued,
        command: Command,
    ) -> Result<Done, Refusal> {
        // Asked first: what an earlier run took need not be possible any more.
        if self.taken(intent, Some(issued.account)).await? {
            return Ok(Done::Already);
        }
        let meta = self.meta(intent, Some(issued.account));
        let stream = StreamName::from(issued.license);
        self.target.transact::<LicenseRules>(stream, command, meta).await
    }

    /// The member of the license's own account that a row names.
    async fn find_member(&self, issued: &Issued, name: &MemberName) -> Result<MemberId, Refusal> {
        let column = name.column();
        let by_number =
            name.external_id.as_ref().map(|number| self.names.member(issued.account, number));
        let by_email = match &name.email {
            None => None,
            Some(email) => {
                let claim = people::claim_stream(self.names.email(email));
                let claim = self.target.state::<ClaimRules>(claim).await?;
                let holder = claim.holder.ok_or_else(|| unknown_member("member_email", email))?;
                Some(MemberId::from_bytes(holder.owner.bytes()))
            }
        };
        let shown = name.external_id.as_deref().or(name.email.as_deref()).unwrap_or_default();
        if let (Some(one), Some(other)) = (by_number, by_email)
            && one != other
        {
            let message = "`member_email` and `member_external_id` name two different people";
            return Err(Fault::new(column, codes::BAD_VALUE, message).into());
        }
        let account = self.account(issued.account).await?;
        let known = |member: &MemberId| {
            account.as_ref().is_some_and(|account| account.members.contains_key(member))
        };
        let member = by_number.or(by_email).filter(known);
        Ok(member.ok_or_else(|| unknown_member(column, shown))?)
    }
}

fn unknown_member(column: &'static str, name: &str) -> Fault {
    let message = format!("the customer of the license has no member `{name}`");
    Fault::new(column, codes::UNKNOWN_REFERENCE, message)
}

fn find_source(catalog: &Arc<product::State>, row: &License) -> Result<SourceRef, Fault> {
    let (column, code) = match &row.source {
        Source::Offering(code) => ("offering", code),
        Source::Bundle(code) => ("bundle", code),
    };
    let newest = match &row.source {
        Source::Offering(code) => catalog.offering_by_code(code).map(|offering| {
            let (offering, newest) = (offering.offering, offering.version);
            SourceRef::Offering(OfferingRef { offering, version: row.version.unwrap_or(newest) })
        }),
        Source::Bundle(code) => catalog.bundle_by_code(code).map(|bundle| {
            let (bundle, newest) = (bundle.bundle, bundle.version);
            SourceRef::Bundle(BundleRef { bundle, version: row.version.unwrap_or(newest) })
        }),
    };
    newest.ok_or_else(|| {
        let message = format!("product `{}` has no {column} `{code}`", row.product);
        Fault::new(column, codes::UNKNOWN_REFERENCE, message)
    })
}

/// The catalog knows offerings by id, the row names them by code.
fn no_version(row: &License, error: &product::ResolveError) -> Fault {
    let (Source::Offering(code) | Source::Bundle(code)) = &row.source;
    let message = match row.version {
        Some(version) => format!("`{code}` of product `{}` has no version {version}", row.product),
        None => error.to_string(),
    };
    Fault::new("version", codes::UNKNOWN_REFERENCE, message)
}

/// The term that the row tells; `None`: the plan says when it starts and ends.
fn term(row: &License, terms: Terms, zone: Option<&ZoneName>) -> Result<Option<Term>, Fault> {
    let from = match (row.term_start.or(row.issued_at), row.term_start, row.term_end) {
        (_, None, None) => return Ok(None),
        (Some(from), _, _) => from,
        (None, _, _) => {
            let message = "a term that ends has to start: give `term_start` or `issued_at`";
            return Err(Fault::new("term_start", codes::MISSING, message));
        }
    };
    let by_plan = || terms.term.map(|term| ledger::calendar::plus_in(zone, from, term));
    Ok(Some(Term { from, until: row.term_end.or_else(by_plan) }))
}
