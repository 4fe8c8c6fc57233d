#!/usr/bin/env python3
"""Line coverage of one folder, from what `-C instrument-coverage` leaves behind.

    .ci/lines.py FOLDER LEAST PROFILES OBJECT...

PROFILES is the folder of the `.profraw` files, OBJECT each binary that wrote one. Prints a table
of the files in FOLDER with the lines nobody reached, and fails below LEAST percent. Tests, models
and code that is not compiled do not count. The formats are LLVM's: raw profiles of version 9 and
10, coverage mappings of version 6 and 7, on a 64-bit little-endian ELF. No other tool is needed.
"""

import collections
import hashlib
import pathlib
import struct
import sys
import zlib

CODE, EXPANSION, SKIPPED, GAP = range(4)


def uleb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def sections(data):
    """The sections of an ELF file by their names."""
    start = struct.unpack_from("<Q", data, 40)[0]
    size, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, start + i * size) for i in range(count)]
    table = headers[names][4]
    for name, _, _, _, offset, length in headers:
        end = data.index(b"\0", table + name)
        yield data[table + name : end].decode(), data[offset : offset + length]


def counters(path):
    """What a raw profile counted: (function's name hash, its structure's hash) -> counts."""
    data = path.read_bytes()
    if not data:
        return {}
    head = struct.unpack_from("<16Q", data)
    version = head[1] & 0xFFFFFFFF
    if head[0] != 0xFF6C70726F667281 or version not in (9, 10):
        sys.exit(f"{path}: a raw profile of version {version} is not known here")
    ids, functions, padding, numbers = head[2:6]
    delta = head[10]
    at = (16 if version == 10 else 14) * 8 + ids
    width = 64
    base = at + functions * width + padding
    result = {}
    for i in range(functions):
        name, shape, place = struct.unpack_from("<QQQ", data, at + i * width)
        count = struct.unpack_from("<I", data, at + i * width + 48)[0]
        offset = (place - (delta - i * width)) & 0xFFFFFFFFFFFFFFFF
        assert offset + count * 8 <= numbers * 8, f"{path}: counters out of bounds"
        result[name, shape] = struct.unpack_from(f"<{count}Q", data, base + offset)
    return result


def filenames(blob):
    """The names of the files that one unit of the mapping is about."""
    count, at = uleb(blob, 0)
    plain, at = uleb(blob, at)
    packed, at = uleb(blob, at)
    names, here = (zlib.decompress(blob[at : at + packed]) if packed else blob[at:]), 0
    found = []
    for _ in range(count):
        length, here = uleb(names, here)
        found.append(names[here : here + length].decode())
        here += length
    return [str(pathlib.PurePosixPath(found[0]) / name) for name in found]


def units(section):
    """Hash of the names -> names."""
    at, found = 0, {}
    while at + 16 <= len(section):
        _, length, _, version = struct.unpack_from("<IIII", section, at)
        if version not in (5, 6):
            sys.exit(f"a coverage mapping of version {version + 1} is not known here")
        blob = section[at + 16 : at + 16 + length]
        key = int.from_bytes(hashlib.md5(blob).digest()[:8], "little")
        found[key] = filenames(blob)
        at = (at + 16 + length + 7) & ~7
    return found


class Mapping:
    """The regions of one function, with their counts."""

    def __init__(self, data, counts):
        self.data, self.at, self.counts = data, 0, counts
        self.files = [self.number() for _ in range(self.number())]
        self.expressions = [(self.number(), self.number()) for _ in range(self.number())]
        self.known = {}

    def number(self):
        value, self.at = uleb(self.data, self.at)
        return value

    def value(self, counter):
        kind, index = counter & 3, counter >> 2
        if kind == 0:
            return 0
        if kind == 1:
            return self.counts[index] if self.counts else 0
        if counter not in self.known:
            left, right = (self.value(side) for side in self.expressions[index])
            self.known[counter] = max(left - right, 0) if kind == 2 else left + right
        return self.known[counter]

    def regions(self):
        for file in self.files:
            line = 0
            for _ in range(self.number()):
                head, kind = self.number(), CODE
                if head & 3 == 0 and head:
                    special = head >> 3
                    kind = EXPANSION if head & 4 else SKIPPED if special == 2 else None
                    if kind is None:
                        # A branch has two counters, a decision two numbers, its branch five.
                        for _ in range({4: 2, 5: 2, 6: 5}[special]):
                            self.number()
                line += self.number()
                column, lines, end = self.number(), self.number(), self.number()
                if end >> 31:
                    kind = GAP
                if kind is not None:
                    ends = (line + lines, end & 0x7FFFFFFF)
                    yield file, (line, column), ends, kind, self.value(head)


def functions(section, names, counted):
    """Each region of each function: (path, start, end, kind, count)."""
    at = 0
    while at + 28 <= len(section):
        name, length, shape, unit = struct.unpack_from("<QIQQ", section, at)
        data = section[at + 28 : at + 28 + length]
        at = (at + 28 + length + 7) & ~7
        for file, start, end, kind, count in Mapping(data, counted.get((name, shape))).regions():
            yield names[unit][file], start, end, kind, count


def segments(regions):
    """Where the count changes: (line, column), the count from there, does a region open here."""
    open_, found = [], []

    def close(until):
        while open_ and min(end for end, _ in open_) <= until:
            first = min(range(len(open_)), key=lambda i: (open_[i][0], -i))
            end, _ = open_.pop(first)
            found.append((end, open_[-1][1] if open_ else None, False))

    for start, down, left, kind, count in sorted(
        (start, -end[0], -end[1], kind, count) for (start, end, kind), count in regions.items()
    ):
        close(start)
        open_.append(((-down, -left), count))
        found.append((start, count, kind == CODE))
    close((1 << 32, 0))
    return found


def by_line(regions):
    """Line -> count, as LLVM has it: the largest of what opens there and what was open before."""
    lines, last, wrapped = {}, 0, None
    at_line = collections.defaultdict(list)
    for (line, _), count, opens in segments(regions):
        at_line[line].append((count, opens))
    for line in sorted(at_line):
        if wrapped is not None:
            lines.update((between, wrapped) for between in range(last + 1, line + 1))
        for count, opens in at_line[line]:
            if opens:
                lines[line] = max(count, lines.get(line, 0))
        last, wrapped = line, at_line[line][-1][0]
    return lines


def left_out(path):
    return path.name in ("tests.rs", "models.rs", "worlds.rs") or "tests" in path.parts


def inline_tests(text):
    """The lines of test modules inside of a file."""
    inside, found = False, set()
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        before = lines[number - 2] if number > 1 else ""
        if line.startswith("mod ") and line.endswith("{") and before.startswith("#[cfg("):
            inside = "test" in before
        if inside:
            found.add(number)
        inside = inside and line != "}"
    return found


def ranges(numbers):
    """3, 4, 5, 9 -> "3-5 9"."""
    found = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def main():
    folder, least, profiles = pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2]), sys.argv[3]
    counted = collections.defaultdict(list)
    for path in sorted(pathlib.Path(profiles).glob("*.profraw")):
        for key, counts in counters(path).items():
            counted[key].append(counts)
    total = {key: [sum(each) for each in zip(*all_)] for key, all_ in counted.items()}
    files = collections.defaultdict(dict)
    for binary in sys.argv[4:]:
        parts = dict(sections(pathlib.Path(binary).read_bytes()))
        names = units(parts["__llvm_covmap"])
        regions = collections.defaultdict(collections.Counter)
        for path, start, end, kind, count in functions(parts["__llvm_covfun"], names, total):
            if path.startswith(str(folder)):
                regions[path][start, end, kind] += count
        for path, found in regions.items():
            for line, count in by_line(found).items():
                files[path][line] = max(count, files[path].get(line, 0))
    reached = lines = 0
    for path in sorted(files):
        short = pathlib.Path(path).relative_to(folder)
        if left_out(short):
            continue
        tests = inline_tests(pathlib.Path(path).read_text())
        counts = {line: count for line, count in files[path].items() if line not in tests}
        if not counts:
            continue
        missed = sorted(line for line, count in counts.items() if count == 0)
        part = len(counts)
        lines, reached = lines + part, reached + part - len(missed)
        print(f"{100 * (part - len(missed)) / part:6.1f} %  {part:4}  {short}  {ranges(missed)}")
    percent = 100 * reached / max(lines, 1)
    print(f"{percent:6.1f} %  {lines:4}  lines, {lines - reached} of them not reached")
    sys.exit(percent < least)


if __name__ == "__main__":
    main()
