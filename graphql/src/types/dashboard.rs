//! Numbers at a glance: licenses by status, seats, devices. They add up, and are true at one place
//! of the ledger.

use async_graphql::{ComplexObject, Result, SimpleObject};
use ledger::status::Displayed;
use schemas::AccountId;
use std::collections::BTreeMap;

use crate::gate::{Gate, Reader};
use crate::page::rows_asked;
use crate::read::{DeviceFilter, Seen, all_devices, seats};
use crate::scalars::{DateTime, LedgerPosition};
use crate::types::device::DeviceStatus;
use crate::types::entitlement::SeatCounts;
use crate::types::health::Health;
use crate::types::quota::{Quota, quotas};
use crate::types::status::LicenseStatus;

/// How many licenses stand so.
#[derive(Debug, Clone, SimpleObject)]
pub struct StatusCount {
    /// The status.
    pub status: LicenseStatus,
    /// How many.
    pub count: i32,
}

/// How many devices and domains stand so.
#[derive(Debug, Clone, SimpleObject)]
pub struct DeviceCount {
    /// The status.
    pub status: DeviceStatus,
    /// How many.
    pub count: i32,
}

/// Numbers at a glance.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Dashboard {
    /// How many licenses there are.
    pub total: i32,
    /// How many of them stand how, every status once. They add up to the total.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub by_status: Vec<StatusCount>,
    /// How all of it is, and why.
    pub health: Health,
    /// The seats of all of them together.
    pub seats: SeatCounts,
    /// How many devices and domains stand how.
    #[graphql(complexity = "crate::page::list_weight(child_complexity)")]
    pub devices: Vec<DeviceCount>,
    /// The instant the numbers are looked at from.
    pub at: DateTime,
    /// The place in the ledger that they are true at.
    pub position: Option<LedgerPosition>,
    #[graphql(skip)]
    quotas: Vec<Quota>,
}

#[ComplexObject]
impl Dashboard {
    /// What is counted against a bound, the fullest first.
    #[graphql(complexity = "crate::page::page_weight(first, child_complexity)?")]
    async fn quotas(
        &self,
        #[graphql(desc = "How many at most: 1 to 100, else 25.")] first: Option<i32>,
    ) -> Result<Vec<Quota>> {
        let rows = rows_asked(first)?;
        Ok(self.quotas.iter().take(rows).cloned().collect())
    }

    /// How many quotas there are.
    async fn quota_count(&self) -> i32 {
        number(u64::try_from(self.quotas.len()).unwrap_or(u64::MAX))
    }
}

impl Dashboard {
    /// The counts, and the seats and devices of these licenses, as they count for the account that is asked about.
    #[must_use]
    pub fn new(
        gate: &Gate,
        reader: Reader,
        counts: &BTreeMap<Displayed, u64>,
        (account, rows): (Option<AccountId>, &[Seen]),
        at: DateTime,
        position: Option<LedgerPosition>,
    ) -> Self {
        let by_status = Displayed::ALL.into_iter().map(|displayed| StatusCount {
            status: displayed.into(),
            count: number(counts.get(&displayed).copied().unwrap_or_default()),
        });
        let devices = all_devices(gate, reader, rows, &DeviceFilter::default());
        let with = |status| {
            let count = devices.iter().filter(|(_, one)| one.status == status).count();
            number(u64::try_from(count).unwrap_or(u64::MAX))
        };
        let device_counts = [
            DeviceStatus::Active,
            DeviceStatus::Dormant,
            DeviceStatus::Dead,
            DeviceStatus::Suspended,
            DeviceStatus::Deactivated,
            DeviceStatus::Retired,
        ];
        let (seats, quotas) = (seats(gate, reader, account, rows), quotas(rows));
        Self {
            health: Health::of(counts, &quotas, &seats),
            total: number(counts.values().sum()),
            by_status: by_status.collect(),
            seats,
            devices: device_counts
                .into_iter()
                .map(|status| DeviceCount { status, count: with(status) })
                .collect(),
            at,
            position,
            quotas,
        }
    }
}

fn number(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
