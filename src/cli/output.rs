//! Writing: standard output that may be closed, files, colours.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use crate::report::Style;

/// Writes to standard output. A reader that has gone away (`| head`) is no error.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    quiet_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Lets something write to standard output as it goes. A reader that has gone away is no error.
pub(super) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    quiet_pipe(write(&mut out).and_then(|()| out.flush()))
}

/// Writes to standard error; there is nobody to tell if that fails.
pub(super) fn complain(text: &str) {
    let mut out = io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn quiet_pipe(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a file in one go: a reader never sees half of it.
pub(super) fn write_file(path: &Path, text: &str) -> io::Result<()> {
    // what is not a regular file (/dev/stdout, a pipe) can't be replaced
    if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return quiet_pipe(std::fs::write(path, text));
    }
    let mut name = path.file_name().unwrap_or(OsStr::new("output")).to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path)).inspect_err(|_| {
        let _ = std::fs::remove_file(&beside);
    })
}

/// Puts another text in place of a file's: written beside it and moved over it, so that at every moment the file is either
/// the old or the new one; permissions are kept, a link stays a link, and what may not be written is not.
pub(super) fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let target = std::fs::canonicalize(path)?;
    let directory = target.parent().unwrap_or(Path::new("."));
    let permissions = std::fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let mut beside = tempfile::Builder::new().prefix(".masugata-").tempfile_in(directory)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().set_permissions(permissions)?;
    beside.as_file().sync_all()?;
    beside.persist(&target).map(|_| ()).map_err(|error| error.error)
}

/// Whether a stream takes colours: `NO_COLOR` and `CLICOLOR_FORCE` decide, else whether it is a terminal.
fn color(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    if set("CLICOLOR_FORCE") && std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| v != "0") {
        return true;
    }
    terminal && std::env::var_os("TERM").is_none_or(|v| v != "dumb")
}

/// The style of standard output.
pub(super) fn style() -> Style {
    let terminal = io::stdout().is_terminal();
    Style { color: color(terminal), unicode: true, width: width(terminal) }
}

/// The style of standard error.
pub(super) fn error_style() -> Style {
    let terminal = io::stderr().is_terminal();
    Style { color: color(terminal), unicode: true, width: width(terminal) }
}

/// The style of a file.
pub(super) fn file_style() -> Style {
    Style { color: false, unicode: true, width: 100 }
}

fn width(terminal: bool) -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let size =
        || terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0));
    columns.or_else(size).unwrap_or(100).clamp(40, 160)
}
