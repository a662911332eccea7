//! `cidrsubnet` and its like.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Str;

use super::super::value::Value;
use super::{Cx, Failure, Function, Look, MANY, Returns, pure};
use crate::eval::Outcome;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("cidrhost", (2, 2), Look::Shallow, Returns::String, cidrhost),
    pure("cidrnetmask", (1, 1), Look::Shallow, Returns::String, |cx, args| {
        let block = block(cx, &cx.arg_str(args, 0)?)?;
        if block.bits == 128 {
            return cx.fail("IPv6 addresses have no netmask");
        }
        cx.string(Ipv4Addr::from(mask(32, block.prefix) as u32).to_string())
    }),
    pure("cidrsubnet", (3, 3), Look::Shallow, Returns::String, cidrsubnet),
    pure("cidrsubnets", (1, MANY), Look::Shallow, Returns::Strings, cidrsubnets),
];

/// A block of addresses: `bits` is 32 or 128.
#[derive(Clone, Copy)]
struct Block {
    address: u128,
    prefix: u32,
    bits: u32,
}

impl Block {
    fn text(self) -> String {
        format!("{}/{}", address_text(self.address, self.bits), self.prefix)
    }
}

fn address_text(address: u128, bits: u32) -> String {
    if bits == 32 {
        IpAddr::V4(Ipv4Addr::from(address as u32)).to_string()
    } else {
        IpAddr::V6(Ipv6Addr::from(address)).to_string()
    }
}

fn mask(bits: u32, prefix: u32) -> u128 {
    let all = if bits == 128 { u128::MAX } else { (1u128 << bits) - 1 };
    all & !low(bits - prefix)
}

/// The lowest `n` bits set.
fn low(n: u32) -> u128 {
    if n >= 128 { u128::MAX } else { (1u128 << n) - 1 }
}

/// Reads `address/prefix`; as Terraform does, IPv4 numbers may have leading zeros and host bits are cut off.
fn block(cx: &Cx<'_, '_>, text: &str) -> Result<Block, Failure> {
    let parsed = (|| {
        let (address, prefix) = text.split_once('/')?;
        let prefix: u32 = prefix.parse().ok()?;
        if address.contains(':') {
            let address: Ipv6Addr = address.parse().ok()?;
            return (prefix <= 128).then(|| Block {
                address: u128::from(address) & mask(128, prefix.min(128)),
                prefix,
                bits: 128,
            });
        }
        let mut value = 0u128;
        let mut octets = 0;
        for part in address.split('.') {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let octet: u32 = part.parse().ok().filter(|&n| n < 256)?;
            value = value << 8 | u128::from(octet);
            octets += 1;
        }
        (octets == 4 && prefix <= 32).then(|| Block { address: value & mask(32, prefix), prefix, bits: 32 })
    })();
    match parsed {
        Some(block) => Ok(block),
        None => cx.fail(format!("`{text}` is no CIDR block")),
    }
}

fn cidrhost(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let block = block(cx, &cx.arg_str(args, 0)?)?;
    let n = cx.arg_num(args, 1)?;
    let Some(n) = n.to_big_int().filter(|_| n.is_integer()) else {
        return cx.fail("the host number must be a whole number");
    };
    let room = block.bits - block.prefix;
    let wrong = || cx.fail(format!("a prefix of {} does not have a host numbered {n}", block.prefix));
    let Ok(n) = i128::try_from(n.clone()) else { return wrong() };
    let hosts = low(room);
    let offset = if n >= 0 {
        n as u128
    } else {
        // Counted from the end.
        match hosts.checked_sub(n.unsigned_abs() - 1) {
            Some(offset) => offset,
            None => return wrong(),
        }
    };
    if offset > hosts {
        return wrong();
    }
    cx.string(address_text(block.address | offset, block.bits))
}

fn extended(cx: &Cx<'_, '_>, block: Block, newbits: i64) -> Result<u32, Failure> {
    let Ok(newbits) = u32::try_from(newbits) else { return cx.fail("the number of bits is negative") };
    match block.prefix.checked_add(newbits).filter(|&p| p <= block.bits) {
        Some(prefix) => Ok(prefix),
        None => cx.fail(format!(
            "a prefix of {} can't be made longer by {newbits} bits: an address has {}",
            block.prefix, block.bits
        )),
    }
}

fn cidrsubnet(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let block = block(cx, &cx.arg_str(args, 0)?)?;
    let newbits = cx.arg_int(args, 1)?;
    let n = cx.arg_num(args, 2)?;
    let prefix = extended(cx, block, newbits)?;
    let n = n.to_big_int().and_then(|n| u128::try_from(n).ok());
    let Some(n) = n.filter(|&n| n <= low(prefix - block.prefix)) else {
        return cx.fail(format!("{newbits} more bits have no subnet of that number"));
    };
    let address = block.address | n.checked_shl(block.bits - prefix).unwrap_or(0);
    cx.string(Block { address, prefix, bits: block.bits }.text())
}

fn cidrsubnets(cx: &Cx<'_, '_>, args: &[Value]) -> Outcome {
    let block = block(cx, &cx.arg_str(args, 0)?)?;
    let mut next = block.address;
    let mut made: Vec<Str> = Vec::new();
    let last = block.address | low(block.bits - block.prefix);
    let mut full = false;
    for i in 1..args.len() {
        let newbits = cx.arg_int(args, i)?;
        if newbits < 1 {
            return cx.fail("each subnet needs at least one more bit");
        }
        let prefix = extended(cx, block, newbits)?;
        let size = low(block.bits - prefix);
        // The next address at which such a block can start.
        let start = match next.checked_add(size) {
            Some(n) if !full => n & !size,
            _ => return cx.fail("there is not enough room for all subnets"),
        };
        if start.checked_add(size).is_none_or(|end| end > last) {
            return cx.fail("there is not enough room for all subnets");
        }
        made.push(Str::from(Block { address: start, prefix, bits: block.bits }.text()));
        match start.checked_add(size).and_then(|n| n.checked_add(1)) {
            Some(after) => next = after,
            None => full = true,
        }
    }
    cx.strings(made)
}
