//! What is worked out from a value once and asked for often (a policy document, read from its text), kept for as long
//! as the store lives.

use std::any::{Any, TypeId};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::Str;

use super::store::Store;
use super::value::{Data, Value};
use super::{Marks, Origin, UnknownId};

/// What a value is known by: its content where that is cheap, else its place in memory, which stays its own while the
/// memo holds the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Text(Str),
    Shared(usize),
    Unknown(UnknownId),
}

type Key = (TypeId, Identity, Origin, Marks);
type Slot = Arc<OnceLock<Arc<dyn Any + Send + Sync>>>;

/// The results, each with the value that it was worked out from.
#[derive(Debug, Default)]
pub(super) struct Memo {
    slots: Mutex<FxHashMap<Key, (Value, Slot)>>,
}

fn identity(value: &Value) -> Option<Identity> {
    let place = |pointer: *const ()| Some(Identity::Shared(pointer as usize));
    match &value.data {
        Data::String(text) => Some(Identity::Text(text.clone())),
        Data::Unknown(id) => Some(Identity::Unknown(*id)),
        Data::Text(parts) => place(Arc::as_ptr(parts).cast()),
        Data::Json(inner) => place(Arc::as_ptr(inner).cast()),
        Data::List(list) => place(Arc::as_ptr(list).cast()),
        Data::Map(map) => place(Arc::as_ptr(map).cast()),
        Data::Choice(arms) => place(Arc::as_ptr(arms).cast()),
        _ => None,
    }
}

impl Store {
    /// What `make` makes of a value, made once for the same value. `make` depends on nothing else and does not ask for
    /// the same thing again.
    pub fn memo<T: Any + Send + Sync>(&self, value: &Value, make: impl Fn() -> T) -> Arc<T> {
        let Some(identity) = identity(value) else { return Arc::new(make()) };
        let key = (TypeId::of::<T>(), identity, value.origin, value.marks);
        let slot = {
            let mut slots = self.memo.slots.lock();
            Arc::clone(&slots.entry(key).or_insert_with(|| (value.clone(), Slot::default())).1)
        };
        let made = slot.get_or_init(|| Arc::new(make()));
        Arc::clone(made).downcast::<T>().unwrap_or_else(|_| Arc::new(make()))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::source::Sources;

    #[test]
    fn a_value_is_worked_out_once() {
        let store = Store::new(Arc::new(Sources::new()));
        let made = Cell::new(0);
        let ask = |value: &Value| {
            *store.memo(value, || {
                made.set(made.get() + 1);
                made.get()
            })
        };
        let map = Value::object([("a".into(), Value::string("b"))]);
        assert_eq!((ask(&map), ask(&map.clone()), made.get()), (1, 1, 1));
        let same = Value::object([("a".into(), Value::string("b"))]);
        assert_eq!(ask(&same), 2, "another value may be written elsewhere");
        assert_eq!((ask(&Value::string("x")), ask(&Value::string("x"))), (3, 3));
        let asked: Vec<i32> = (0..100).map(|n| ask(&Value::list([Value::string(n.to_string())]))).collect();
        assert!(asked.windows(2).all(|two| two[0] != two[1]), "no place is taken for another's");
    }
}
