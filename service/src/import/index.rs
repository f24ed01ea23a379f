//! The first reading of the files: every row is parsed, and what is left in memory is where each good row stands,
//! some 70 bytes, sorted in the order of import. So unsorted files of any size are imported in the order of time.

use std::collections::{BTreeMap, HashMap};
use std::io;

use schemas::Timestamp;

use super::kind::{Kind, Phase};
use super::report::{Fault, Place, codes};
use super::rows::Row;
use super::source::{Source, Span};

/// Sub-accounts stand at most this deep.
const DEPTH_MAX: u16 = 16;

/// A short hash of a name. A collision would report two rows as the same; at 128 bits none is expected.
type Name = [u8; 16];

/// Where a good row stands, and when its turn is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) turn: Turn,
    pub(crate) span: Span,
    /// Rows of one lane are imported one after another.
    pub(crate) lane: u64,
}

/// When a row's turn is. Rows of different waves wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(crate) phase: Phase,
    pub(crate) wave: u16,
    at: Timestamp,
    rank: u8,
    pub(crate) place: Place,
}

/// All good rows in the order of import, and what is wrong with the others.
pub(crate) struct Index {
    pub(crate) entries: Vec<Entry>,
    pub(crate) faults: Vec<(Place, Fault)>,
    /// Rows read from each file, good and broken.
    pub(crate) rows: Vec<u64>,
    /// Broken rows of each file.
    pub(crate) broken: Vec<u64>,
}

struct Building {
    index: Index,
    seen: HashMap<Name, Place>,
    parents: BTreeMap<Name, Family>,
}

struct Family {
    parent: Option<Name>,
    entry: usize,
}

/// Reads all files once. `progress` is told how many bytes of which file are read.
/// A file that cannot be read to its end is named with what happened.
pub(crate) fn build(
    sources: &[Source],
    progress: &dyn Fn(usize, u64),
) -> Result<Index, (String, io::Error)> {
    let none = vec![0; sources.len()];
    let index = Index { entries: Vec::new(), faults: Vec::new(), rows: none.clone(), broken: none };
    let mut building = Building { index, seen: HashMap::new(), parents: BTreeMap::new() };
    for (number, source) in sources.iter().enumerate() {
        let read = building.read(number, source, progress);
        read.map_err(|error| (source.name.clone(), error))?;
    }
    building.place_families();
    let mut index = building.index;
    index.entries.sort_unstable_by_key(|entry| entry.turn);
    Ok(index)
}

impl Building {
    fn read(
        &mut self,
        number: usize,
        source: &Source,
        progress: &dyn Fn(usize, u64),
    ) -> io::Result<()> {
        // INVARIANT (files are few): the command line takes far fewer files than a u32 counts.
        let file = u32::try_from(number).unwrap_or(u32::MAX);
        let mut rows = source.rows()?;
        while let Some(read) = rows.next_row()? {
            progress(number, rows.offset());
            if let Some(count) = self.index.rows.get_mut(number) {
                *count += 1;
            }
            let place = read.place(file);
            match read.parsed {
                Ok(row) => self.take(source, place, read.span, &row),
                Err(faults) => self.refuse(place, faults),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, place: Place, faults: Vec<Fault>) {
        let file = usize::try_from(place.file).ok();
        if let Some(count) = file.and_then(|file| self.index.broken.get_mut(file)) {
            *count += 1;
        }
        self.index.faults.extend(faults.into_iter().map(|fault| (place, fault)));
    }

    fn take(&mut self, source: &Source, place: Place, span: Span, row: &Row) {
        let names = unique_names(row);
        for (column, name) in &names {
            if let Some(first) = self.seen.get(name) {
                let message = format!("the same stands in row {} already", first.row);
                self.refuse(place, vec![Fault::new(*column, codes::DUPLICATE, message)]);
                return;
            }
        }
        self.seen.extend(names.into_iter().map(|(_, name)| (name, place)));
        if let Row::Customer(customer) = row {
            let parent = customer.parent_external_id.as_deref();
            let family = Family {
                parent: parent.map(|parent| name_of(&["customer", parent])),
                entry: self.index.entries.len(),
            };
            self.parents.insert(name_of(&["customer", &customer.external_id]), family);
        }
        let at = row.at().unwrap_or(Timestamp::MAX);
        let wave = wave(source.kind);
        let turn = Turn { phase: source.kind.phase(), wave, at, rank: rank(row), place };
        self.index.entries.push(Entry { turn, span, lane: lane(row) });
    }

    /// A sub-account comes after the account it belongs to, wherever the two stand in the files.
    fn place_families(&mut self) {
        let mut circles = Vec::new();
        for family in self.parents.values() {
            let depth = depth(&self.parents, family);
            let Some(entry) = self.index.entries.get_mut(family.entry) else { continue };
            match depth {
                Some(depth) => entry.turn.wave = depth,
                None => circles.push((family.entry, entry.turn.place)),
            }
        }
        circles.sort_unstable();
        for (entry, place) in circles.into_iter().rev() {
            let message = format!(
                "the parents of this customer form a circle, or are more than {DEPTH_MAX} deep"
            );
            let fault = Fault::new("parent_external_id", codes::BAD_VALUE, message);
            self.refuse(place, vec![fault]);
            // From the back, so that the places of the others still hold.
            self.index.entries.swap_remove(entry);
        }
    }
}

fn depth(families: &BTreeMap<Name, Family>, family: &Family) -> Option<u16> {
    let mut depth = 0;
    let mut at = family;
    while let Some(parent) = at.parent.and_then(|parent| families.get(&parent)) {
        depth += 1;
        if depth > DEPTH_MAX {
            return None;
        }
        at = parent;
    }
    Some(depth)
}

/// What a row takes that no other row may have.
fn unique_names(row: &Row) -> Vec<(Option<&'static str>, Name)> {
    let identity = row.identity();
    let mut parts = vec![row.kind().name()];
    parts.extend(identity.iter().map(String::as_str));
    let mut names = vec![(row.identity_column(), name_of(&parts))];
    match row {
        Row::Staff(staff) => names.push((Some("email"), name_of(&["email", &staff.email]))),
        Row::Member(member) => names.push((Some("email"), name_of(&["email", &member.email]))),
        Row::License(license) => {
            let key = license.key.as_deref().map(ledger::license_key::normalize);
            names.extend(key.map(|key| (Some("key"), name_of(&["key", &key]))));
        }
        Row::Catalog(_)
        | Row::Customer(_)
        | Row::Renewal(_)
        | Row::Seat(_)
        | Row::Device(_)
        | Row::Sighting(_)
        | Row::Blocker(_)
        | Row::Usage(_) => {}
    }
    names
}

/// Rows of one stream stand in one lane.
fn lane(row: &Row) -> u64 {
    let name = match row {
        Row::Catalog(item) => name_of(&[item.product().as_str()]),
        Row::Staff(staff) => name_of(&[staff.name_within()]),
        Row::Customer(customer) => name_of(&[&customer.external_id]),
        Row::Member(member) => name_of(&[&member.customer_external_id]),
        Row::License(license) => name_of(&[&license.external_id]),
        Row::Renewal(renewal) => name_of(&[&renewal.license_external_id]),
        Row::Seat(seat) => name_of(&[&seat.license_external_id]),
        Row::Device(device) => name_of(&[&device.license_external_id]),
        Row::Sighting(sighting) => name_of(&[&sighting.license_external_id]),
        Row::Blocker(blocker) => name_of(&[&blocker.license_external_id]),
        Row::Usage(usage) => name_of(&[&usage.license_external_id, usage.feature.as_str()]),
    };
    let (head, _) = name.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    u64::from_be_bytes(*head)
}

/// What happened to licenses comes after all licenses: so a row with a time before its license is told about the
/// time, and not that there is no such license.
fn wave(kind: Kind) -> u16 {
    u16::from(kind.phase() == Phase::Licenses && kind != Kind::Licenses)
}

/// Among rows of the same instant, what others build on comes first.
const fn rank(row: &Row) -> u8 {
    match row {
        Row::Catalog(item) => item.rank(),
        Row::Staff(_) | Row::Customer(_) | Row::Member(_) | Row::License(_) | Row::Usage(_) => 0,
        Row::Renewal(_) => 1,
        Row::Seat(_) => 2,
        Row::Device(_) => 3,
        Row::Sighting(_) => 4,
        Row::Blocker(_) => 5,
    }
}

fn name_of(parts: &[&str]) -> Name {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut name = [0; 16];
    hasher.finalize_xof().fill(&mut name);
    name
}
