//! One life of a ledger's process: commands, seals, retries and faults, until its end or that of the machine.

use std::sync::atomic::Ordering;

use ledger_log::embedded::Drive;
use ledger_log::sealing::{SealError, Sealer};
use ledger_log::{EmbeddedLog, EventLog, ReadError};

use super::Violation;
use super::drive::finish_all;
use super::world::World;
use super::{book, commands};
use crate::orbit::{Answer, Orbit, Sent};

/// Answers that are about the ledger and not about the command: it is sent again later.
pub const LATER: [&str; 7] = [
    "OUTCOME_UNKNOWN",
    "LEDGER_CLOSED",
    "LEDGER_FULL",
    "LEDGER_UNAVAILABLE",
    "LEDGER_HALTED",
    "INTEGRITY_HOLD",
    "CONFLICT",
];

/// How many accepted commands are remembered to be sent again.
const REMEMBERED_MAX: usize = 64;

/// A process that runs.
pub struct Life<'a> {
    pub world: &'a mut World,
    pub log: EmbeddedLog,
    pub orbit: Orbit,
    pub sealer: Option<Box<Sealer>>,
}

impl Life<'_> {
    /// Lives until something ends it.
    pub async fn live(&mut self) -> Result<(), Violation> {
        let steps = 1 + self.orbit.chance.below(self.world.swarm.steps_max);
        for _ in 0..steps {
            self.step().await?;
            if self.is_over() {
                break;
            }
        }
        if let Some(wrong) = book::open(&self.world.book).wrong.clone() {
            return Err(self.world.violation(wrong));
        }
        Ok(())
    }

    /// Whether the process or the machine has ended.
    pub fn is_over(&self) -> bool {
        self.world.disk.is_dead() || self.world.fatal.load(Ordering::SeqCst)
    }

    async fn step(&mut self) -> Result<(), Violation> {
        match self.orbit.chance.below(24) {
            0 => drop(self.log.drive(Drive::SealTail)),
            1 | 2 => drop(self.log.drive(Drive::Background)),
            3 | 4 => self.seal()?,
            5 => self.let_time_pass(),
            6 | 7 => self.repeat().await?,
            8 => self.read().await?,
            9..=11 => self.plan(),
            12 if self.world.swarm.full && !self.orbit.chance.one_in(4) => {}
            12 => self.world.heal_but_death(),
            _ => self.send_some().await?,
        }
        Ok(())
    }

    async fn send_some(&mut self) -> Result<(), Violation> {
        let count = 1 + self.orbit.chance.below(self.world.swarm.together_max);
        let mut sents = Vec::new();
        for _ in 0..count {
            sents.push(commands::next(&mut self.orbit, &mut self.world.board));
        }
        for (sent, answer) in self.send(sents).await? {
            self.take(sent, answer)?;
        }
        self.world.pass(1);
        Ok(())
    }

    /// Sends all of these at once.
    pub async fn send(&mut self, sents: Vec<Sent>) -> Result<Vec<(Sent, Answer)>, Violation> {
        let tasks = sents.iter().map(|sent| {
            let (orbit, sent) = (self.orbit.clone(), sent.clone());
            tokio::spawn(async move { orbit.send(&sent).await })
        });
        let tasks: Vec<_> = tasks.collect();
        self.world.counts.commands += sents.len() as u64;
        let answers = finish_all(&self.log, tasks, &mut self.orbit.chance).await;
        let answers = answers.map_err(|what| self.world.violation(what))?;
        Ok(sents.into_iter().zip(answers).collect())
    }

    /// Remembers what came of a command.
    fn take(&mut self, sent: Sent, answer: Answer) -> Result<(), Violation> {
        match &answer {
            Answer::Refused(code) => {
                self.world.note(code);
                self.expect_no_damage(code)?;
                if *code == "LEDGER_FULL" {
                    let keys = u64::from(self.world.keys_fail.load(Ordering::SeqCst));
                    self.world.counts.keys_failed += keys;
                    self.world.counts.full += 1 - keys;
                }
                if LATER.contains(code) {
                    self.world.unanswered.push(sent);
                }
            }
            Answer::Done { events, last_revision, .. } => {
                self.world.note(&format!("{last_revision:?} {}", events.len()));
                if !events.is_empty() {
                    self.world.counts.accepted += 1;
                    if self.world.accepted.len() >= REMEMBERED_MAX {
                        self.world.accepted.remove(0);
                    }
                    self.world.accepted.push((sent, answer));
                }
            }
        }
        Ok(())
    }

    fn expect_no_damage(&self, code: &str) -> Result<(), Violation> {
        let damage = code == "LEDGER_HALTED" || code == "INTEGRITY_HOLD";
        if damage && !self.world.may_be_damaged() {
            return Err(self.world.violation(format!("{code} although nothing was damaged")));
        }
        Ok(())
    }

    /// Sends a command again that was accepted: the answer is the same, and nothing is recorded.
    pub async fn repeat(&mut self) -> Result<(), Violation> {
        if self.world.accepted.is_empty() {
            return Ok(());
        }
        let (sent, first) = self.orbit.chance.pick(&self.world.accepted).clone();
        let again = self.send(vec![sent]).await?.remove(0).1;
        match (&first, &again) {
            (_, Answer::Refused(code)) if LATER.contains(code) => self.expect_no_damage(code),
            (Answer::Done { events, .. }, Answer::Done { events: again, replayed: true, .. })
                if events == again =>
            {
                Ok(())
            }
            _ => Err(self.world.violation(format!("answered {first:?}, then {again:?}"))),
        }
    }

    /// Reads a stream, which must be what the book knows or an error.
    async fn read(&mut self) -> Result<(), Violation> {
        let streams: Vec<_> = book::open(&self.world.book).streams().into_iter().collect();
        if streams.is_empty() {
            return Ok(());
        }
        let stream = *self.orbit.chance.pick(&streams);
        let read = self.log.read_stream(stream, None, usize::MAX).await;
        match read {
            Ok(events) => {
                let judged = book::open(&self.world.book).judge_stream(stream, &events);
                judged.map_err(|what| self.world.violation(what))
            }
            Err(ReadError::Damaged { .. }) => self.expect_no_damage("INTEGRITY_HOLD"),
            Err(ReadError::Unavailable { .. }) => Ok(()),
        }
    }

    /// Seals what is durable.
    pub fn seal(&mut self) -> Result<(), Violation> {
        let Some(sealer) = &mut self.sealer else { return Ok(()) };
        match sealer.seal() {
            Ok(Some(held)) => {
                self.world.counts.checkpoints += 1;
                let checkpoint = held.checkpoint.clone();
                self.world.note(&checkpoint.to_text());
                self.world.signed.push(checkpoint);
                Ok(())
            }
            Ok(None)
            | Err(SealError::Io { .. } | SealError::ReadBack(ReadError::Unavailable { .. })) => {
                Ok(())
            }
            Err(_) if self.world.may_be_damaged() => Ok(()),
            Err(error) => Err(self.world.violation(format!("not sealed: {error}"))),
        }
    }

    fn let_time_pass(&mut self) {
        let mut seconds = 1 + i64::try_from(self.orbit.chance.below(3_600)).unwrap();
        if self.world.swarm.clock_jumps && self.orbit.chance.one_in(2) {
            self.world.counts.clock_jumps += 1;
            // Back as well: the recorded time must not follow.
            seconds *= if self.orbit.chance.one_in(2) { -24 } else { 24 * 30 };
        }
        self.world.pass(seconds);
    }

    /// Something will go wrong soon.
    fn plan(&mut self) {
        if self.world.swarm.full && self.orbit.chance.one_in(2) {
            let room = self.orbit.chance.below(40_000);
            self.world.disk.faults(|faults| faults.room = Some(room));
        }
        if self.world.swarm.keys_fail && self.orbit.chance.one_in(4) {
            self.world.fail_keys(true);
        }
        let lies = !self.world.lie_planned && !self.world.rotten && self.orbit.chance.one_in(4);
        let fault = if lies {
            self.world.swarm.lie(&mut self.orbit.chance)
        } else {
            self.world.swarm.honest(&mut self.orbit.chance)
        };
        if let Some(fault) = fault {
            self.world.lie_planned |= lies;
            self.world.note(&format!("{fault:?}"));
            self.world.disk.faults(|faults| faults.planned.push(fault));
        }
    }
}
