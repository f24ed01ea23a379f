//! `deedbook doctor`.

use ledger_log::{Clock, SystemClock};
use serde_json::json;

use super::arguments::Doctor;
use super::{Exit, Failure, output};
use crate::data_folder::DataFolder;
use crate::doctor::{self, Examination, MendError, Verdict};

/// Looks at a data folder, and mends what is derived when asked to.
///
/// # Errors
/// When there is no ledger, or what is to be mended cannot be.
pub async fn run(asked: &Doctor) -> Result<Exit, Failure> {
    let folder = DataFolder::at(&asked.data.path);
    let sizes = asked.data.sizes();
    let look = || doctor::examine(&folder, sizes.segment_bytes, SystemClock.now());
    let bar = output::progress(None, "examining");
    let mut found = look()?;
    let mut mended = None;
    if asked.mend {
        if !found.is_mendable {
            bar.finish_and_clear();
            print(&found, None, asked.json)?;
            return Err(not_mendable(&found));
        }
        mended = Some(doctor::mend(&folder, sizes).await?);
        found = look()?;
    }
    bar.finish_and_clear();
    print(&found, mended, asked.json)?;
    Ok(match found.verdict() {
        Verdict::Well | Verdict::Note => Exit::Done,
        Verdict::Attention => Exit::Refused,
        Verdict::Damaged => Exit::Damaged,
    })
}

fn not_mendable(found: &Examination) -> Failure {
    const WHAT: &str = "nothing was mended: only what is derived from a whole log, with its keys, that nobody has \
                        open is made again";
    const ADVICE: &str = "do what is said above first";
    if found.verdict() == Verdict::Damaged {
        return Failure::damaged("NOT_MENDABLE", WHAT).advice(ADVICE);
    }
    Failure::refused("NOT_MENDABLE", WHAT).advice(ADVICE)
}

impl From<MendError> for Failure {
    fn from(error: MendError) -> Self {
        match error {
            MendError::Open(error) => Self::from(error),
            MendError::Remove { .. } => Self::caused("NOT_MENDED", &error)
                .advice("look at the folder's permissions, then try again"),
        }
    }
}

fn print(found: &Examination, mended: Option<usize>, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return output::json(&json!({
            "verdict": found.verdict(), "signs": found.signs, "remade": mended,
        }));
    }
    if let Some(files) = mended {
        output::line(&format!("made again from the log: {files} files"))?;
    }
    for sign in &found.signs {
        let verdict = match sign.verdict {
            Verdict::Well => "well",
            Verdict::Note => "note",
            Verdict::Attention => "attention",
            Verdict::Damaged => "DAMAGED",
        };
        output::line(&format!("{verdict:<10} {:<11} {}", sign.what, sign.says))?;
        if let Some(advice) = &sign.advice {
            output::line(&format!("{:<22} to do: {advice}", ""))?;
        }
    }
    Ok(())
}
