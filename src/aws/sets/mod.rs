//! Sets that policies and networks are made of, decided exactly: intervals, addresses, ports, protocols, and the
//! languages of `*`/`?` patterns. Nothing here knows of values, guards or resources.

pub mod cidr;
pub mod interval;
pub mod pattern;
pub mod port;
pub mod protocol;

pub use cidr::{AddressSet, Family, parse_cidr};
pub use interval::IntervalSet;
pub use pattern::{Pattern, Symbol, covers, escaping, intersects};
pub use port::PortSet;
pub use protocol::Protocol;
