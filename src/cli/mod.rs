//! The command line: arguments in, exit code out. One of the two faces that print and read the environment.

/// Runs the program on the process's arguments.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(2)
}
