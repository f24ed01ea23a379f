//! Where every event is: one entry for each, and the lists of entries by stream, by tenant and by
//! license. What a snapshot said is shared by every copy of it.

use schemas::{AccountId, LicenseId, LogPosition, Revision, StreamName, Timestamp};

use super::postings::{Numbers, Postings};
use crate::snapshot::Unfit;
use crate::snapshot::fixed::{Fixed, Reader, put_list};
use crate::views::ApplyError;

/// One event: its stream is a number, to keep entries small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub position: LogPosition,
    pub recorded_at: Timestamp,
    pub stream: u32,
    pub revision: u32,
}

/// An event that is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AuditRecord {
    pub position: LogPosition,
    pub recorded_at: Timestamp,
    pub stream: StreamName,
    pub revision: Revision,
    pub tenant: Option<AccountId>,
    pub license: Option<LicenseId>,
}

/// Where all events are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail {
    pub entries: Vec<Entry>,
    pub by_stream: Postings<StreamName>,
    pub by_tenant: Postings<Option<AccountId>>,
    pub by_license: Postings<LicenseId>,
}

impl Trail {
    pub(crate) fn add(&mut self, record: &AuditRecord) -> Result<(), ApplyError> {
        let place = u32::try_from(self.entries.len()).map_err(|_| ApplyError::TooManyEvents)?;
        let known = self.by_stream.of(&record.stream).len();
        let expected = u64::try_from(known).unwrap_or(u64::MAX);
        let found = record.revision;
        if found != expected {
            return Err(ApplyError::RevisionGap { stream: record.stream, expected, found });
        }
        let revision = u32::try_from(found).map_err(|_| ApplyError::TooManyEvents)?;
        let stream = self.by_stream.push(record.stream, place).ok_or(ApplyError::TooManyEvents)?;
        let (position, recorded_at) = (record.position, record.recorded_at);
        self.entries.push(Entry { position, recorded_at, stream, revision });
        self.by_tenant.push(record.tenant, place).ok_or(ApplyError::TooManyEvents)?;
        if let Some(license) = record.license {
            self.by_license.push(license, place).ok_or(ApplyError::TooManyEvents)?;
        }
        Ok(())
    }

    /// The stream with this number.
    pub(crate) fn stream(&self, number: u32) -> Option<&StreamName> {
        self.by_stream.key(number)
    }

    pub(crate) fn entry(&self, place: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(place).ok()?)
    }

    pub(crate) fn of_tenant(&self, tenant: Option<AccountId>) -> Numbers<'_> {
        self.by_tenant.of(&tenant)
    }

    /// The whole trail as bytes, its streams numbered anew in their order.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        let names = self.by_stream.keys();
        let rank = |name| names.binary_search(name).ok().and_then(|at| u32::try_from(at).ok());
        let old = self.by_stream.numbered();
        let anew: Vec<u32> = old.map(|name| rank(name).unwrap_or(u32::MAX)).collect();
        let number = |old: u32| usize::try_from(old).ok().and_then(|old| anew.get(old)).copied();
        put_list(
            out,
            self.entries
                .iter()
                .map(|entry| Entry { stream: number(entry.stream).unwrap_or(u32::MAX), ..*entry }),
        );
        self.by_stream.put(out);
        self.by_tenant.put(out);
        self.by_license.put(out);
    }

    /// Reads what was put.
    pub(crate) fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        let entries: Vec<Entry> = reader.list()?;
        let by_stream = Postings::<StreamName>::take(reader, entries.len())?;
        let by_tenant = Postings::take(reader, entries.len())?;
        let by_license = Postings::take(reader, entries.len())?;
        let streams = by_stream.numbered().count();
        let known = |entry: &Entry| usize::try_from(entry.stream).is_ok_and(|one| one < streams);
        if !entries.iter().all(known) {
            return Err(Unfit::Damaged);
        }
        Ok(Self { entries, by_stream, by_tenant, by_license })
    }
}

impl Fixed for Entry {
    fn put(&self, out: &mut Vec<u8>) {
        (self.position, self.recorded_at).put(out);
        (self.stream, self.revision).put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        let (position, recorded_at) = reader.take()?;
        let (stream, revision) = reader.take()?;
        Ok(Self { position, recorded_at, stream, revision })
    }
}
