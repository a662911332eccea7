//! The proof of the guards: evaluating a program under every valuation of its open inputs gives exactly the instances,
//! values, verdicts and conditions that the guarded run reports under that valuation. For random small programs in both
//! languages; where conditions are opaque, nothing that is said is wrong.
//!
//! More of it by hand: `BRUTE_FORCE_CASES=2000 PROPTEST_RNG_SEED=7 cargo test --test guards_bruteforce`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

mod compare;
mod configurations;
mod examples;
mod expressions;
mod scale;
mod templates;
mod verdicts;
mod world;

use expressions::Demand;
use proptest::prelude::*;

/// How many programs of a kind are tried.
fn config() -> ProptestConfig {
    let cases = std::env::var("BRUTE_FORCE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    ProptestConfig { failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn terraform_values_are_exact(source in configurations::values(Demand::Exact)) {
        world::prove(&source)?;
    }

    #[test]
    fn terraform_values_are_sound(source in configurations::values(Demand::Sound)) {
        world::prove(&source)?;
    }

    #[test]
    fn terraform_verdicts_are_exact(source in configurations::resources(Demand::Exact)) {
        world::prove(&source)?;
    }

    #[test]
    fn terraform_verdicts_are_sound(source in configurations::resources(Demand::Sound)) {
        world::prove(&source)?;
    }

    #[test]
    fn templates_are_exact(source in templates::values()) {
        world::prove(&source)?;
    }

    #[test]
    fn opened_examples_of_pages_are_sound(source in examples::sources()) {
        world::prove(&source)?;
    }

    #[test]
    fn template_verdicts_are_exact(source in templates::resources()) {
        world::prove(&source)?;
    }
}
