//! The file of a snapshot: magic, format, the rows one after the other, a header and the tables that
//! say where they are, a hash of all of it, and a code over that hash that only this ledger's keys
//! can make. Without the code, whoever can write the folder could let himself in.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use ledger_log::Keystore;
use schemas::Digest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::blocks::{self, BlockHasher, Pieces};
use super::fixed::Reader;
use super::rows::{Frozen, Places, Tables, Thawing, try_some};
use super::sealed::StoredRow;
use super::tables::{self, CatalogTable};
use super::{SnapshotError, Unfit, done, failed};
use crate::digest::ViewDigest;
use crate::kept::{FrozenRow, FrozenRows, Place};
use crate::views::audit::Audit;
use crate::views::{LastEvent, Views};

/// The version of the format that is written and read.
pub(super) const FORMAT: u32 = 5;

const MAGIC: [u8; 8] = *b"DBVIEWS\0";
const CODE_PURPOSE: &str = "snapshot of views v1";

/// The magic and the format.
const HEAD_BYTES: u64 = 12;
/// Where the rows end, the hash, the code.
const TRAILER_BYTES: usize = 8 + HASH_BYTES;
const HASH_BYTES: usize = 64;

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    ledger: [u8; 16],
    schema: Digest,
    last: LastEvent,
    /// Name, version, rows and hash of each view.
    views: Vec<(String, u32, u64, Digest)>,
}

/// Writes a snapshot to a new file and syncs it. Answers its size.
pub(super) fn write(
    path: &Path,
    keys: &Keystore,
    ledger: Uuid,
    schema: Digest,
    frozen: Frozen,
) -> Result<u64, SnapshotError> {
    let file = File::create(path).map_err(|source| failed("made", path, source))?;
    let file = BufWriter::with_capacity(1 << 20, file);
    let mut writer = Writer { path, file, hasher: BlockHasher::new(), bytes: 0 };
    writer.put(&MAGIC)?;
    writer.put(&FORMAT.to_be_bytes())?;
    let places = Places {
        accounts: writer.rows(keys, frozen.accounts)?,
        credentials: writer.rows(keys, frozen.credentials)?,
        licenses: writer.rows(keys, frozen.licenses)?,
        meters: writer.rows(keys, frozen.meters)?,
    };
    let rows_end = writer.bytes;
    let views = frozen.digests.views.iter();
    writer.sized(&rmp_serde::to_vec(&Header {
        ledger: *ledger.as_bytes(),
        schema,
        last: frozen.last,
        views: views
            .map(|one| (one.view.name.to_owned(), one.view.version, one.rows, one.digest))
            .collect(),
    })?)?;
    let products = frozen.products.iter().map(|row| (**row).clone()).collect();
    let notice = frozen.notice.iter().map(|row| (**row).clone()).collect();
    writer.sized(&rmp_serde::to_vec(&CatalogTable { codes: frozen.codes, products, notice })?)?;
    for table in tables::put(&frozen.tables, places, keys)? {
        writer.sized(&table)?;
    }
    writer.put(&rows_end.to_le_bytes())?;
    writer.finish(keys)
}

struct Writer<'a> {
    path: &'a Path,
    file: BufWriter<File>,
    hasher: BlockHasher,
    bytes: u64,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.hasher.update(bytes);
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.file.write_all(bytes).map_err(|source| failed("written", self.path, source))
    }

    fn sized(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.put(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes())?;
        self.put(bytes)
    }

    /// Rows one after the other. Answers where each is.
    fn rows<K, R: StoredRow>(
        &mut self,
        keys: &Keystore,
        frozen: FrozenRows<K, R>,
    ) -> Result<Vec<(K, Place)>, SnapshotError> {
        let FrozenRows { rows, source } = frozen;
        let mut places = Vec::with_capacity(rows.len());
        for (key, row) in rows {
            let made;
            let bytes = match &row {
                FrozenRow::Row(row) => {
                    made = row.to_bytes(keys)?;
                    &made
                }
                FrozenRow::Bytes(place) => {
                    let kept = source.as_ref().and_then(|source| source.slice(*place));
                    kept.ok_or(SnapshotError::Abandoned)?
                }
            };
            let too_large = SnapshotError::RowTooLarge { bytes: bytes.len() };
            let length = u32::try_from(bytes.len()).map_err(|_| too_large)?;
            places.push((key, Place { offset: self.bytes, bytes: length }));
            self.put(bytes)?;
        }
        Ok(places)
    }

    fn finish(mut self, keys: &Keystore) -> Result<u64, SnapshotError> {
        let hasher = std::mem::replace(&mut self.hasher, BlockHasher::new());
        let hash = hasher.finish();
        self.write(&hash)?;
        self.write(&keys.digest(CODE_PURPOSE, &hash).0)?;
        let (path, bytes) = (self.path, self.bytes);
        let file = self.file.into_inner().map_err(|error| error.into_error());
        file.and_then(|file| file.sync_all()).map_err(|source| failed("synced", path, source))?;
        Ok(bytes)
    }
}

/// The views of a snapshot, when its bytes are those that were written for this ledger. Their rows
/// are decoded when somebody asks for them.
pub(super) fn read(
    path: &Path,
    keys: &Arc<Keystore>,
    ledger: Uuid,
    schema: Digest,
) -> Result<Views, Unfit> {
    let pieces = blocks::read(path, rows_end(path)?, HASH_BYTES)?;
    let Pieces { head: rows, tail: tables, hash } = pieces;
    authentic(&rows, &tables, &hash, keys)?;
    let (header, thawing) = sections(&tables, keys, ledger, schema)?;
    drop(tables);
    let views = thawing.finish(rows, keys);
    let held = views.digests();
    for (held, (name, version, rows, digest)) in held.views.iter().zip(&header.views) {
        let ViewDigest { view, rows: held_rows, digest: held_digest } = held;
        let is_same = (view.name, view.version, *held_rows, *held_digest)
            == (name.as_str(), *version, *rows, *digest);
        if !is_same {
            return Err(Unfit::State(view.to_string()));
        }
    }
    try_some(&views)?;
    Ok(views)
}

/// Where the rows end, as the file says. Nothing but where to cut may rest on it before the file is authentic.
fn rows_end(path: &Path) -> Result<u64, Unfit> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(HEAD_BYTES).read_to_end(&mut head)?;
    let after_magic = head.strip_prefix(&MAGIC).ok_or(Unfit::NotASnapshot)?;
    let format = u32::from_be_bytes(after_magic.try_into().map_err(|_| Unfit::NotASnapshot)?);
    if format != FORMAT {
        return Err(Unfit::Format(format));
    }
    let trailer_bytes = u64::try_from(TRAILER_BYTES).unwrap_or(u64::MAX);
    let content_end = length.checked_sub(trailer_bytes).ok_or(Unfit::NotASnapshot)?;
    file.seek(SeekFrom::Start(content_end))?;
    let mut trailer = Vec::new();
    file.take(trailer_bytes).read_to_end(&mut trailer)?;
    let rows_end = Reader(&trailer).take()?;
    if (HEAD_BYTES..=content_end).contains(&rows_end) { Ok(rows_end) } else { Err(Unfit::Damaged) }
}

/// Whether the hash and the code over all bytes are right.
fn authentic(rows: &[u8], tables: &[u8], hash: &[u8; 32], keys: &Keystore) -> Result<(), Unfit> {
    if !rows.starts_with(&MAGIC) {
        return Err(Unfit::NotASnapshot);
    }
    let trailer = tables.last_chunk::<TRAILER_BYTES>().ok_or(Unfit::Damaged)?;
    let mut trailer = Reader(trailer);
    let rows_end: u64 = trailer.take()?;
    let (said, code): ([u8; 32], [u8; 32]) = trailer.take()?;
    if said != *hash || usize::try_from(rows_end) != Ok(rows.len()) {
        return Err(Unfit::Damaged);
    }
    if keys.digest(CODE_PURPOSE, hash).0 != code {
        return Err(Unfit::ForeignKeys);
    }
    Ok(())
}

/// What comes after the rows. Large tables are read side by side: a start waits for this.
fn sections(
    bytes: &[u8],
    keys: &Arc<Keystore>,
    ledger: Uuid,
    schema: Digest,
) -> Result<(Header, Thawing), Unfit> {
    let end = bytes.len().saturating_sub(TRAILER_BYTES);
    let mut reader = Reader(bytes.get(..end).ok_or(Unfit::Damaged)?);
    let header: Header = rmp_serde::from_slice(section(&mut reader)?)?;
    if header.ledger != *ledger.as_bytes() {
        return Err(Unfit::OtherLedger(Uuid::from_bytes(header.ledger)));
    }
    if header.schema != schema {
        return Err(Unfit::OtherSchema);
    }
    let catalog: CatalogTable = rmp_serde::from_slice(section(&mut reader)?)?;
    let (places, audit) = (section(&mut reader)?, section(&mut reader)?);
    let (access, accounts) = (section(&mut reader)?, section(&mut reader)?);
    let (directory, entitlements) = (section(&mut reader)?, section(&mut reader)?);
    if !reader.0.is_empty() {
        return Err(Unfit::Damaged);
    }
    let (places, tables) = thread::scope(|scope| {
        let audit = scope.spawn(|| tables::take_audit(audit));
        let tables = Tables {
            access: tables::take_access(access, keys)?,
            accounts: tables::take_accounts(accounts)?,
            directory: tables::take_directory(directory)?,
            entitlements: tables::take_entitlements(entitlements)?,
            audit: done(audit)?,
        };
        Ok::<_, Unfit>((tables::take_places(places)?, tables))
    })?;
    let said = header.views.iter().find(|(name, ..)| name == Audit::VERSION.name);
    let (_, _, rows, digest) = said.ok_or(Unfit::Damaged)?;
    let events = u64::try_from(tables.audit.entries.len()).unwrap_or(u64::MAX);
    if *rows != events {
        return Err(Unfit::State(Audit::VERSION.to_string()));
    }
    let audit = ViewDigest { view: Audit::VERSION, rows: *rows, digest: *digest };
    let CatalogTable { codes, products, notice } = catalog;
    let thawing = Thawing { last: header.last, audit, codes, products, notice, tables, places };
    Ok((header, thawing))
}

fn section<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Unfit> {
    let length = reader.take()?;
    reader.bytes(length)
}
