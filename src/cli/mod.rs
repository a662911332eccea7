//! The command line: arguments in, exit code out. One of the two faces that print and read the environment.

mod args;
mod check;
mod eval;
mod fix;
mod graph;
mod output;
mod policies;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::Str;
use crate::check::{Options, Session, Wanted};
use crate::source::{Diagnostic, Loader, MAX_FILE_BYTES};
use crate::terraform::Supplied;

use args::{Cli, Command, InputArgs, ScopeArgs};

/// Findings at or above the threshold.
const FOUND: u8 = 1;
/// Something could not be done.
const FAILED: u8 = 2;

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    // a panic is caught and reported as a diagnostic that names what failed: the default message would only repeat it
    std::panic::set_hook(Box::new(|_| {}));
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            // help and version are "errors" that go to standard output with code 0
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(FAILED));
        }
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(FAILED);
        }
    };
    let run = || match cli.command {
        Command::Check(args) => {
            let outputs = matches.subcommand_matches("check").map(check::pair_outputs).unwrap_or_default();
            check::run(*args, outputs)
        }
        Command::Fix(args) => fix::run(*args),
        Command::Explain(args) => policies::explain(args),
        Command::Policies(args) => policies::list(args),
        Command::Graph(args) => graph::run(args),
        Command::Eval(args) => eval::run(args),
    };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            output::complain(&format!("masugata: {error}\n"));
            ExitCode::from(FAILED)
        }
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            output::complain(&format!("masugata: internal error: {text}\n"));
            ExitCode::from(FAILED)
        }
    }
}

/// What stops a command altogether.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("the working directory can't be told: {0}")]
    WorkingDirectory(std::io::Error),
    #[error("can't read standard input: {0}")]
    StandardInput(std::io::Error),
    #[error("can't write `{0}`: {1}")]
    Write(PathBuf, std::io::Error),
    #[error("can't write to standard output: {0}")]
    Print(std::io::Error),
    #[error("{0}")]
    Usage(String),
}

fn loader() -> Result<Loader, Error> {
    std::env::current_dir().map(Loader::new).map_err(Error::WorkingDirectory)
}

/// Reads standard input as the file of that name.
fn read_stdin(loader: &mut Loader, name: &Path) -> Result<Option<Diagnostic>, Error> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(Error::StandardInput)?;
    Ok(loader.overlay_bytes(name, &bytes).err())
}

/// Opens the session of a command that runs policies, with what else it asks for; also gives the path (absolute) that
/// standard input stands for, if it is read.
fn open(scope: ScopeArgs, more: impl FnOnce(&mut Options)) -> Result<(Session, Option<PathBuf>), Error> {
    let mut loader = loader()?;
    let mut paths = scope.paths;
    let mut stdin = None;
    let mut bad_input = None;
    if paths.iter().any(|p| p == Path::new("-")) {
        let Some(name) = scope.stdin_filename else {
            let message =
                "`-` needs `--stdin-filename`: the name tells the language and what stands beside it";
            return Err(Error::Usage(message.to_owned()));
        };
        bad_input = read_stdin(&mut loader, &name)?;
        for path in paths.iter_mut().filter(|p| p.as_path() == Path::new("-")) {
            path.clone_from(&name);
        }
        stdin = Some(loader.absolute(&name));
    }
    let strings = |list: Vec<String>| list.into_iter().map(Str::from).collect::<Vec<Str>>();
    let mut options = options(paths, scope.input);
    options.wanted.packs = strings(scope.pack);
    options.wanted.select = strings(scope.select);
    options.wanted.ignore = strings(scope.ignore);
    options.no_inline_suppressions = scope.no_inline_suppressions;
    more(&mut options);
    let mut session = Session::open(loader, options);
    session.diagnostics.extend(bad_input);
    Ok((session, stdin))
}

/// The session's options that all commands share.
fn options(paths: Vec<PathBuf>, input: InputArgs) -> Options {
    let supplied = in_order(input.vars, input.var_file, std::env::args_os());
    let mut environment: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.to_str()?.strip_prefix("TF_VAR_")?.to_owned();
            Some((name, value.to_str()?.to_owned()))
        })
        .collect();
    environment.sort_unstable();
    Options {
        paths,
        wanted: Wanted::default(),
        config: input.config,
        supplied,
        environment,
        parameters: input.parameters,
        threads: input.threads,
        today: today(),
        ..Options::default()
    }
}

/// What `--var` and `--var-file` supply, in the order of the command line: the last one wins, as with Terraform.
fn in_order(
    vars: Vec<(String, String)>,
    files: Vec<PathBuf>,
    line: impl Iterator<Item = std::ffi::OsString>,
) -> Vec<Supplied> {
    let mut vars = vars.into_iter().map(|(name, value)| Supplied::Value(name, value));
    let mut files = files.into_iter().map(Supplied::File);
    let mut supplied = Vec::with_capacity(vars.len() + files.len());
    for word in line {
        match word.to_str() {
            Some(word) if word == "--var-file" || word.starts_with("--var-file=") => {
                supplied.extend(files.next())
            }
            Some(word) if word == "--var" || word.starts_with("--var=") => supplied.extend(vars.next()),
            _ => {}
        }
    }
    supplied.extend(files);
    supplied.extend(vars);
    supplied
}

/// Today in UTC.
fn today() -> String {
    jiff::Timestamp::now().to_string().chars().take(10).collect()
}
