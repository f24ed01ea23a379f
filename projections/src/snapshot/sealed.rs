//! One row as bytes: what is public as it is, its personal values sealed with the keys of those they
//! are about, in the order in which the row visits them. Knows nothing of files.

use ledger_log::Keystore;
use ledger_log::keystore::Opened;
use schemas::SubjectId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fixed::{Fixed, Reader};
use super::{SnapshotError, Unfit};
use crate::personal::HoldsPersonal;
use crate::views::access::{CredentialsRow, StaffRow};
use crate::views::accounts::AccountRow;
use crate::views::entitlements::{LicenseMeters, LicenseRow};

/// A row that can be kept as bytes.
pub(crate) trait StoredRow: Sized {
    /// The bytes of the row, the personal values of erased subjects left out.
    fn to_bytes(&self, keys: &Keystore) -> Result<Vec<u8>, SnapshotError>;
    /// The row of these bytes, the personal values of erased subjects erased.
    fn from_bytes(bytes: &[u8], keys: &Keystore) -> Result<Self, Unfit>;
}

impl StoredRow for LicenseMeters {
    fn to_bytes(&self, _: &Keystore) -> Result<Vec<u8>, SnapshotError> {
        Ok(rmp_serde::to_vec(self)?)
    }

    fn from_bytes(bytes: &[u8], _: &Keystore) -> Result<Self, Unfit> {
        Ok(rmp_serde::from_slice(bytes)?)
    }
}

macro_rules! stored_sealed {
    ($($row:ty),*) => {$(
        impl StoredRow for $row {
            fn to_bytes(&self, keys: &Keystore) -> Result<Vec<u8>, SnapshotError> {
                seal(self, keys)
            }

            fn from_bytes(bytes: &[u8], keys: &Keystore) -> Result<Self, Unfit> {
                open(bytes, keys)
            }
        }
    )*};
}

stored_sealed!(AccountRow, CredentialsRow, LicenseRow, StaffRow);

/// What stands for the length of a value that was erased.
const ERASED: u32 = u32::MAX;

/// The length of the public part, the public part, then each personal value: whose it is, its
/// length and its sealed bytes.
fn seal<R: HoldsPersonal + Clone + Serialize>(
    row: &R,
    keys: &Keystore,
) -> Result<Vec<u8>, SnapshotError> {
    let public = rmp_serde::to_vec(row)?;
    let mut out = Vec::with_capacity(public.len() + 256);
    length(&public)?.put(&mut out);
    out.extend_from_slice(&public);
    let mut failure = None;
    row.clone().each_personal(&mut |field| {
        let subject = field.subject();
        let sealed = match field.encode() {
            // Whoever was erased since the row was frozen is erased in the snapshot too.
            Ok(Some(_)) if keys.is_erased(subject) => Ok(None),
            Ok(Some(clear)) => keys.seal(subject, &clear).map(Some).map_err(SnapshotError::from),
            Ok(None) => Ok(None),
            Err(error) => Err(SnapshotError::from(error)),
        };
        let put = sealed.and_then(|sealed| {
            subject.put(&mut out);
            sealed.as_deref().map_or(Ok(ERASED), length)?.put(&mut out);
            out.extend_from_slice(sealed.as_deref().unwrap_or_default());
            Ok(())
        });
        if let Err(error) = put {
            failure = Some(error);
        }
    });
    failure.map_or(Ok(out), Err)
}

fn length(bytes: &[u8]) -> Result<u32, SnapshotError> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length != ERASED);
    length.ok_or(SnapshotError::RowTooLarge { bytes: bytes.len() })
}

fn open<R: HoldsPersonal + DeserializeOwned>(bytes: &[u8], keys: &Keystore) -> Result<R, Unfit> {
    let mut reader = Reader(bytes);
    let length: u32 = reader.take()?;
    let mut row: R = rmp_serde::from_slice(reader.bytes(u64::from(length))?)?;
    let mut failure = None;
    row.each_personal(&mut |field| {
        let mut one = || {
            if reader.0.is_empty() {
                return Err(Unfit::PersonalFields);
            }
            let (subject, length): (SubjectId, u32) = reader.take()?;
            if length == ERASED {
                return Ok(field.decode(subject, None)?);
            }
            match keys.open_sealed(subject, reader.bytes(u64::from(length))?)? {
                Opened::Clear(clear) => Ok(field.decode(subject, Some(&clear))?),
                Opened::Erased => Ok(field.decode(subject, None)?),
            }
        };
        if let Err(unfit) = one() {
            failure = Some(unfit);
        }
    });
    match failure {
        Some(unfit) => Err(unfit),
        None if !reader.0.is_empty() => Err(Unfit::PersonalFields),
        None => Ok(row),
    }
}
