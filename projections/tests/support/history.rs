//! Random histories: each step is a command that the real rules accept or refuse.

use std::collections::BTreeSet;

use ledger::license::{ActivateDomain, ApplyBundle, LicenseRules};
use schemas::ActivationId;
use schemas::access::Audience;
use schemas::account::MemberRole;
use schemas::catalog::SourceRef;
use schemas::license::{Blocker, DomainProfile};

use super::{HOUR, Outcome, Vendor, activation, bundle, license, member, product_id};

/// One random step: what to do, and with which of the small numbers of things.
pub type Step = (u8, u8, u8, u8);

pub fn steps(most: usize) -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0u8..21, 0u8..6, 0u8..6, 0u8..6), 0..most)
}

impl Vendor {
    /// The vendor that every random history starts with: a catalog, three accounts, six people,
    /// three licenses.
    pub async fn founded(&self) {
        self.publish().await;
        self.hire().await.unwrap();
        self.open(0, None).await.unwrap();
        self.open(1, Some(0)).await.unwrap();
        self.open(2, None).await.unwrap();
        for number in 0..6 {
            let role = if number < 3 { MemberRole::OrgAdmin } else { MemberRole::Member };
            self.add_member(number % 3, number, role).await.unwrap();
        }
        for number in 0..3 {
            self.wait(HOUR);
            self.issue(number, number).await.unwrap();
        }
    }

    /// Takes one random step. What the rules refuse changes nothing.
    pub async fn step(&self, at: usize, (what, a, b, c): Step) {
        let fresh = 100 + u64::try_from(at).unwrap();
        let (one, two, three) = (u64::from(a) % 3, u64::from(b), u64::from(c));
        self.wait(1 + i64::from(c) * HOUR * 7);
        let back = Some(self.now().plus_seconds(-i64::from(c) * HOUR));
        let on = |command, at| self.on_license(one, one, command, at);
        match what {
            0 => drop(self.open(fresh, Some(one)).await),
            1 => drop(self.add_member(one, fresh, MemberRole::Member).await),
            2 => drop(self.issue(fresh, one).await),
            3..=5 => drop(
                on(
                    license::Command::AssignSeat { member: member(two), accounts: Vec::new() },
                    None,
                )
                .await,
            ),
            6 => drop(on(license::Command::UnassignSeat { member: member(two) }, None).await),
            7..=9 => drop(on(self.activate(fresh, two, Some(three)), None).await),
            10 => drop(
                self.on_newest(
                    one,
                    |activation| license::Command::DeactivateDevice { activation },
                    two,
                )
                .await,
            ),
            11 => drop(
                self.on_newest(
                    one,
                    |activation| license::Command::RecordDeviceSeen {
                        activation,
                        version: Some("1.1.0".into()),
                    },
                    two,
                )
                .await,
            ),
            12 => drop(
                self.on_newest(
                    one,
                    |activation| license::Command::RetireDevices {
                        activations: BTreeSet::from([activation]),
                    },
                    two,
                )
                .await,
            ),
            13 => drop(on(self.domain(fresh, two), None).await),
            14 => drop(
                on(
                    license::Command::SetBlocker { blocker: blocker(b), reason: "late".into() },
                    back,
                )
                .await,
            ),
            15 => drop(on(license::Command::ClearBlocker { blocker: blocker(b) }, None).await),
            16 => drop(self.toggle_bundle(one, two).await),
            17 => drop(self.use_units(one, one, two * 9).await),
            18 => drop(self.token(member(two).uuid(), fresh, Audience::Portal).await),
            19 => drop(self.password(member(two).uuid(), &format!("$phc${fresh}")).await),
            21 => drop(on(allocation(fresh, one, two, c > 3), None).await),
            _ if a == 5 && b > 2 => {
                drop(on(license::Command::Revoke { reason: "fraud".into() }, back).await);
            }
            _ => drop(on(license::Command::Renew(license::Renew::default()), None).await),
        }
    }

    fn domain(&self, binding: u64, number: u64) -> license::Command {
        license::Command::ActivateDomain(ActivateDomain {
            activation: activation(binding),
            domain: self.keys.digest("domain", &number.to_be_bytes()),
            profile: DomainProfile { domain: format!("d{number}.example") },
        })
    }

    async fn on_newest(
        &self,
        number: u64,
        command: impl Fn(ActivationId) -> license::Command,
        device: u64,
    ) -> Option<Outcome<LicenseRules>> {
        let state = self.ledger.load::<LicenseRules>(license(number).into()).await.unwrap().0;
        let found = state.newest_of(license::ActivationKind::Device, &self.device(device));
        let (activation, _) = found?;
        Some(self.on_license(number, number, command(activation), None).await)
    }

    async fn toggle_bundle(&self, number: u64, how: u64) -> Outcome<LicenseRules> {
        let command = if how.is_multiple_of(2) {
            let grants = self.product().await.resolve(SourceRef::Bundle(bundle())).unwrap().grants;
            let (product, bundle) = (product_id(), bundle());
            license::Command::ApplyBundle(ApplyBundle { product, bundle, grants })
        } else {
            license::Command::RemoveBundle { bundle: bundle().bundle }
        };
        self.on_license(number, number, command, None).await
    }
}

fn blocker(number: u8) -> Blocker {
    match number % 3 {
        0 => Blocker::Billing,
        1 => Blocker::VendorHold,
        _ => Blocker::Compliance,
    }
}

/// Seats for an account that nobody knows, below a license's own.
fn allocation(account: u64, above: u64, seats: u64, capped: bool) -> license::Command {
    let (account, above) = (super::account(account), vec![super::account(above)]);
    license::Command::AllocateSeats(license::AllocateSeats { account, above, seats, capped })
}
