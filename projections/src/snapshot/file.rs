//! The bytes of a snapshot: magic, format, a header, tagged rows, a hash of all of it, and a code
//! over that hash that only this ledger's keys can make. Without the code, whoever can write the
//! folder could let himself in.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::thread;

use ledger_log::Keystore;
use ledger_log::keystore::Opened;
use schemas::{Digest, LicenseId, SubjectId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{Firsts, Frozen, Thawing};
use super::{SnapshotError, Unfit, failed};
use crate::digest::ViewDigest;
use crate::personal::HoldsPersonal;
use crate::views::audit::{Audit, AuditRecord};
use crate::views::entitlements::{Entitlements, LicenseMeters};
use crate::views::tallied::TalliedView;
use crate::views::{LastEvent, Views};

/// The version of the format that is written and read.
pub(super) const FORMAT: u32 = 1;

const MAGIC: [u8; 8] = *b"DBVIEWS\0";
const CODE_PURPOSE: &str = "snapshot of views v1";
const TRAILER_BYTES: usize = 64;

/// How many entries of the audit trail are written as one row.
const AUDIT_CHUNK: usize = 4_096;

/// The largest row, in bytes: far more than any has. It bounds what a damaged length can ask for.
const ROW_BYTES_MAX: usize = 1 << 30;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    End,
    Firsts,
    Audit,
    Product,
    Account,
    Staff,
    Credentials,
    License,
    Meters,
}

impl Tag {
    const ALL: [(Self, u8); 9] = [
        (Self::End, 0),
        (Self::Firsts, 1),
        (Self::Audit, 2),
        (Self::Product, 3),
        (Self::Account, 4),
        (Self::Staff, 5),
        (Self::Credentials, 6),
        (Self::License, 7),
        (Self::Meters, 8),
    ];

    fn code(self) -> u8 {
        Self::ALL.iter().find(|(tag, _)| *tag == self).map_or(u8::MAX, |(_, code)| *code)
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == code).map(|(tag, _)| *tag)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    ledger: [u8; 16],
    schema: Digest,
    last: LastEvent,
    /// Name, version, rows and hash of each view.
    views: Vec<(String, u32, u64, Digest)>,
}

/// A row with its personal values sealed, in the order in which the row visits them.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed<R> {
    row: R,
    personal: Vec<SealedField>,
}

/// Whose a personal value is, and its sealed bytes; `None`: it was erased.
type SealedField = (SubjectId, Option<Vec<u8>>);

/// Writes a snapshot to a new file and syncs it. Answers its size.
pub(super) fn write(
    path: &Path,
    keys: &Keystore,
    ledger: Uuid,
    schema: Digest,
    frozen: Frozen,
) -> Result<u64, SnapshotError> {
    let file = File::create(path).map_err(|source| failed("made", path, source))?;
    let mut writer =
        Writer { path, file: BufWriter::new(file), hasher: blake3::Hasher::new(), bytes: 0 };
    writer.put(&MAGIC)?;
    writer.put(&FORMAT.to_be_bytes())?;
    let views = frozen.digests.views.iter();
    writer.sized(&rmp_serde::to_vec_named(&Header {
        ledger: *ledger.as_bytes(),
        schema,
        last: frozen.last,
        views: views
            .map(|one| (one.view.name.to_owned(), one.view.version, one.rows, one.digest))
            .collect(),
    })?)?;
    writer.rows(keys, frozen)?;
    writer.finish(keys)
}

struct Writer<'a> {
    path: &'a Path,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.hasher.update(bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.file.write_all(bytes).map_err(|source| failed("written", self.path, source))
    }

    fn sized(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        let too_large = SnapshotError::RowTooLarge { bytes: bytes.len() };
        let length = u32::try_from(bytes.len()).map_err(|_| too_large)?;
        self.put(&length.to_be_bytes())?;
        self.put(bytes)
    }

    fn row(&mut self, tag: Tag, row: &impl Serialize) -> Result<(), SnapshotError> {
        self.put(&[tag.code()])?;
        self.sized(&rmp_serde::to_vec_named(row)?)
    }

    fn sealed<R>(&mut self, tag: Tag, keys: &Keystore, row: &R) -> Result<(), SnapshotError>
    where
        R: HoldsPersonal + Clone + Serialize,
    {
        let mut row = row.clone();
        let personal = seal(keys, &mut row)?;
        self.row(tag, &Sealed { row, personal })
    }

    fn rows(&mut self, keys: &Keystore, frozen: Frozen) -> Result<(), SnapshotError> {
        self.row(Tag::Firsts, &frozen.firsts)?;
        for chunk in frozen.audit.chunks(AUDIT_CHUNK) {
            self.put(&[Tag::Audit.code()])?;
            self.sized(&rmp_serde::to_vec(chunk)?)?;
        }
        for row in frozen.products {
            self.row(Tag::Product, &*row)?;
        }
        for row in frozen.accounts {
            self.sealed(Tag::Account, keys, &*row)?;
        }
        for row in frozen.staff {
            self.sealed(Tag::Staff, keys, &*row)?;
        }
        for row in frozen.credentials {
            self.sealed(Tag::Credentials, keys, &*row)?;
        }
        for row in frozen.licenses {
            self.sealed(Tag::License, keys, &*row)?;
        }
        for (license, meters) in frozen.meters {
            self.row(Tag::Meters, &(license, &*meters))?;
        }
        self.row(Tag::End, &())
    }

    fn finish(mut self, keys: &Keystore) -> Result<u64, SnapshotError> {
        let hash = *self.hasher.finalize().as_bytes();
        self.put(&hash)?;
        self.put(&keys.digest(CODE_PURPOSE, &hash).0)?;
        let (path, bytes) = (self.path, self.bytes);
        let file = self.file.into_inner().map_err(|error| error.into_error());
        file.and_then(|file| file.sync_all()).map_err(|source| failed("synced", path, source))?;
        Ok(bytes)
    }
}

fn seal(keys: &Keystore, row: &mut impl HoldsPersonal) -> Result<Vec<SealedField>, SnapshotError> {
    let mut sealed = Vec::new();
    let mut failure = None;
    row.each_personal(&mut |field| {
        let subject = field.subject();
        let bytes = match field.encode() {
            // Whoever was erased since the row was frozen is erased in the snapshot too.
            Ok(Some(_)) if keys.is_erased(subject) => Ok(None),
            Ok(Some(clear)) => keys.seal(subject, &clear).map(Some).map_err(SnapshotError::from),
            Ok(None) => Ok(None),
            Err(error) => Err(SnapshotError::from(error)),
        };
        match bytes {
            Ok(bytes) => sealed.push((subject, bytes)),
            Err(error) => failure = Some(error),
        }
    });
    failure.map_or(Ok(sealed), Err)
}

/// The views of a snapshot, when every byte and every hash in it is right.
pub(super) fn read(
    path: &Path,
    keys: &Keystore,
    ledger: Uuid,
    schema: Digest,
) -> Result<Views, Unfit> {
    let bytes = fs::read(path)?;
    let mut reader = Reader { rest: authentic(&bytes, keys)? };
    let header: Header = rmp_serde::from_slice(reader.sized()?)?;
    if header.ledger != *ledger.as_bytes() {
        return Err(Unfit::OtherLedger(Uuid::from_bytes(header.ledger)));
    }
    if header.schema != schema {
        return Err(Unfit::OtherSchema);
    }
    let views = reader.rows()?.thaw(keys)?.finish(header.last);
    let held = views.digests();
    let said = header.views.iter();
    for (held, (name, version, rows, digest)) in held.views.iter().zip(said) {
        let ViewDigest { view, rows: held_rows, digest: held_digest } = held;
        let is_same = (view.name, view.version, *held_rows, *held_digest)
            == (name.as_str(), *version, *rows, *digest);
        if !is_same {
            return Err(Unfit::State(view.to_string()));
        }
    }
    Ok(views)
}

/// The bytes between magic and trailer, when the hash and the code over them are right.
fn authentic<'a>(bytes: &'a [u8], keys: &Keystore) -> Result<&'a [u8], Unfit> {
    let after_magic = bytes.strip_prefix(&MAGIC).ok_or(Unfit::NotASnapshot)?;
    let (format, _) = after_magic.split_first_chunk::<4>().ok_or(Unfit::NotASnapshot)?;
    let format = u32::from_be_bytes(*format);
    if format != FORMAT {
        return Err(Unfit::Format(format));
    }
    let (content, trailer) =
        bytes.split_last_chunk::<TRAILER_BYTES>().ok_or(Unfit::NotASnapshot)?;
    let (hash, code) = trailer.split_at(32);
    if blake3::hash(content).as_bytes() != hash {
        return Err(Unfit::Damaged);
    }
    if keys.digest(CODE_PURPOSE, hash).0 != code {
        return Err(Unfit::ForeignKeys);
    }
    content.get(MAGIC.len() + 4..).ok_or(Unfit::NotASnapshot)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Unfit> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Unfit::Damaged)?;
        self.rest = rest;
        Ok(*head)
    }

    fn sized(&mut self) -> Result<&'a [u8], Unfit> {
        let length = usize::try_from(u32::from_be_bytes(self.take()?)).unwrap_or(usize::MAX);
        if length > ROW_BYTES_MAX {
            return Err(Unfit::Damaged);
        }
        let (head, rest) = self.rest.split_at_checked(length).ok_or(Unfit::Damaged)?;
        self.rest = rest;
        Ok(head)
    }

    /// The rows by what they are, not looked into yet.
    fn rows(&mut self) -> Result<Rows<'a>, Unfit> {
        let mut rows = Rows::default();
        loop {
            let [code] = self.take::<1>()?;
            let row = self.sized()?;
            match Tag::from_code(code).ok_or(Unfit::Damaged)? {
                Tag::End => break,
                Tag::Firsts => rows.firsts.push(row),
                Tag::Audit => rows.audit.push(row),
                Tag::Product => rows.products.push(row),
                Tag::Account => rows.accounts.push(row),
                Tag::Staff => rows.staff.push(row),
                Tag::Credentials => rows.credentials.push(row),
                Tag::License => rows.licenses.push(row),
                Tag::Meters => rows.meters.push(row),
            }
        }
        if self.rest.is_empty() { Ok(rows) } else { Err(Unfit::Damaged) }
    }
}

/// The bytes of all rows by what they are.
#[derive(Default)]
struct Rows<'a> {
    firsts: Vec<&'a [u8]>,
    audit: Vec<&'a [u8]>,
    products: Vec<&'a [u8]>,
    accounts: Vec<&'a [u8]>,
    staff: Vec<&'a [u8]>,
    credentials: Vec<&'a [u8]>,
    licenses: Vec<&'a [u8]>,
    meters: Vec<&'a [u8]>,
}

impl Rows<'_> {
    /// Puts the views together. What does not depend on each other is read side by side: a start waits for this.
    fn thaw(&self, keys: &Keystore) -> Result<Thawing, Unfit> {
        thread::scope(|scope| {
            let audit = scope.spawn(|| self.audit());
            let licenses = scope.spawn(|| self.licenses(keys));
            let mut thawing = self.people(keys)?;
            thawing.licenses(done(licenses)?);
            thawing.audit(done(audit)?);
            for row in &self.meters {
                let (license, meters): (LicenseId, LicenseMeters) = rmp_serde::from_slice(row)?;
                thawing.meters(license, meters);
            }
            Ok(thawing)
        })
    }

    fn audit(&self) -> Result<Audit, Unfit> {
        let mut audit = Audit::default();
        for chunk in &self.audit {
            for record in rmp_serde::from_slice::<Vec<AuditRecord>>(chunk)? {
                audit.add(&record)?;
            }
        }
        audit.digest();
        Ok(audit)
    }

    fn licenses(&self, keys: &Keystore) -> Result<Entitlements, Unfit> {
        let mut entitlements = Entitlements::default();
        for row in &self.licenses {
            entitlements.restore_license(open(keys, row)?);
        }
        entitlements.digest();
        Ok(entitlements)
    }

    /// Everything else that has no need of licenses.
    fn people(&self, keys: &Keystore) -> Result<Thawing, Unfit> {
        let mut thawing = Thawing::default();
        for row in &self.firsts {
            thawing.firsts(rmp_serde::from_slice::<Firsts>(row)?);
        }
        for row in &self.products {
            thawing.product(rmp_serde::from_slice(row)?);
        }
        for row in &self.accounts {
            thawing.account(open(keys, row)?);
        }
        for row in &self.staff {
            thawing.staff(open(keys, row)?);
        }
        for row in &self.credentials {
            thawing.credentials(open(keys, row)?);
        }
        Ok(thawing)
    }
}

/// What a thread made. Its panic goes on here.
fn done<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A row with its personal values opened; those of erased subjects come back as erased.
fn open<R: HoldsPersonal + DeserializeOwned>(keys: &Keystore, bytes: &[u8]) -> Result<R, Unfit> {
    let Sealed { mut row, personal } = rmp_serde::from_slice::<Sealed<R>>(bytes)?;
    let mut personal = personal.into_iter();
    let mut failure = None;
    row.each_personal(&mut |field| {
        let opened = match personal.next() {
            None => Err(Unfit::PersonalFields),
            Some((subject, None)) => field.decode(subject, None).map_err(Unfit::from),
            Some((subject, Some(sealed))) => match keys.open_sealed(subject, &sealed) {
                Ok(Opened::Clear(clear)) => {
                    field.decode(subject, Some(&clear)).map_err(Unfit::from)
                }
                Ok(Opened::Erased) => field.decode(subject, None).map_err(Unfit::from),
                Err(error) => Err(error.into()),
            },
        };
        if let Err(unfit) = opened {
            failure = Some(unfit);
        }
    });
    match failure {
        Some(unfit) => Err(unfit),
        None if personal.next().is_some() => Err(Unfit::PersonalFields),
        None => Ok(row),
    }
}
