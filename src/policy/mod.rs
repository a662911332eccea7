//! Policy pages: reading, type-checking, compiling and running them.
