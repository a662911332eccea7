//! Digests and identifiers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::Digest;

use super::super::value::{Data, Value};
use super::{Cx, Function, Look, Returns, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("md5", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(hex(&md5::Md5::digest(cx.arg_str(args, 0)?.as_bytes())))
    }),
    pure("sha1", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(hex(&sha1::Sha1::digest(cx.arg_str(args, 0)?.as_bytes())))
    }),
    pure("sha256", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(hex(&sha2::Sha256::digest(cx.arg_str(args, 0)?.as_bytes())))
    }),
    pure("sha512", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(hex(&sha2::Sha512::digest(cx.arg_str(args, 0)?.as_bytes())))
    }),
    pure("base64sha256", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(BASE64.encode(sha2::Sha256::digest(cx.arg_str(args, 0)?.as_bytes())))
    }),
    pure("base64sha512", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        cx.string(BASE64.encode(sha2::Sha512::digest(cx.arg_str(args, 0)?.as_bytes())))
    }),
    pure("uuidv5", (2, 2), Look::Shallow, Returns::String, uuidv5),
    // What differs at every run is never known.
    pure("uuid", (0, 0), Look::Raw, Returns::String, |cx, args| {
        Ok(cx.evaluator.unknown_call("uuid", args, Returns::String, cx.span))
    }),
    pure("bcrypt", (1, 2), Look::Raw, Returns::String, |cx, args| {
        if let Some(Data::Number(cost)) = args.get(1).map(|v| &v.data)
            && !cost.as_i64().is_some_and(|c| (4..=31).contains(&c))
        {
            return cx.fail("the cost must be from 4 to 31");
        }
        Ok(cx.evaluator.unknown_call("bcrypt", args, Returns::String, cx.span))
    }),
    // Private keys are none of this tool's business.
    pure("rsadecrypt", (2, 2), Look::Raw, Returns::String, |cx, args| {
        use base64::Engine;
        let engine = base64::engine::general_purpose::STANDARD;
        if let Some(text) = args.first().and_then(Value::as_str)
            && engine.decode(text.as_bytes()).is_err()
        {
            return cx.fail("the text to decrypt must be base64");
        }
        Ok(cx.evaluator.unknown_call("rsadecrypt", args, Returns::String, cx.span))
    }),
];

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn uuidv5(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let (space, name) = (cx.arg_str(args, 0)?, cx.arg_str(args, 1)?);
    let namespace = match space.as_str() {
        "dns" => uuid::Uuid::NAMESPACE_DNS,
        "url" => uuid::Uuid::NAMESPACE_URL,
        "oid" => uuid::Uuid::NAMESPACE_OID,
        "x500" => uuid::Uuid::NAMESPACE_X500,
        other => match uuid::Uuid::parse_str(other) {
            Ok(id) => id,
            Err(_) => return cx.fail(format!("\"{other}\" is no namespace: dns, url, oid, x500 or a UUID")),
        },
    };
    cx.string(uuid::Uuid::new_v5(&namespace, name.as_bytes()).to_string())
}
