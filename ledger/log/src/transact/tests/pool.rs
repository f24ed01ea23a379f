//! A small rule book for the tests: seats up to a capacity, a count that grows with every command, notes.

use std::collections::BTreeSet;

use ledger::{Context, Decider, Decision, Rejection};
use schemas::license::{
    DeviceActivated, DeviceProfile, DeviceSeen, LicenseEvent, SeatAssigned, SeatUnassigned,
};
use schemas::{ActivationId, Digest, MemberId, Personal, StreamKind, SubjectId, Timestamp};

#[derive(Debug)]
pub struct Pool;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Takes a seat, unless the member has one; refused when all are taken.
    Take { member: u8, capacity: usize },
    /// Frees the member's seat, if any.
    Free { member: u8 },
    /// Counts one more, every time.
    Count,
    /// Counts this often, in one append.
    CountMany(usize),
    /// Records a personal text.
    Note(String),
    /// Has a bug.
    Panic,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("all {capacity} seats are taken")]
pub struct NoSeat {
    pub capacity: usize,
}

impl Rejection for NoSeat {
    fn code(&self) -> &'static str {
        "NO_SEAT_AVAILABLE"
    }

    fn rule(&self) -> &'static str {
        "pool.seats_fit"
    }

    fn advice(&self) -> String {
        "Free a seat.".to_owned()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub seated: BTreeSet<MemberId>,
    pub counted: u64,
    pub newest: Option<Timestamp>,
}

impl Decider for Pool {
    const KIND: StreamKind = StreamKind::License;
    type State = State;
    type Command = Command;
    type Event = LicenseEvent;
    type Rejection = NoSeat;

    fn decide(
        state: &State,
        command: &Command,
        _: &Context,
    ) -> Result<Decision<LicenseEvent>, NoSeat> {
        let events = match command {
            Command::Take { member, capacity } => {
                let member = member_of(*member);
                if state.seated.contains(&member) {
                    return Ok(Decision::already_so("pool.already_seated"));
                }
                if state.seated.len() >= *capacity {
                    return Err(NoSeat { capacity: *capacity });
                }
                vec![SeatAssigned { member, accounts: None }.into()]
            }
            Command::Free { member } => {
                let member = member_of(*member);
                if !state.seated.contains(&member) {
                    return Ok(Decision::already_so("pool.already_free"));
                }
                vec![SeatUnassigned { member }.into()]
            }
            Command::Count => vec![seen()],
            Command::CountMany(count) => vec![seen(); *count],
            Command::Note(text) => vec![note(text)],
            Command::Panic => panic!("a bug in the rules, on purpose"),
        };
        Ok(Decision::record("pool.seats_fit", events))
    }

    fn evolve(state: &mut State, event: &LicenseEvent, at: Timestamp) {
        state.newest = state.newest.max(Some(at));
        if let LicenseEvent::SeatAssigned(seat) = event {
            state.seated.insert(seat.member);
        } else if let LicenseEvent::SeatUnassigned(seat) = event {
            state.seated.remove(&seat.member);
        } else {
            state.counted += 1;
        }
    }
}

pub fn member_of(number: u8) -> MemberId {
    MemberId::from_bytes([number; 16])
}

pub fn seen() -> LicenseEvent {
    DeviceSeen { activation: ActivationId::from_bytes([1; 16]), version: None }.into()
}

fn note(text: &str) -> LicenseEvent {
    let profile =
        DeviceProfile { name: text.to_owned(), fingerprint: String::new(), platform: None };
    DeviceActivated {
        activation: ActivationId::from_bytes([2; 16]),
        fingerprint: Digest::ZERO,
        member: None,
        version: None,
        personal: Personal::new(SubjectId::from_bytes([3; 16]), profile),
    }
    .into()
}
