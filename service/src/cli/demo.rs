//! `deedbook demo`: a sample vendor that comes in by the same import as a real one's files.

use std::fs;
use std::path::{Path, PathBuf};

use graphql::api_token::Environment;
use projections::Principal;
use schemas::access::Audience;
use schemas::{MemberId, StaffId, Timestamp};
use serde_json::{Value, json};

use super::arguments::Demo;
use super::failure::with_causes;
use super::{Exit, Failure, import, output, serve};
use crate::auth::Auth;
use crate::data_folder::DataFolder;
use crate::engine::{Engine, Sizes};
use crate::http::Addresses;
use crate::import::Names;
use crate::notices::mail::Mailing;
use crate::sample::{self, Person, SampleError, Side};

/// The vendor of the sample.
const VENDOR: &str = "Orbit Software (sample)";
/// The file that says that a data folder is a demo's, and for which day its sample was made.
const MARK: &str = "DEMO";
/// The folder in the demo's data folder that its mails are written into.
const MAILS: &str = "mails";
/// Who they are from.
const MAILS_FROM: &str = "Orbit Software <licenses@orbit.example>";
/// The mark's last line once everything was imported.
const COMPLETE: &str = "complete";

/// Serves a sample vendor until told to stop.
///
/// # Errors
/// When the folder holds something else, or the service cannot start.
pub async fn run(asked: &Demo) -> Result<Exit, Failure> {
    let shutdown = serve::listen_for_signals()?;
    let listeners = serve::bind(&asked.listen)
        .await?
        .with_portal_introspection(true)
        .with_environment(Environment::Test);
    let addresses = serve::addresses(&listeners)?;
    let temporary = asked.temporary.then(tempfile::tempdir).transpose();
    let temporary = temporary.map_err(|error| Failure::caused("FOLDER_UNUSABLE", &error))?;
    let data = temporary.as_ref().map_or_else(|| asked.data.clone(), |folder| folder.path().into());
    if asked.fresh {
        remove_demo(&data)?;
    }
    let engine = tokio::select! {
        opened = open(&data, asked.segments.sizes()) => opened?,
        // Whoever stops it while it imports need not wait: the next start goes on from there.
        () = shutdown.started() => return Ok(Exit::Done),
    };
    let people = sign_ins(&engine).await?;
    let listeners = listeners.with_telling(Some(mails_into(&data, addresses)?));
    if asked.json {
        let mut line = serve::as_json(addresses);
        if let Some(fields) = line.as_object_mut() {
            fields.insert("people".to_owned(), Value::Array(people));
        }
        output::json(&line)?;
    } else {
        print(addresses, &engine, &data, asked.temporary)?;
    }
    serve::serve(engine, listeners, shutdown).await?;
    Ok(Exit::Done)
}

/// Mails of the demo are files that anybody can look at.
fn mails_into(data: &Path, addresses: Addresses) -> Result<Mailing, Failure> {
    let portal = format!("http://{}", addresses.portal);
    Mailing::into_folder(data.join(MAILS), MAILS_FROM, &portal)
        .map_err(|error| Failure::caused("MAIL_NOT_UNDERSTOOD", &error))
}

async fn open(data: &Path, sizes: Sizes) -> Result<Engine, Failure> {
    let mark = data.join(MARK);
    let folder = DataFolder::at(data);
    let (engine, day) = if folder.holds_a_ledger() {
        let marked = fs::read_to_string(&mark).map_err(|_| no_demo(data))?;
        let engine = Engine::open(data, sizes).await?;
        if marked.lines().any(|line| line == COMPLETE) {
            return Ok(engine);
        }
        let day = marked.lines().find_map(|line| line.strip_prefix("day ")?.parse().ok());
        let day = day.map_or_else(|| engine.ledger().clock().now(), Timestamp::from_micros);
        (engine, day)
    } else {
        let engine = Engine::create(data, VENDOR, sizes).await?;
        let day = engine.ledger().clock().now();
        write_mark(&mark, day, "importing")?;
        (engine, day)
    };
    load(&engine, &data.join("sample"), day).await?;
    write_mark(&mark, day, COMPLETE)?;
    Ok(engine)
}

async fn load(engine: &Engine, files: &Path, day: Timestamp) -> Result<(), Failure> {
    let bar = output::progress(Some(0), "reading");
    let progress = import::shown_on(bar.clone());
    let loaded = sample::load(engine.ledger(), files, sample::SEED, day, &progress).await;
    bar.finish_and_clear();
    loaded.map(|_| ()).map_err(|error| sample_failure(&error))
}

/// The people of the sample, each with a token.
async fn sign_ins(engine: &Engine) -> Result<Vec<Value>, Failure> {
    let auth = Auth::new(engine.clone());
    let names = Names::new(engine.keystore().clone());
    let mut people = Vec::new();
    for person in sample::people() {
        let (principal, audience) = who(&names, person);
        let issued = auth.issue_token(principal, audience).await;
        let issued = issued.map_err(|error| Failure::caused("TOKEN_NOT_ISSUED", &error))?;
        people.push(json!({
            "handle": person.handle, "name": person.name, "email": person.email,
            "password": person.password, "role": person.role,
            "side": crate::http::observe::name(audience), "token": issued.token,
        }));
    }
    Ok(people)
}

fn who(names: &Names, person: &Person) -> (Principal, Audience) {
    let id = sample::principal(names, person).uuid();
    match person.side {
        Side::Portal => (Principal::Member(MemberId::new(id)), Audience::Portal),
        Side::Console => (Principal::Staff(StaffId::new(id)), Audience::Console),
    }
}

fn print(
    addresses: Addresses,
    engine: &Engine,
    data: &Path,
    temporary: bool,
) -> Result<(), Failure> {
    let Addresses { portal, console } = addresses;
    let events = engine.durable().map_or(0, |position| position.0 + 1);
    output::line(&format!("Deedbook with a sample vendor: {events} facts over two years."))?;
    output::line(&format!("  customer portal  http://{portal}   GraphQL at /graphql"))?;
    output::line(&format!("  vendor console   http://{console}   GraphQL at /graphql"))?;
    output::line("Sign in (POST /sign-in, or the page at /) as")?;
    for person in sample::people() {
        let Person { email, password, role, side, .. } = person;
        let side = match side {
            Side::Portal => "portal",
            Side::Console => "console",
        };
        output::line(&format!("  {side:<8} {email:<22} {password:<18} {role}"))?;
    }
    let folder = data.display();
    let mails = data.join(MAILS);
    output::line(&format!("Mails to people are files in {}.", mails.display()))?;
    let kept = if temporary { "removed at the end" } else { "kept; --fresh starts over" };
    output::line(&format!("The data is in {folder} ({kept}). Ctrl-C stops it."))
}

fn write_mark(mark: &Path, day: Timestamp, state: &str) -> Result<(), Failure> {
    let text = format!("deedbook demo\nday {}\n{state}\n", day.micros());
    fs::write(mark, text).map_err(|error| Failure::caused("FOLDER_UNUSABLE", &error))
}

/// Removes what an earlier demo left. Nothing but a demo is ever removed.
fn remove_demo(data: &Path) -> Result<(), Failure> {
    let folder = DataFolder::at(data);
    let unusable = |error: std::io::Error| Failure::caused("FOLDER_UNUSABLE", &error);
    if folder.is_vacant().map_err(unusable)? {
        return Ok(());
    }
    if !data.join(MARK).is_file() {
        return Err(no_demo(data));
    }
    fs::remove_dir_all(data).map_err(unusable)
}

fn no_demo(data: &Path) -> Failure {
    let path: PathBuf = data.to_owned();
    Failure::refused("NO_DEMO", format!("what is in `{}` is no demo", path.display()))
        .advice("name another folder with --data, or use --temporary")
}

fn sample_failure(error: &SampleError) -> Failure {
    Failure::refused("SAMPLE_NOT_LOADED", with_causes(error))
        .advice("start the demo again: it goes on where it stopped; --fresh starts over")
}
