//! A ledger under way: the real engine in a folder, and the commands that customers send to it day by day.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deedbook_service::engine::{Engine, Sizes};
use ledger::license::{Command, LicenseRules};
use ledger::meter::{self, MeterRules};
use schemas::{CommandId, MemberId};

use crate::chance::Chance;
use crate::world::{Held, Size, World, meta};

/// The ledger with its customers.
pub struct Traffic {
    /// The engine that the service runs on.
    pub engine: Engine,
    /// The customers.
    pub world: World,
    /// For each license, who of its customer's first people has a seat.
    seated: Vec<AtomicU64>,
    ids: AtomicU64,
}

/// The customers while the ledger is closed.
pub struct Paused {
    world: World,
    seated: Vec<AtomicU64>,
    ids: AtomicU64,
}

impl Paused {
    /// Opens the ledger again.
    pub async fn open(self, folder: &Path) -> Traffic {
        let engine = Engine::open(folder, Sizes::default()).await.unwrap();
        Traffic { engine, world: self.world, seated: self.seated, ids: self.ids }
    }
}

/// How many people of a customer come and go.
pub const PEOPLE_MAX: usize = 64;

impl Traffic {
    /// A new ledger in a folder that is not there.
    pub async fn make(folder: &Path, size: Size) -> Self {
        let engine = Engine::create(folder, "Bench", Sizes::default()).await.unwrap();
        let world = World::make(engine.ledger(), size).await;
        let seated = world.held.iter().map(|_| AtomicU64::new(0)).collect();
        Self { engine, world, seated, ids: AtomicU64::new(1) }
    }

    /// Stops the ledger.
    pub async fn close(self) -> Paused {
        self.engine.close().await;
        Paused { world: self.world, seated: self.seated, ids: self.ids }
    }

    /// Sends the next command about one license, which records one event: a seat assigned or taken back, or
    /// usage. At any time one caller only may do so for a license.
    pub async fn next(&self, license: usize, chance: &mut Chance) {
        let held = &self.world.held[license];
        if chance.bits().is_multiple_of(2) {
            self.record_usage(held, chance).await;
            return;
        }
        let members = &held.customer.members;
        let person = chance.below(members.len().min(PEOPLE_MAX));
        let bit = 1 << person;
        let before = self.seated[license].fetch_xor(bit, Ordering::Relaxed);
        self.seat(held, members[person], before & bit == 0, chance).await;
    }

    /// Assigns a seat, or takes it back.
    pub async fn seat(&self, held: &Held, member: MemberId, assign: bool, chance: &mut Chance) {
        let command = if assign {
            Command::AssignSeat { member, accounts: Vec::new() }
        } else {
            Command::UnassignSeat { member }
        };
        let ledger = self.engine.ledger();
        let words: [&[u8]; 3] = [&held.license.bytes(), &member.bytes(), &[u8::from(assign)]];
        let meta = meta(ledger, self.id(chance), held.customer.account, &words);
        let done = ledger.transact::<LicenseRules>(held.license.into(), command, meta).await;
        assert_eq!(done.unwrap().events.len(), 1, "one command is one event");
    }

    /// Records usage.
    pub async fn record_usage(&self, held: &Held, chance: &mut Chance) {
        let quantity = 1 + chance.bits() % 100;
        let command = meter::Command::RecordUsage {
            meter: held.metered.clone(),
            quantity,
            allowance: held.metering.allowance,
            period: held.metering.period,
        };
        let ledger = self.engine.ledger();
        let words: [&[u8]; 2] = [&held.license.bytes(), &quantity.to_be_bytes()];
        let meta = meta(ledger, self.id(chance), held.customer.account, &words);
        ledger.transact::<MeterRules>(held.meter, command, meta).await.unwrap();
    }

    /// Sends this many commands, as quickly as they are taken: each caller is done with one license before it turns
    /// to the next, so that streams are in memory while they are written.
    pub async fn send(self: &Arc<Self>, commands: usize) {
        let licenses = self.world.held.len();
        let callers = CALLERS.min(licenses);
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let traffic = Arc::clone(self);
                tokio::spawn(async move {
                    let mut chance = Chance::new(u64::try_from(caller).unwrap());
                    for license in (caller..licenses).step_by(callers) {
                        let extra = usize::from(license < commands % licenses);
                        for _ in 0..commands / licenses + extra {
                            traffic.next(license, &mut chance).await;
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }

    /// A command id that rises, as a client's UUIDv7 does.
    fn id(&self, chance: &mut Chance) -> CommandId {
        CommandId::new(chance.id_in_order(self.ids.fetch_add(1, Ordering::Relaxed)))
    }
}

/// How many send at once.
const CALLERS: usize = 1_024;
