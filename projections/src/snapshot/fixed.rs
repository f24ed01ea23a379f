//! Values of a fixed size, and lists of them: read in bulk, without looking for where one ends.
//! Numbers are little-endian; keys come in their order, so that maps are built without searching.

use schemas::{
    AccountId, ActivationId, Digest, GrantId, LicenseId, LogPosition, MemberId, MeterId, ProductId,
    StaffId, StreamKind, StreamName, SubjectId, Timestamp, TokenId,
};
use uuid::Uuid;

use super::Unfit;
use crate::kept::Place;
use crate::views::access::AccessKey;
use crate::views::accounts::AccountsKey;
use crate::views::directory::{Bound, DirectoryKey};
use crate::views::entitlements::EntitlementsKey;

/// A value whose bytes are always as many.
pub(crate) trait Fixed: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit>;
}

/// Bytes that are read from their beginning.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn take<T: Fixed>(&mut self) -> Result<T, Unfit> {
        T::take(self)
    }

    pub(crate) fn bytes(&mut self, length: u64) -> Result<&'a [u8], Unfit> {
        let length = usize::try_from(length).map_err(|_| Unfit::Damaged)?;
        let (head, rest) = self.0.split_at_checked(length).ok_or(Unfit::Damaged)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Unfit> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Unfit::Damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    /// A list: how many values, then the values.
    pub(crate) fn list<T: Fixed>(&mut self) -> Result<Vec<T>, Unfit> {
        let count = usize::try_from(self.take::<u64>()?).map_err(|_| Unfit::Damaged)?;
        // No value is smaller than a byte: a wrong count asks for no more than there are bytes.
        let mut list = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            list.push(self.take()?);
        }
        Ok(list)
    }
}

/// Puts a list that can be read with [`Reader::list`].
pub(crate) fn put_list<T: Fixed>(out: &mut Vec<u8>, list: impl ExactSizeIterator<Item = T>) {
    u64::try_from(list.len()).unwrap_or(u64::MAX).put(out);
    // Growing step by step would copy what is there again and again, tens of megabytes.
    out.reserve(list.len().saturating_mul(size_of::<T>()));
    for one in list {
        one.put(out);
    }
}

macro_rules! fixed_numbers {
    ($($number:ty),*) => {$(
        impl Fixed for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
                reader.array().map(Self::from_le_bytes)
            }
        }
    )*};
}

fixed_numbers!(u8, u32, u64, i64);

macro_rules! fixed_ids {
    ($($id:ty),*) => {$(
        impl Fixed for $id {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.bytes());
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
                reader.array().map(Self::from_bytes)
            }
        }
    )*};
}

fixed_ids!(AccountId, ActivationId, LicenseId, MemberId, MeterId, ProductId, StaffId, SubjectId);
fixed_ids!(GrantId, TokenId);

impl Fixed for Uuid {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        reader.array().map(Self::from_bytes)
    }
}

impl Fixed for Digest {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        reader.array().map(Digest)
    }
}

impl Fixed for [u8; 32] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        reader.array()
    }
}

impl Fixed for LogPosition {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        reader.take().map(Self)
    }
}

impl Fixed for Timestamp {
    fn put(&self, out: &mut Vec<u8>) {
        self.micros().put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        reader.take().map(Self::from_micros)
    }
}

impl Fixed for StreamName {
    fn put(&self, out: &mut Vec<u8>) {
        self.kind.code().put(out);
        self.id.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        let (code, id) = reader.take::<(u8, Uuid)>()?;
        let kind = StreamKind::ALL.get(usize::from(code)).ok_or(Unfit::Damaged)?;
        Ok(Self::new(*kind, id))
    }
}

impl Fixed for Place {
    fn put(&self, out: &mut Vec<u8>) {
        (self.offset, self.bytes).put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        let (offset, bytes) = reader.take()?;
        Ok(Self { offset, bytes })
    }
}

impl Fixed for Bound {
    fn put(&self, out: &mut Vec<u8>) {
        (self.license, self.activation).put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        let (license, activation) = reader.take()?;
        Ok(Self { license, activation })
    }
}

/// A flag, then the value or as many zeros.
impl Fixed for Option<AccountId> {
    fn put(&self, out: &mut Vec<u8>) {
        u8::from(self.is_some()).put(out);
        self.unwrap_or_default().put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        let (flag, account) = reader.take::<(u8, AccountId)>()?;
        match flag {
            0 => Ok(None),
            1 => Ok(Some(account)),
            _ => Err(Unfit::Damaged),
        }
    }
}

impl<A: Fixed, B: Fixed> Fixed for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        Ok((reader.take()?, reader.take()?))
    }
}

impl<A: Fixed, B: Fixed, C: Fixed> Fixed for (A, B, C) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
        self.2.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
        Ok((reader.take()?, reader.take()?, reader.take()?))
    }
}

macro_rules! fixed_keys {
    ($($key:ident { $($variant:ident = $code:literal),* })*) => {$(
        impl Fixed for $key {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant(id) => {
                        let code: u8 = $code;
                        code.put(out);
                        id.put(out);
                    })*
                }
            }

            fn take(reader: &mut Reader<'_>) -> Result<Self, Unfit> {
                match reader.take::<u8>()? {
                    $($code => reader.take().map(Self::$variant),)*
                    _ => Err(Unfit::Damaged),
                }
            }
        }
    )*};
}

fixed_keys! {
    AccessKey { Staff = 0, Credentials = 1 }
    AccountsKey { Account = 0, Member = 1, Grant = 2 }
    DirectoryKey { Key = 0, Binding = 1, Email = 2 }
    EntitlementsKey { License = 0, Meter = 1 }
}
