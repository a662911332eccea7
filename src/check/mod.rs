//! The session: files in, findings out.

mod config;
mod evidence;
mod finding;
mod foreign;
mod ledger;
mod locate;
mod parameters;
mod parents;
mod root;
mod samconfig;
mod select;
mod session;
pub mod suppress;

pub use config::{Config, FILE_NAME as CONFIG_FILE_NAME, Override, Suppressing};
pub use finding::{
    Finding, Fix, FixEdit, Location, Outcome, Related, Resource, Rule, Summary, Unknown, shown_path,
};
pub use root::{Examined, Judged, Linked, Root, RootKind};
pub use select::Wanted;
pub use session::{Checked, Options, Progress, Quiet, Session};
