//! Backup of a data folder, also of one that is written to: plain copies of files that are verified before anybody
//! relies on them. The keys go separate ways unless asked otherwise.

use std::collections::BTreeSet;

use crate::copying::{
    Copied, CopyError, Tally, copy_format, copy_keys, copy_proofs, expect_ledger, expect_vacant,
    is_segment, log_files, make_folder,
};
use crate::data_folder::{DataFolder, sync_folder};
use crate::log_check::{self, CheckError, Checked, Trust};

/// How often the newest segment is copied again when a commit fell into the copying.
const ATTEMPTS_MAX: u32 = 20;

/// Copies a ledger to a vacant folder. Somebody else may be writing to it: everything that was
/// acknowledged before is in the copy.
///
/// # Errors
/// When the copy cannot be made, or the ledger is damaged. What was copied by then stays for inspection.
pub fn backup(from: &DataFolder, to: &DataFolder, with_keys: bool) -> Result<Copied, CopyError> {
    expect_ledger(from)?;
    expect_vacant(to)?;
    let mut tally = Tally::default();
    make_folder(to.path())?;
    make_folder(&to.log())?;
    // Before the log: then the copy of the log goes at least as far as what was signed.
    copy_proofs(from, to, &mut tally)?;
    let checked = copy_log_until_it_verifies(from, to, &mut tally)?;
    if with_keys {
        // After the log: a key is durable before the first event that it seals.
        copy_keys(&from.keys(), &to.keys(), true, &mut tally)?;
    }
    Ok(tally.copied(checked, with_keys))
}

fn copy_log_until_it_verifies(
    from: &DataFolder,
    to: &DataFolder,
    tally: &mut Tally,
) -> Result<Checked, CopyError> {
    let mut whole: BTreeSet<String> = BTreeSet::new();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let names = log_files(from)?;
        // A segment that others follow is never written again; the newest is, and is copied again.
        let newest = names.iter().rev().find(|name| is_segment(name)).cloned();
        for name in &names {
            if !whole.contains(name) {
                tally.copy(&from.log().join(name), &to.log().join(name))?;
            }
        }
        sync_folder(&to.log()).map_err(CopyError::at(&to.log()))?;
        copy_format(from, to, tally)?;
        match log_check::check(to, &Trust::default(), &mut |_| ()) {
            Ok(checked) => return Ok(checked),
            Err(error) if attempt == ATTEMPTS_MAX => return Err(error.into()),
            // A commit fell into the copying. When it is damage, it is there every time.
            Err(CheckError::Damaged(_)) => {}
            Err(error @ CheckError::Open(_)) => return Err(error.into()),
        }
        whole.extend(names.into_iter().filter(|name| Some(name) != newest.as_ref()));
    }
}
