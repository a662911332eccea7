//! The partial evaluator: one for Terraform, CloudFormation and policy pages. Everything is three-valued: known,
//! unknown with an identity, or a guarded choice.

mod access;
mod algebra;
mod bindings;
mod body;
mod collect;
pub mod compare;
mod contracts;
pub mod convert;
mod data_sources;
mod describe;
mod evaluator;
mod functions;
pub mod guard;
mod handed;
mod input;
mod instance;
mod json;
mod memo;
mod names;
mod number;
mod operators;
mod order;
mod overlay;
mod policy_document;
mod repeat;
mod resources;
mod roots;
mod run;
mod scope;
mod site;
mod store;
mod template_file;
mod typed;
mod value;

pub use algebra::{json_string, literal_from_json, literal_json};
pub use evaluator::Evaluator;
pub use functions::is_function;
pub use guard::{Condition, Guard, Truth, Valuation};
pub use instance::{Evaluation, Handed, Inputs, Instance, InstanceId, InstanceInfo, InstanceKey, Scope};
pub use json::{decode_json, try_decode_json};
pub use names::{BUDGET, Binding, Env, Failure, Names, Outcome, Unread};
pub use number::Number;
pub use run::{evaluate, evaluate_with};
pub use store::{Marks, Origin, OriginStep, Reference, Store, UnknownId, UnknownInfo, UnknownKind, Via};
pub use value::{Arm, Data, Entry, List, ListKind, Map, MapKind, Member, Part, Value};
