//! Every table under `grammars/terraform/` against both schemas.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may panic"
)]

use masugata::model::{lower, table};

#[test]
fn every_table_fits_both_schemas() {
    let mut wrong: Vec<String> = Vec::new();
    let errors = table::header_errors().iter().cloned();
    let types = table::terraform_types().into_iter().chain(table::registry_types());
    for error in errors.chain(types.flat_map(lower::table_errors)) {
        wrong.push(format!("grammars/terraform/{}.table:{}: {}", error.file, error.line, error.message));
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} mistakes in tables:\n{}", wrong.len(), wrong.join("\n"));
}
