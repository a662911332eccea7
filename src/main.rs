//! The `masugata` binary: hands the arguments to [`masugata::cli`] and exits with its code.

fn main() -> std::process::ExitCode {
    masugata::cli::main()
}
