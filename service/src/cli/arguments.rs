//! What can be typed. Every command teaches with examples under `--help`.

mod copying;
mod erasures;
mod keys;
mod mailing;
mod reading;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;
use graphql::api_token::Environment;
use schemas::Network;

use crate::budgets::Rates;
use crate::engine::Sizes;
use crate::import::Kind;
use crate::logging::LogFormat;
use crate::single_sign_on::networks::Networks;

pub use copying::{Backup, Restore};
pub use erasures::{Erasures, ErasuresCommand, ListErasures};
pub use keys::{Keys, KeysCommand, ListKeys, Rotatable, RotateKey};
pub use mailing::Mailing;
pub use reading::{Doctor, Export, Inspect, Prove, Replay, Verify};

/// Where the portal listens unless told otherwise.
pub const PORTAL_DEFAULT: &str = "127.0.0.1:8080";
/// Where the console listens unless told otherwise.
pub const CONSOLE_DEFAULT: &str = "127.0.0.1:8081";
/// The data folder unless told otherwise.
pub const DATA_DEFAULT: &str = "./data/ledger";
/// The demo's data folder unless told otherwise.
pub const DEMO_DATA_DEFAULT: &str = "./data/demo";

/// The size of a segment unless told otherwise.
pub const SEGMENT_MIB_DEFAULT: u32 = 64;
/// A segment holds its two mirrors of a batch and at least one batch, 1 MiB each.
const SEGMENT_MIB_MIN: i64 = 4;
/// A segment is read at once when it is checked.
const SEGMENT_MIB_MAX: i64 = 1024;

const EXAMPLES: &str = "\
A first look, with a sample vendor of about 200 customers:
  deedbook demo

A ledger of your own:
  deedbook init --data ./ledger --vendor \"Acme Software\" --email you@acme.example --name \"You\"
  deedbook import --data ./ledger --dry-run customers.csv licenses.csv
  deedbook import --data ./ledger customers.csv licenses.csv
  deedbook serve --data ./ledger

What was so on 1 June, and is the log whole:
  deedbook replay --data ./ledger --as-of 2026-06-01T00:00:00Z
  deedbook verify --data ./ledger

Exit codes:
  0  done
  1  refused or failed; the message says why and what to do
  2  the command line was not understood
  3  damage was found in the ledger; the message says where";

/// Entitlement, licensing and activation on a ledger that forgets nothing: who may use what, until when,
/// why, and what was so at any past moment.
#[derive(Debug, Parser)]
#[command(name = "deedbook", version, after_long_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    /// How log lines on standard error are written.
    #[arg(long, global = true, value_enum, default_value_t, env = "DEEDBOOK_LOG_FORMAT")]
    pub log_format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, or a filter by module. Unless told, `serve` logs
    /// `info` and everything else `warn`.
    #[arg(long, global = true, env = "DEEDBOOK_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start with a sample vendor: customers, licenses and people to sign in as.
    Demo(Demo),
    /// Serve the customer portal and the vendor console.
    Serve(Serve),
    /// Make a new, empty ledger.
    Init(Init),
    /// Take customers, members, licenses, seats and devices from CSV or JSON Lines.
    Import(Import),
    /// Give a person, a customer's or the vendor's, a password to sign in with.
    Password(Password),
    /// Check that every stored byte is what was written.
    Verify(Verify),
    /// Give a proof that somebody else can check: of one event, or that nothing was rewritten.
    Prove(Prove),
    /// Look at everything a ledger needs, and make again what is derived from its log.
    Doctor(Doctor),
    /// Fold the log again up to any moment and print the digests of what was so.
    Replay(Replay),
    /// Print events.
    Inspect(Inspect),
    /// Write what is so, or was so, to files.
    Export(Export),
    /// List the ledger's keys, or change one.
    Keys(Keys),
    /// List who was erased, to carry to where a backup is restored.
    Erasures(Erasures),
    /// Copy the ledger to another folder.
    Backup(Backup),
    /// Make a data folder from a backup.
    Restore(Restore),
    /// Print the completions of a shell.
    Completions(Completions),
}

/// Where the ledger is.
#[derive(Debug, Clone, Args)]
pub struct DataFolder {
    /// The data folder.
    #[arg(long = "data", value_name = "FOLDER", default_value = DATA_DEFAULT, env = "DEEDBOOK_DATA")]
    pub path: PathBuf,
    /// How large its files are.
    #[command(flatten)]
    pub segments: Segments,
}

impl DataFolder {
    /// How large its files are.
    #[must_use]
    pub const fn sizes(&self) -> Sizes {
        self.segments.sizes()
    }
}

/// How large files are.
#[derive(Debug, Clone, Copy, Args)]
pub struct Segments {
    /// How large a segment file of a new ledger is, and the room kept for recovery on a full disk, in MiB.
    #[arg(
        long, value_name = "MIB", default_value_t = SEGMENT_MIB_DEFAULT, env = "DEEDBOOK_SEGMENT_MIB",
        value_parser = clap::value_parser!(u32).range(SEGMENT_MIB_MIN..=SEGMENT_MIB_MAX),
        hide_short_help = true,
    )]
    pub segment_mib: u32,
}

impl Segments {
    /// The sizes that follow.
    #[must_use]
    pub const fn sizes(self) -> Sizes {
        Sizes::of_mib(self.segment_mib)
    }
}

/// Where to listen.
#[derive(Debug, Clone, Args)]
pub struct Listen {
    /// Where the customer portal listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = PORTAL_DEFAULT, env = "DEEDBOOK_PORTAL")]
    pub portal: SocketAddr,
    /// Where the vendor console listens; port 0 takes a free one. Metrics are here too.
    #[arg(long, value_name = "ADDRESS", default_value = CONSOLE_DEFAULT, env = "DEEDBOOK_CONSOLE")]
    pub console: SocketAddr,
    /// Where customers' identity providers may be: on the public internet, also in the networks around this machine, or
    /// also on this very machine and there without https, to try things out.
    #[arg(
        long,
        value_name = "WHERE",
        default_value = "public",
        env = "DEEDBOOK_IDENTITY_PROVIDERS"
    )]
    pub identity_providers: Networks,
    /// A proxy in front of it, by its address or network: only from there X-Forwarded-For and X-Forwarded-Proto count. May be
    /// given several times; in the variable, with commas between.
    #[arg(
        long = "trusted-proxy",
        value_name = "NETWORK",
        value_delimiter = ',',
        env = "DEEDBOOK_TRUSTED_PROXY"
    )]
    pub trusted_proxies: Vec<Network>,
    /// Answer over plain HTTP beyond this machine too, where no proxy with TLS is in front: only where something else keeps
    /// strangers from listening in, such as a network inside of one machine. Without it whoever asks from elsewhere in the
    /// clear is refused.
    #[arg(long, env = "DEEDBOOK_ALLOW_PLAIN_HTTP")]
    pub allow_plain_http: bool,
    /// What nobody may choose as a password.
    #[command(flatten)]
    pub breached: BreachedPasswords,
    /// How much each may ask for.
    #[command(flatten)]
    pub limits: AskingLimits,
}

/// What nobody may choose as a password.
#[derive(Debug, Clone, Args)]
pub struct BreachedPasswords {
    /// Passwords that leaked elsewhere, which nobody may choose: a file of lines `SHA-1:count` sorted by the hash, such as the
    /// whole list of Have I Been Pwned. It is searched where it lies, and not loaded.
    #[arg(
        id = "breached_passwords",
        long = "breached-passwords",
        value_name = "FILE",
        env = "DEEDBOOK_BREACHED_PASSWORDS"
    )]
    pub file: Option<PathBuf>,
}

/// How much each may ask for in a second, in the long run. For half a minute it may be more; a whole customer, an address,
/// and whoever is of the vendor may ask for four times as much. 0: as much as it likes.
#[derive(Debug, Clone, Copy, Args)]
pub struct AskingLimits {
    /// Points of GraphQL for a person or a program: one for each field, times the rows of the lists around it; 20 more to
    /// change something.
    #[arg(
        long,
        value_name = "POINTS",
        default_value_t = Rates::default().management,
        env = "DEEDBOOK_MANAGEMENT_RATE"
    )]
    pub management_rate: u64,
    /// Questions whether something may be used (/v1/check), for a person or a program.
    #[arg(
        long,
        value_name = "QUESTIONS",
        default_value_t = Rates::default().validation,
        env = "DEEDBOOK_VALIDATION_RATE"
    )]
    pub validation_rate: u64,
}

impl From<AskingLimits> for Rates {
    fn from(limits: AskingLimits) -> Self {
        Self { management: limits.management_rate, validation: limits.validation_rate }
    }
}

/// `deedbook demo`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook demo
  deedbook demo --portal 127.0.0.1:0 --console 127.0.0.1:0 --json
  deedbook demo --data ./data/demo --fresh

With --json the first line of standard output is one JSON object:
  {\"portal\", \"console\", \"portalGraphql\", \"consoleGraphql\", \"people\":
   [{\"name\", \"email\", \"password\", \"role\", \"side\", \"token\"}]}
It then serves until ctrl-c or SIGTERM. A demo that was started before goes on from where it was.")]
pub struct Demo {
    /// The demo's data folder.
    #[arg(long, value_name = "FOLDER", default_value = DEMO_DATA_DEFAULT, env = "DEEDBOOK_DEMO_DATA")]
    pub data: PathBuf,
    /// Use a new folder under the system's temporary folder, and remove it at the end.
    #[arg(long, conflicts_with = "data")]
    pub temporary: bool,
    /// Start over: remove the demo that is in the folder. A ledger that is no demo is never removed.
    #[arg(long, conflicts_with = "temporary")]
    pub fresh: bool,
    /// Print one line of JSON for scripts.
    #[arg(long)]
    pub json: bool,
    /// How large its files are.
    #[command(flatten)]
    pub segments: Segments,
    /// Where to listen.
    #[command(flatten)]
    pub listen: Listen,
}

/// `deedbook serve`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook serve --data ./ledger
  deedbook serve --data ./ledger --portal 127.0.0.1:9080 --console 127.0.0.1:9081 --log-format json
  DEEDBOOK_DATA=/var/lib/deedbook deedbook serve
  deedbook serve --portal-url https://portal.acme.example --mail-server smtp://licenses@mail.acme.example \
    --mail-from \"Acme <licenses@acme.example>\" --mail-password-file /etc/deedbook/mail-password

A damaged ledger is not served (exit code 3, the damage is located); `deedbook inspect` still reads what is
healthy. Damage that is found while serving halts all changes (LEDGER_HALTED) and shows at /readyz.

Stop it with ctrl-c or SIGTERM: requests under way are answered first.")]
pub struct Serve {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// Where to listen.
    #[command(flatten)]
    pub listen: Listen,
    /// Let customers ask the portal for its schema too, not only the console's people.
    #[arg(long, env = "DEEDBOOK_PORTAL_INTROSPECTION")]
    pub portal_introspection: bool,
    /// What the ledger is for, `live` or `test`: tokens of programs begin with `ent_live_` or `ent_test_`, and those of
    /// the other kind are refused.
    #[arg(long, value_name = "KIND", default_value = "live", env = "DEEDBOOK_ENVIRONMENT")]
    pub environment: Environment,
    /// Everybody of the vendor needs a code of an authenticator or a passkey: whoever has none is let do nothing at the
    /// console but set one up. It is so unless `--console-second-factor=false` says otherwise: then everybody chooses.
    /// Customers' admins demand it of their own people.
    #[arg(
        long, env = "DEEDBOOK_CONSOLE_SECOND_FACTOR", value_name = "WHETHER", action = ArgAction::Set,
        default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true"
    )]
    pub console_second_factor: bool,
    /// How people are told by mail.
    #[command(flatten)]
    pub mailing: Mailing,
    /// Print one line of JSON with the addresses when ready.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook init`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook init --data ./ledger --vendor \"Acme Software\"
  deedbook init --data ./ledger --vendor \"Acme Software\" --email you@acme.example --name \"You\"
  DEEDBOOK_PASSWORD='a long enough secret' deedbook init --vendor Acme --email you@acme.example

With --email the person can sign in to the vendor console. The password is taken from DEEDBOOK_PASSWORD;
when that is not set, one is made and printed once.

The folder `keys` inside the data folder opens what is personal in the log. Back it up apart from the log.")]
pub struct Init {
    /// Where the ledger will be: a folder that does not exist or is empty.
    #[command(flatten)]
    pub data: DataFolder,
    /// The vendor that runs the ledger.
    #[arg(long, value_name = "NAME")]
    pub vendor: String,
    /// The sign-in e-mail of the first person of the vendor.
    #[arg(long, value_name = "E-MAIL")]
    pub email: Option<String>,
    /// That person's name.
    #[arg(long, value_name = "NAME", requires = "email", default_value = "Operator")]
    pub name: String,
    /// What nobody may choose as a password.
    #[command(flatten)]
    pub breached: BreachedPasswords,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook password`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook password --data ./ledger --email ann@acme.example
  DEEDBOOK_PASSWORD='a long enough secret' deedbook password --data ./ledger --email ann@acme.example

The password is taken from DEEDBOOK_PASSWORD; when that is not set, one is made and printed once. The
service must not be running on the folder.")]
pub struct Password {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The person's sign-in e-mail.
    #[arg(long, value_name = "E-MAIL")]
    pub email: String,
    /// Take away codes and passkeys too, for who lost them all. Make sure first who asks.
    #[arg(long)]
    pub remove_second_factor: bool,
    /// What nobody may choose as a password.
    #[command(flatten)]
    pub breached: BreachedPasswords,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook import`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook import --data ./ledger --dry-run customers.csv
  deedbook import --data ./ledger customers.csv members.csv licenses.csv seats.csv devices.csv
  deedbook import --data ./ledger --kind seats --json new-seats.jsonl
  deedbook import --data ./ledger ./folder-of-files

Rows are matched by their external id: importing the same file again changes nothing, and an import that was
interrupted goes on where it stopped. A dry run names every bad row and its reason, and writes nothing.")]
pub struct Import {
    /// Where the ledger is.
    #[command(flatten)]
    pub data: DataFolder,
    /// The files, `.csv` or `.jsonl`, or folders of them.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the rows of the files are; unless given, each file's name says: customers.csv, seats.jsonl, …
    #[arg(long, value_name = "KIND")]
    pub kind: Option<Kind>,
    /// Check every row and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}

/// `deedbook completions`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  deedbook completions bash > ~/.local/share/bash-completion/completions/deedbook
  deedbook completions zsh > ~/.zfunc/_deedbook
  deedbook completions fish > ~/.config/fish/completions/deedbook.fish")]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_teaches_with_examples() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:\n  "), "{} has no examples", command.get_name());
        }
    }
}
