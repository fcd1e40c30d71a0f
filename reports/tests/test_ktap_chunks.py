# SPDX-License-Identifier: GPL-2.0-only
"""The reader against chunking, cutting and random damage."""

import random
import time
from dataclasses import asdict

from reports.ktap import Damage, Event, Noise
from reports.tests.samples import STREAM, passed, read

SEED = 20250101


def texts(value: object) -> list[str]:
    """All texts in an event, at any depth."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.items() for text in texts(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in texts(item)]
    return []


def unprintable(event: Event) -> bool:
    if isinstance(event, Noise):
        return not event.line.isprintable()
    return not all(text.isprintable() for text in texts(asdict(event)))


def test_chunk_size_does_not_matter():
    want = read(STREAM)
    for size in (1, 2, 3, 7, 64, 1000):
        assert read(STREAM, size) == want


def test_cut_at_every_offset():
    want = passed(read(STREAM))
    assert want
    for at in range(len(STREAM)):
        events = read(STREAM[:at])
        assert passed(events) <= want
        # Once all planned results are in, nothing is missing that the reader could know of.
        assert any(isinstance(event, Damage) for event in events) or at >= STREAM.index(b"# Totals")


def test_hole_at_every_offset():
    """A serial line that loses bytes: no case passes that did not."""
    want = passed(read(STREAM))
    for length in (1, 2, 5, 40, 300):
        for at in range(len(STREAM)):
            assert passed(read(STREAM[:at] + STREAM[at + length:])) <= want


def damaged(random_: random.Random) -> bytes:
    data = bytearray(STREAM)
    for _ in range(random_.randrange(1, 6)):
        at = random_.randrange(len(data))
        match random_.randrange(4):
            case 0:
                data[at] = random_.randrange(256)
            case 1:
                del data[at : at + random_.randrange(200)]
            case 2:
                data[at:at] = random_.randbytes(random_.randrange(50))
            case _:
                data[at:at] = b"(XEN) Assertion failed\n"
    return bytes(data)


def test_random_damage():
    print(f"seed {SEED}")  # pytest shows it if the test fails
    random_ = random.Random(SEED)
    want = passed(read(STREAM))
    for _ in range(500):
        data = damaged(random_)
        events = read(data)
        assert passed(events) <= want, data
        assert not any(unprintable(event) for event in events), data
        assert read(data, random_.randrange(1, 50)) == events, data


def test_random_bytes():
    print(f"seed {SEED}")
    random_ = random.Random(SEED)
    for _ in range(300):
        words = [b"ok ", b"not ", b"1", b"2", b"# case a\n", b"\n", b"  ", b"1..2\n", b"(XEN)",
                 b" # checks=1", b"\x00", b"\xff", b"\x1b[", b" a", b"Bail out!", b"  ok 1 x\n"]
        data = b"".join(random_.choices(words, k=random_.randrange(100)))
        assert read(data, 1) == read(data)


def test_no_quadratic_time():
    """A megabyte a byte at a time, and ten in one chunk; quadratic would take minutes."""
    start = time.monotonic()
    read(b"x" * 2**20, 1)
    read(b"  # data " + b"k=v " * (10 * 2**18) + b"\n")
    read(b"# " + b"k=v " * 16000 + b"\n" + b"# case " + b"[" * 60000 + b"\n")
    read(b"ok 1 a" + b" " * 60000 + b"x\n" + b"  # " + b"\x1b[0" * 20000 + b"\n")
    read(b"\n" * (10 * 2**18))
    assert time.monotonic() - start < 20
