//! The session: files in, findings out.
