//! Reads the container that `data/pack.py` writes: many small text records in deflate blocks that share a preset
//! dictionary, each found by name without touching the others.

use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// A container embedded in the binary. Making one only reads its header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pack {
    dictionary: &'static [u8],
    blocks: &'static [u8],
    entries: &'static [u8],
    names: &'static [u8],
    data: &'static [u8],
}

/// The most bytes that a block inflates to: a guard against a damaged file, far above what the generator makes.
const MAX_BLOCK: usize = 1 << 20;

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?) as usize)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?) as usize)
}

impl Pack {
    /// Reads the header; none if this is not such a container.
    pub(crate) fn new(bytes: &'static [u8]) -> Option<Pack> {
        let rest = bytes.strip_prefix(b"MGT1")?;
        let (dictionary, blocks, entries, names) =
            (u32_at(rest, 0)?, u32_at(rest, 4)?, u32_at(rest, 8)?, u32_at(rest, 12)?);
        let (dictionary, rest) = rest.get(16..)?.split_at_checked(dictionary)?;
        let (blocks, rest) = rest.split_at_checked(blocks.checked_mul(8)?)?;
        let (entries, rest) = rest.split_at_checked(entries.checked_mul(8)?)?;
        let (names, data) = rest.split_at_checked(names)?;
        Some(Pack { dictionary, blocks, entries, names, data })
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() / 8
    }

    /// The name of a record; records are sorted by name.
    pub(crate) fn name(&self, index: usize) -> Option<&'static str> {
        let start = u32_at(self.entries, index.checked_mul(8)?)?;
        let end = u32_at(self.entries, (index + 1) * 8).unwrap_or(self.names.len());
        std::str::from_utf8(self.names.get(start..end)?).ok()
    }

    /// The position of a name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(middle)?.cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The text of a record: inflates the block that holds it.
    pub(crate) fn text(&self, index: usize) -> Option<String> {
        let block = u16_at(self.entries, index.checked_mul(8)? + 4)?;
        let record = u16_at(self.entries, index * 8 + 6)?;
        let offset = u32_at(self.blocks, block.checked_mul(8)?)?;
        let length = u32_at(self.blocks, block * 8 + 4)?;
        if length > MAX_BLOCK {
            return None;
        }
        let input = self.data.get(offset..)?;
        // Deflate's preset dictionary is what would stand in the output before the block's own bytes.
        let start = self.dictionary.len();
        let mut out = vec![0; start + length];
        out.get_mut(..start)?.copy_from_slice(self.dictionary);
        let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (_, _, written) = decompress(&mut DecompressorOxide::new(), input, &mut out, start, flags);
        if written != length {
            return None;
        }
        let bytes = out.get(start..)?.split(|&b| b == 0).nth(record)?;
        String::from_utf8(bytes.to_vec()).ok()
    }
}
