"""Writes the container that `src/model/pack.rs` reads: many small text records, each found by name.

Layout, little endian:

    b"MGT1"
    u32 dictionary length, u32 number of blocks, u32 number of names, u32 length of all names
    dictionary            raw bytes, at most 32,768: the preset dictionary of every block
    blocks                per block u32 offset of its bytes behind the tables, u32 raw length
    names                 per name u32 offset into the names, u16 block, u16 record's index in the block
    names' bytes          sorted, one after another
    bytes                 per block a raw deflate stream

A block holds records separated by a zero byte. Blocks are filled to about 12 kB of text, so that reading one record
costs some ten microseconds, while the dictionary keeps small blocks compact.
"""

import collections
import re
import struct
import zlib

BLOCK = 12_000
DICTIONARY = 32_768


def dictionary(records):
    """The lines that occur most often, the most valuable last, as deflate wants them."""
    counts = collections.Counter()
    for text in records.values():
        for line in set(re.split(r"(?<=\n)", text)):
            if 6 <= len(line) <= 600:
                counts[line] += 1
        for word in set(re.findall(r"[A-Za-z][A-Za-z0-9_.:-]{5,}\t[^\t\n]+", text)):
            counts[word] += 1
    ranked = sorted(((n - 1) * (len(w) - 3), w) for w, n in counts.items() if n > 1)
    chosen, size = [], 0
    taken = ""
    for _, word in reversed(ranked):
        if size + len(word.encode()) > DICTIONARY or word in taken:
            continue
        chosen.append(word)
        taken += word
        size += len(word.encode())
    return "".join(reversed(chosen)).encode()


def write(path, records):
    """Writes `records` (name to text without zero bytes) and returns the size of the file."""
    zdict = dictionary(records)
    blocks, index, current, size = [], {}, [], 0
    for name in sorted(records):
        text = records[name]
        assert "\0" not in text
        if current and size + len(text.encode()) > BLOCK:
            blocks.append(current)
            current, size = [], 0
        index[name] = (len(blocks), len(current))
        current.append(text)
        size += len(text.encode())
    blocks.append(current)
    data, table = b"", b""
    for block in blocks:
        raw = "\0".join(block).encode()
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, zdict)
        table += struct.pack("<II", len(data), len(raw))
        data += deflate.compress(raw) + deflate.flush()
    names, entries = b"", b""
    for name in sorted(index):
        entries += struct.pack("<IHH", len(names), *index[name])
        names += name.encode()
    header = b"MGT1" + struct.pack("<IIII", len(zdict), len(blocks), len(index), len(names))
    out = header + zdict + table + entries + names + data
    with open(path, "wb") as file:
        file.write(out)
    return len(out)
