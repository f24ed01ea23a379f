//! The sample vendor: about 200 customers over two years, the same for the same seed and day. It is written as files
//! and comes into the ledger by the same import that real customers' files do.

mod catalog;
mod names;
mod people;
mod random;
mod story;
mod tables;

use std::io;
use std::path::{Path, PathBuf};

use ledger::access::{AccessRules, Command};
use ledger_log::{CommandMeta, Ledger, derive};
use schemas::{Actor, StreamName, SubjectId, Timestamp};

use crate::import::{self, ImportError, Kind, Names, Options, Progress, Report};
use crate::passwords::{self, PasswordError};

use catalog::Dates;
use story::Story;
use tables::{Table, write_json_lines};

pub use catalog::PRODUCT;
pub use people::{Person, Side, people};

/// The seed of the sample that the documentation walks through.
pub const SEED: u64 = 2026;

const DAY_SECONDS: i64 = 86_400;
const DAY_MICROS: i64 = DAY_SECONDS * 1_000_000;
/// The catalog was published this many days before the sample starts: before the first customer came.
const PUBLISHED_DAYS: i64 = 760;
const FIRST_RELEASE_DAYS: i64 = 410;
const SECOND_RELEASE_DAYS: i64 = 60;

/// Why the sample could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Its files could not be written.
    #[error("writing the sample into `{}`", folder.display())]
    Write {
        /// The folder.
        folder: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The import could not be done.
    #[error("importing the sample")]
    Import(#[from] ImportError),
    /// A row of the sample was refused: the sample and the rules do not fit.
    #[error("the sample does not fit the rules: {problem}")]
    Refused {
        /// The first row that was refused.
        problem: String,
    },
    /// A password could not be hashed.
    #[error("hashing a password of the sample")]
    Password(#[from] PasswordError),
    /// A password could not be recorded.
    #[error("recording the password of {handle}: {reason}")]
    Record {
        /// Whose.
        handle: &'static str,
        /// What happened.
        reason: String,
    },
}

/// Writes the sample's files into a folder. The same seed and day give the same bytes.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, seed: u64, today: Timestamp) -> Result<Vec<PathBuf>, SampleError> {
    let failed = |source| SampleError::Write { folder: folder.to_owned(), source };
    // Midnight, so that the files of one day are the same.
    let today = Timestamp::from_micros(today.micros().div_euclid(DAY_MICROS) * DAY_MICROS);
    std::fs::create_dir_all(folder).map_err(failed)?;
    write_all(folder, seed, today).map_err(failed)?;
    import::files_of(&[folder.to_owned()]).map_err(SampleError::Import)
}

fn write_all(folder: &Path, seed: u64, today: Timestamp) -> io::Result<()> {
    let before = |days: i64| today.plus_seconds(-days * DAY_SECONDS);
    let dates = Dates {
        published: before(PUBLISHED_DAYS),
        first_release: before(FIRST_RELEASE_DAYS),
        second_release: before(SECOND_RELEASE_DAYS),
    };
    write_json_lines(folder, Kind::Catalog, catalog::items(&dates).into_iter())?;
    staff().write_csv(folder)?;
    let mut story = Story::new(seed, today);
    story.tell_of_acme_and_globex(today);
    story.tell_of_the_many();
    story.customers.write_csv(folder)?;
    story.members.write_csv(folder)?;
    story.licenses.write_csv(folder)?;
    story.renewals.write_csv(folder)?;
    story.seats.write_csv(folder)?;
    story.devices.write_csv(folder)?;
    story.sightings.write_json_lines(folder)?;
    story.blockers.write_csv(folder)?;
    story.usage.write_json_lines(folder)
}

fn staff() -> Table {
    let mut staff = Table::new(Kind::Staff, &["external_id", "name", "email", "role"]);
    for person in people() {
        if person.customer.is_none() {
            staff.add([person.handle, person.name, person.email, person.role]);
        }
    }
    staff
}

/// Writes the sample, imports it and sets the passwords. What is there already stays.
///
/// # Errors
/// When the files cannot be written, or the ledger does not take a row.
pub async fn load(
    ledger: &Ledger,
    folder: &Path,
    seed: u64,
    today: Timestamp,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, SampleError> {
    let files = write(folder, seed, today)?;
    let report = import::run(ledger, &files, &Options::default(), progress).await?;
    if let Some(problem) = report.problems.first() {
        return Err(SampleError::Refused { problem: problem.to_string() });
    }
    set_passwords(ledger).await?;
    Ok(report)
}

/// Whose credentials a person's are: the stream, the subject, and the customer if the person is one's.
#[must_use]
pub fn principal(names: &Names, person: &Person) -> SubjectId {
    match person.customer {
        Some(customer) => names.member(names.account(customer), person.handle).into(),
        None => names.staff(person.handle).into(),
    }
}

/// Sets the passwords of the people who can sign in. A password that was set stays.
///
/// # Errors
/// When a password cannot be hashed or recorded.
pub async fn set_passwords(ledger: &Ledger) -> Result<(), SampleError> {
    let keystore = ledger.codec().keystore();
    let names = Names::new(std::sync::Arc::clone(keystore));
    for person in people() {
        let password = person.password;
        let hashed = tokio::task::spawn_blocking(move || passwords::hash(password)).await;
        let failed = |error: tokio::task::JoinError| SampleError::Record {
            handle: person.handle,
            reason: error.to_string(),
        };
        let phc = hashed.map_err(failed)??;
        let subject = principal(&names, person);
        let command = names.command("sample password", &[person.handle.to_owned()]);
        let parts = [person.handle.as_bytes(), password.as_bytes()];
        let digest = derive::request_digest(keystore, "sample password", &parts);
        let tenant = person.customer.map(|customer| names.account(customer));
        let meta = CommandMeta::new(command, digest, Actor::Operator).for_tenant(tenant);
        let stream = StreamName::access(subject.uuid());
        let set = Command::SetPassword { subject, phc, kept: None };
        let done = ledger.transact::<AccessRules>(stream, set, meta).await;
        done.map_err(|error| SampleError::Record {
            handle: person.handle,
            reason: error.to_string(),
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_day_give_the_same_files() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let morning = Timestamp::from_micros(1_795_305_600_000_000);
        let evening = morning.plus_seconds(70_000);
        for (folder, at) in folders.iter().zip([morning, evening]) {
            write(folder.path(), SEED, at).unwrap();
        }
        let [one, two] = folders;
        let files = import::files_of(&[one.path().to_owned()]).unwrap();
        assert_eq!(files.len(), Kind::ALL.len());
        for file in files {
            let name = file.file_name().unwrap();
            let bytes = std::fs::read(&file).unwrap();
            assert_eq!(bytes, std::fs::read(two.path().join(name)).unwrap(), "{name:?}");
        }
        write(two.path(), SEED + 1, morning).unwrap();
        let customers = |folder: &Path| std::fs::read(folder.join("customers.csv")).unwrap();
        assert_ne!(customers(one.path()), customers(two.path()));
    }
}
