//! The tables of a snapshot as bytes: what views hold beside their rows, and where the rows are.
//! Knows nothing of files.

use serde::{Deserialize, Serialize};

use ledger_log::Keystore;
use schemas::{Code, ProductId};

use super::fixed::{Fixed, Reader, put_list};
use super::rows::{Places, Tables};
use super::sealed::StoredRow;
use super::{SnapshotError, Unfit};
use crate::digest::Tally;
use crate::views::access::{Access, FrozenAccess};
use crate::views::accounts::{Accounts, FrozenAccounts};
use crate::views::audit::Trail;
use crate::views::catalog::{NoticePolicyRow, ProductRow};
use crate::views::directory::{Directory, FrozenDirectory};
use crate::views::entitlements::{Entitlements, FrozenEntitlements};
use crate::views::tallied::TalliedView;

/// The catalog, which is small: it is read at once.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CatalogTable {
    /// Which product had a code first.
    pub codes: Vec<(Code, ProductId)>,
    pub products: Vec<ProductRow>,
    /// The versions of the notice periods.
    pub notice: Vec<NoticePolicyRow>,
}

/// The tables in the order in which they are written.
pub(super) fn put(
    tables: &Tables,
    places: Places,
    keys: &Keystore,
) -> Result<[Vec<u8>; 6], SnapshotError> {
    let mut audit = Vec::new();
    tables.audit.put(&mut audit);
    Ok([
        put_places(places),
        audit,
        put_access(&tables.access, keys)?,
        put_accounts(&tables.accounts),
        put_directory(&tables.directory),
        put_entitlements(&tables.entitlements),
    ])
}

fn put_places(places: Places) -> Vec<u8> {
    let mut out = Vec::new();
    put_list(&mut out, places.accounts.into_iter());
    put_list(&mut out, places.credentials.into_iter());
    put_list(&mut out, places.licenses.into_iter());
    put_list(&mut out, places.meters.into_iter());
    out
}

pub(super) fn take_places(bytes: &[u8]) -> Result<Places, Unfit> {
    whole(bytes, |reader| {
        Ok(Places {
            accounts: reader.list()?,
            credentials: reader.list()?,
            licenses: reader.list()?,
            meters: reader.list()?,
        })
    })
}

pub(super) fn take_audit(bytes: &[u8]) -> Result<Trail, Unfit> {
    whole(bytes, Trail::take)
}

fn put_access(access: &FrozenAccess, keys: &Keystore) -> Result<Vec<u8>, SnapshotError> {
    let mut out = Vec::new();
    u64::try_from(access.staff.len()).unwrap_or(u64::MAX).put(&mut out);
    for row in &access.staff {
        let row = row.to_bytes(keys)?;
        u64::try_from(row.len()).unwrap_or(u64::MAX).put(&mut out);
        out.extend_from_slice(&row);
    }
    put_list(&mut out, access.members_by_email.iter().copied());
    put_list(&mut out, access.staff_by_email.iter().copied());
    put_list(&mut out, access.secrets.iter().copied());
    put_list(&mut out, access.hashes.settled().into_iter());
    Ok(out)
}

pub(super) fn take_access(bytes: &[u8], keys: &Keystore) -> Result<FrozenAccess, Unfit> {
    whole(bytes, |reader| {
        let mut staff = Vec::new();
        for _ in 0..reader.take::<u64>()? {
            let length = reader.take()?;
            staff.push(StoredRow::from_bytes(reader.bytes(length)?, keys)?);
        }
        Ok(FrozenAccess {
            staff: staff.into_iter().map(std::sync::Arc::new).collect(),
            members_by_email: reader.list()?,
            staff_by_email: reader.list()?,
            secrets: reader.list()?,
            hashes: take_hashes::<Access>(reader)?,
        })
    })
}

fn put_accounts(accounts: &FrozenAccounts) -> Vec<u8> {
    let mut out = Vec::new();
    put_list(&mut out, accounts.children.iter().copied());
    put_list(&mut out, accounts.homes.iter().copied());
    put_list(&mut out, accounts.granted_in.iter().copied());
    put_list(&mut out, accounts.granted_to.iter().copied());
    put_list(&mut out, accounts.customers.iter().copied());
    put_list(&mut out, accounts.hashes.settled().into_iter());
    out
}

pub(super) fn take_accounts(bytes: &[u8]) -> Result<FrozenAccounts, Unfit> {
    whole(bytes, |reader| {
        Ok(FrozenAccounts {
            children: reader.list()?,
            homes: reader.list()?,
            granted_in: reader.list()?,
            granted_to: reader.list()?,
            customers: reader.list()?,
            hashes: take_hashes::<Accounts>(reader)?,
        })
    })
}

fn put_directory(directory: &FrozenDirectory) -> Vec<u8> {
    let mut out = Vec::new();
    put_list(&mut out, directory.by_key.iter().copied());
    put_list(&mut out, directory.by_binding.iter().copied());
    put_list(&mut out, directory.by_email.iter().copied());
    put_list(&mut out, directory.hashes.settled().into_iter());
    out
}

pub(super) fn take_directory(bytes: &[u8]) -> Result<FrozenDirectory, Unfit> {
    whole(bytes, |reader| {
        Ok(FrozenDirectory {
            by_key: reader.list()?,
            by_binding: reader.list()?,
            by_email: reader.list()?,
            hashes: take_hashes::<Directory>(reader)?,
        })
    })
}

fn put_entitlements(entitlements: &FrozenEntitlements) -> Vec<u8> {
    let mut out = Vec::new();
    put_list(&mut out, entitlements.by_account.iter().copied());
    put_list(&mut out, entitlements.by_member.iter().copied());
    put_list(&mut out, entitlements.allocated.iter().copied());
    put_list(&mut out, entitlements.metered.iter().copied());
    put_list(&mut out, entitlements.hashes.settled().into_iter());
    out
}

pub(super) fn take_entitlements(bytes: &[u8]) -> Result<FrozenEntitlements, Unfit> {
    whole(bytes, |reader| {
        Ok(FrozenEntitlements {
            by_account: reader.list()?,
            by_member: reader.list()?,
            allocated: reader.list()?,
            metered: reader.list()?,
            hashes: take_hashes::<Entitlements>(reader)?,
        })
    })
}

/// Hashes of rows. Their sum is compared with the state that the header says.
fn take_hashes<V: TalliedView>(reader: &mut Reader<'_>) -> Result<Tally<V::Key>, Unfit>
where
    V::Key: Fixed,
{
    let hashes: Vec<(V::Key, [u8; 32])> = reader.list()?;
    let in_order = hashes.is_sorted_by(|(one, _), (other, _)| one < other);
    if in_order {
        Ok(Tally::restored(V::VERSION, hashes))
    } else {
        Err(Unfit::State(V::VERSION.to_string()))
    }
}

/// What is taken from bytes of which none may be left.
fn whole<T>(
    bytes: &[u8],
    take: impl FnOnce(&mut Reader<'_>) -> Result<T, Unfit>,
) -> Result<T, Unfit> {
    let mut reader = Reader(bytes);
    let taken = take(&mut reader)?;
    if reader.0.is_empty() { Ok(taken) } else { Err(Unfit::Damaged) }
}
