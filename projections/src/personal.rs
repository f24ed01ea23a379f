//! The personal values that rows hold in memory: found, sealed, opened and forgotten without
//! knowing the row.

use schemas::{Personal, SubjectId};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One personal field of a row, whatever its type.
pub(crate) trait PersonalField {
    /// Whose it is.
    fn subject(&self) -> SubjectId;
    /// Its value as bytes; `None` when it was erased.
    fn encode(&self) -> Result<Option<Vec<u8>>, rmp_serde::encode::Error>;
    /// Takes a value over; `None`: it was erased.
    fn decode(
        &mut self,
        subject: SubjectId,
        bytes: Option<&[u8]>,
    ) -> Result<(), rmp_serde::decode::Error>;
    /// Drops the value.
    fn erase(&mut self);
}

impl<T: Serialize + DeserializeOwned> PersonalField for Personal<T> {
    fn subject(&self) -> SubjectId {
        self.subject
    }

    fn encode(&self) -> Result<Option<Vec<u8>>, rmp_serde::encode::Error> {
        self.value.as_ref().map(rmp_serde::to_vec_named).transpose()
    }

    fn decode(
        &mut self,
        subject: SubjectId,
        bytes: Option<&[u8]>,
    ) -> Result<(), rmp_serde::decode::Error> {
        self.subject = subject;
        self.value = bytes.map(rmp_serde::from_slice).transpose()?;
        Ok(())
    }

    fn erase(&mut self) {
        self.value = None;
    }
}

/// A row with personal fields.
pub(crate) trait HoldsPersonal {
    /// Visits every personal field, always in the same order.
    fn each_personal(&mut self, visit: &mut dyn FnMut(&mut dyn PersonalField));

    /// Drops the values of one subject.
    fn forget(&mut self, subject: SubjectId) {
        self.each_personal(&mut |field| {
            if field.subject() == subject {
                field.erase();
            }
        });
    }
}
