//! What AWS means by what is written: policies, networks, secrets. Questions are answered with proofs as plain data.

pub mod iam;
pub mod read;
pub mod sets;
