//! `ledger-verify`: the stranger's verifier as a command. Reads the files it is given and nothing else, and ends with 0
//! when the proof holds, 3 when it is refused, 2 when it could not be looked at.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, fs};

use ledger::proof::{TrustedKeys, VerifierKey};
use ledger_verify::Refusal;
use schemas::Digest;

const USAGE: &str = "\
Usage:
  ledger-verify proof FILE --root CONTENT_ROOT --key VKEY [--keys KEYS]
  ledger-verify consistency OLD NEW PROOF --key VKEY [--keys KEYS]
  ledger-verify keys KEYS --key VKEY

VKEY is the log's public key or a file that holds it. Get it from the vendor, not from whoever gave you the proof.
CONTENT_ROOT is the content root of the event, 64 hexadecimal digits.
KEYS is a file that tells how the vendor's keys followed each other, for when the key was changed since you kept yours:
`keys` prints the one that signs now, and with `--keys` the others go from your key to it by themselves.
Ends with 0 when the proof holds, 3 when it is refused, 2 when it could not be looked at.";

/// The longest file that is read, in bytes: more than any proof or checkpoint.
const FILE_BYTES_MAX: u64 = 1 << 20;

enum Ending {
    Refused(Refusal),
    Usage(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, written) = match run(&words) {
        Ok(says) => (0, writeln!(io::stdout(), "{says}")),
        Err(Ending::Refused(refusal)) => {
            (3, writeln!(io::stderr(), "refused: {}", with_causes(&refusal)))
        }
        Err(Ending::Usage(what)) => (2, writeln!(io::stderr(), "error: {what}\n\n{USAGE}")),
    };
    // What could not be said was not shown to hold.
    ExitCode::from(if written.is_err() { 2 } else { code })
}

fn run(words: &[&str]) -> Result<String, Ending> {
    let (words, asked) = options(words)?;
    let (root, keys) = (asked.root, asked.trusted()?);
    match (&words[..], root, keys) {
        (["proof", file], Some(root), Some(keys)) => {
            let root: Digest = root
                .parse()
                .map_err(|_| Ending::Usage(format!("`{root}` is not a content root")))?;
            let (position, signed) =
                ledger_verify::inclusion(&read(file)?, &root, &keys).map_err(Ending::Refused)?;
            let (position, size, origin) = (position.0, signed.size, signed.origin);
            Ok(format!("whole: event {position} of {size} signed by `{origin}`"))
        }
        (["consistency", old, new, proof], None, Some(keys)) => {
            let (old, new, proof) = (read(old)?, read(new)?, read(proof)?);
            let (old, new) =
                ledger_verify::consistency(&old, &new, &proof, &keys).map_err(Ending::Refused)?;
            let (before, after, origin) = (old.size, new.size, new.origin);
            Ok(format!("whole: {after} events go on from the first {before} of `{origin}`"))
        }
        (["keys", file], None, Some(kept)) => {
            let kept = kept.newest().cloned().ok_or_else(unknown)?;
            let keys = ledger_verify::followed(&read(file)?, &kept).map_err(Ending::Refused)?;
            Ok(keys.newest().unwrap_or(&kept).to_string())
        }
        (["--help" | "-h" | "help"], None, None) => Ok(USAGE.to_owned()),
        _ => Err(unknown()),
    }
}

fn unknown() -> Ending {
    Ending::Usage("that is no command".to_owned())
}

/// What was given beside the words of a command.
#[derive(Default)]
struct Asked<'a> {
    root: Option<&'a str>,
    key: Option<&'a str>,
    keys: Option<&'a str>,
}

impl Asked<'_> {
    /// The keys that are believed: the one that was kept, and those that follow it. `None` when none was named.
    fn trusted(&self) -> Result<Option<TrustedKeys>, Ending> {
        match (self.key, self.keys) {
            (None, None) => Ok(None),
            (None, Some(_)) => {
                Err(Ending::Usage("--keys goes on from a key: name --key".to_owned()))
            }
            (Some(key), None) => Ok(Some(TrustedKeys::from(key_of(key)?))),
            (Some(key), Some(file)) => {
                let followed = ledger_verify::followed(&read(file)?, &key_of(key)?);
                followed.map(Some).map_err(Ending::Refused)
            }
        }
    }
}

/// The words that are no options, and the options.
fn options<'a>(words: &[&'a str]) -> Result<(Vec<&'a str>, Asked<'a>), Ending> {
    let (mut plain, mut asked, mut rest) = (Vec::new(), Asked::default(), words.iter());
    while let Some(word) = rest.next() {
        let place = match *word {
            "--root" => &mut asked.root,
            "--key" => &mut asked.key,
            "--keys" => &mut asked.keys,
            other => {
                plain.push(other);
                continue;
            }
        };
        let value = rest.next().copied();
        if value.is_none() || place.is_some() {
            return Err(Ending::Usage(format!("`{word}` is given once, with a value")));
        }
        *place = value;
    }
    Ok((plain, asked))
}

/// The key that this text is, or that the file of this name holds.
fn key_of(text: &str) -> Result<VerifierKey, Ending> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let held = read(text)?;
    held.trim().parse().map_err(|error| Ending::Usage(format!("`{text}` is not a key: {error}")))
}

/// The text of a file. Bytes that are not text become a mark that no proof holds.
fn read(file: &str) -> Result<String, Ending> {
    let unreadable = |error: io::Error| Ending::Usage(format!("`{file}`: {error}"));
    if fs::metadata(file).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(Ending::Usage(format!("`{file}` is longer than any proof")));
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn with_causes(error: &dyn Error) -> String {
    let mut says = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        says = format!("{says}: {error}");
        cause = error.source();
    }
    says
}
