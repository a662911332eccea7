//! The `masugata` binary: hands the arguments to [`masugata::cli`] and exits with its code.

/// The tree, the store and the graph are many small allocations made on several threads, for which the system's
/// allocator is the slowest part of a run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    masugata::cli::main()
}
