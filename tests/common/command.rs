//! Running the program as its users do.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// Far more than any run needs, also in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Writes a file and the directories above it.
pub(crate) fn write(root: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The program in that directory, with nothing of the environment and nothing on standard input.
pub(crate) fn command(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_masugata"));
    command.args(args).current_dir(root).env_clear().stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub(crate) fn run(root: &Path, args: &[&str]) -> Output {
    command(root, args).output().unwrap()
}

/// Its exit code; a process that was killed has none.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

/// Runs it for as long as patience lasts: the status and what went to standard error.
pub(crate) fn run_bounded(root: &Path, args: &[&str]) -> (ExitStatus, String) {
    let mut told: File = tempfile::tempfile().unwrap();
    let mut child = command(root, args)
        .stdout(Stdio::null())
        // a pipe that nobody reads while it runs would fill up
        .stderr(Stdio::from(told.try_clone().unwrap()))
        .spawn()
        .unwrap();
    let since = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if since.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    };
    let mut stderr = String::new();
    told.rewind().unwrap();
    told.read_to_string(&mut stderr).unwrap();
    (status, stderr)
}
