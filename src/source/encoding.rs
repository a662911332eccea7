//! From bytes to text: UTF-8 as it is, UTF-16 transcoded, anything else named.

use std::borrow::Cow;

/// Text made of a file's bytes, and what had to be done for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded<'b> {
    /// UTF-8, unchanged (a byte order mark included).
    Utf8(&'b str),
    /// UTF-16 (little or big endian), transcoded; whether characters were lost.
    Utf16(String, bool),
    /// Nearly UTF-8: the offset of the first bad byte; bad bytes are replaced by U+FFFD.
    Damaged(String, usize),
    /// Not text.
    Binary,
}

/// How many bytes are looked at to tell text from anything else.
const PROBE: usize = 8192;

/// Decodes a file's bytes.
pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    match bytes {
        [0xff, 0xfe, ..] => return utf16(bytes, encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => return utf16(bytes, encoding_rs::UTF_16BE),
        _ => {}
    }
    let probe = bytes.get(..PROBE).unwrap_or(bytes);
    let nul_even = probe.iter().step_by(2).filter(|b| **b == 0).count();
    let nul_odd = probe.iter().skip(1).step_by(2).filter(|b| **b == 0).count();
    if nul_even + nul_odd > 0 {
        // without a byte order mark: nearly every second byte of ASCII text in UTF-16 is zero
        let half = probe.len() / 2;
        return if half >= 4 && nul_even == 0 && nul_odd * 10 >= half * 8 {
            utf16(bytes, encoding_rs::UTF_16LE)
        } else if half >= 4 && nul_odd == 0 && nul_even * 10 >= half * 8 {
            utf16(bytes, encoding_rs::UTF_16BE)
        } else {
            Decoded::Binary
        };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded::Utf8(text),
        Err(error) => {
            let lossy = String::from_utf8_lossy(bytes);
            let bad = lossy.matches('\u{fffd}').count();
            // compressed data and images have bad bytes everywhere; a Latin-1 comment has a few
            if bad * 10 > bytes.len() || probe.iter().any(|b| *b < 0x20 && !b"\t\n\r\x0c\x1b".contains(b)) {
                Decoded::Binary
            } else {
                Decoded::Damaged(lossy.into_owned(), error.valid_up_to())
            }
        }
    }
}

fn utf16<'b>(bytes: &[u8], encoding: &'static encoding_rs::Encoding) -> Decoded<'b> {
    let (text, lost) = encoding.decode_with_bom_removal(bytes);
    match text {
        Cow::Borrowed(text) => Decoded::Utf16(text.to_owned(), lost),
        Cow::Owned(text) => Decoded::Utf16(text, lost),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_with_and_without_mark_is_kept() {
        assert_eq!(decode(b"a = 1\r\n"), Decoded::Utf8("a = 1\r\n"));
        assert_eq!(decode(b"\xef\xbb\xbfa = 1"), Decoded::Utf8("\u{feff}a = 1"));
        assert_eq!(decode(b""), Decoded::Utf8(""));
    }

    #[test]
    fn utf16_of_both_orders_is_transcoded() {
        let text = "resource \"aws_s3_bucket\" \"b\" {} # ü";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, body) in [(&b"\xff\xfe"[..], &le), (b"\xfe\xff", &be), (b"", &le), (b"", &be)] {
            let bytes = [mark, body].concat();
            assert_eq!(decode(&bytes), Decoded::Utf16(text.to_owned(), false));
        }
    }

    #[test]
    fn what_is_not_text_is_binary() {
        assert_eq!(decode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), Decoded::Binary);
        assert_eq!(decode(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), Decoded::Binary);
        let noise: Vec<u8> = (0..400u32).map(|i| (i * 73 % 127 + 129) as u8).collect();
        assert_eq!(decode(&noise), Decoded::Binary);
    }

    #[test]
    fn a_few_bad_bytes_are_damage_and_not_the_end() {
        let Decoded::Damaged(text, at) = decode(b"# caf\xe9 au lait, and a lot of other text\na = 1\n")
        else {
            panic!()
        };
        assert_eq!(at, 5);
        assert!(text.ends_with("a = 1\n"));
    }
}
