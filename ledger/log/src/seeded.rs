//! Bugs put in on purpose, one at a time, to see whether the simulator finds them. Without the feature `seeded-bugs`
//! there are none.

/// A bug that can be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeededBug {
    /// A commit is answered before it is synced.
    AnswerBeforeSync,
    /// The names in a folder are not made durable.
    SkipFolderSync,
    /// A sync that failed is tried again, and believed when it then succeeds.
    RetryFailedSync,
    /// Whatever is not whole is taken for a torn tail.
    CutAtFirstBadFrame,
    /// Recovery does not look at the mirrors.
    IgnoreMirror,
    /// Recovery does not look at the tail slots.
    IgnoreTailSlot,
    /// The checksum and the hash of a batch are not checked.
    AcceptBadHash,
    /// Batches that no tail slot remembers are cut off, and their positions used again.
    ReuseAfterCrash,
    /// The index of commands is empty after a start.
    ForgetCommands,
    /// What was signed is not compared with what is there.
    IgnoreSignedSize,
    /// A proof of consistency is one hash short when the log's size is a power of two.
    ProofShortAtPowerOfTwo,
    /// A commit goes on although its keys are not durable.
    IgnoreLostKeys,
    /// A full segment says that another follows before there is one.
    SealBeforeNext,
    /// A tail slot is written before its batch is durable.
    SlotBeforeSync,
    /// A start shows a batch that has no mirror and no slot.
    ShowUnsettled,
    /// A refused append is answered as if it were written.
    AnswerFullAsWritten,
}

impl SeededBug {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::AnswerBeforeSync,
        Self::SkipFolderSync,
        Self::RetryFailedSync,
        Self::CutAtFirstBadFrame,
        Self::IgnoreMirror,
        Self::IgnoreTailSlot,
        Self::AcceptBadHash,
        Self::ReuseAfterCrash,
        Self::ForgetCommands,
        Self::IgnoreSignedSize,
        Self::ProofShortAtPowerOfTwo,
        Self::IgnoreLostKeys,
        Self::SealBeforeNext,
        Self::SlotBeforeSync,
        Self::ShowUnsettled,
        Self::AnswerFullAsWritten,
    ];
}

#[cfg(feature = "seeded-bugs")]
mod chosen {
    use std::cell::Cell;

    use super::SeededBug;

    thread_local! {
        static CHOSEN: Cell<Option<SeededBug>> = const { Cell::new(None) };
    }

    /// Puts a bug into everything that this thread does from now on; `None` takes it out again.
    pub fn put_in(bug: Option<SeededBug>) {
        CHOSEN.set(bug);
    }

    pub(crate) fn has(bug: SeededBug) -> bool {
        CHOSEN.get() == Some(bug)
    }
}

#[cfg(feature = "seeded-bugs")]
pub(crate) use chosen::has;
#[cfg(feature = "seeded-bugs")]
pub use chosen::put_in;

/// Whether this bug was put in. It was not.
#[cfg(not(feature = "seeded-bugs"))]
pub(crate) const fn has(_: SeededBug) -> bool {
    false
}
