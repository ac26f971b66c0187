"""Rows of whole numbers as few bytes: most are small, round or zero.

A number is a varint of seven bits a byte, the sign in its last bit but one and in the last whether
it is counted in units of 1 or of 2^20; zeros are a byte 0 and a varint of how many.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.errors import DataError
from hermes.core.types import Array, Ints

from .sweep import ONE


def packed(rows: Ints) -> list[bytes]:
    """Each row by itself.  (n, Z) -> n"""
    out = np.empty(11 * rows.shape[1], np.uint8)
    return [out[: written(row, out)].tobytes() for row in rows]


def unpacked(blobs: Sequence[bytes | None], rows: Ints) -> None:
    """Fill rows with those of `packed`; None is a row of zeros.  n -> (n, Z)

    Raises `DataError` for bytes that are no such row.
    """
    whole = [blob or b"" for blob in blobs]
    ends = np.zeros(len(whole) + 1, np.int64)
    np.cumsum([len(blob) for blob in whole], out=ends[1:])
    bad = read(np.frombuffer(b"".join(whole), np.uint8), ends, rows)
    if bad >= 0:
        raise DataError(f"{len(whole[bad])} bytes are no row of {rows.shape[1]} numbers")


@compiled
def put(code: int, out: Array, at: int) -> int:
    """Write a varint; where the next goes."""
    while code >= 128:
        out[at] = 128 | (code & 127)
        code >>= 7
        at += 1
    out[at] = code
    return at + 1


@compiled
def written(row: Ints, out: Array) -> int:
    """Write a row; how many bytes.  (Z,)"""
    at, zeros = 0, 0
    for i in range(len(row)):
        value = row[i]
        if value == 0:
            zeros += 1
            continue
        if zeros:
            out[at] = 0
            at, zeros = put(zeros, out, at + 1), 0
        fine = value % ONE != 0
        coarse = value if fine else value // ONE
        code = 2 * coarse if coarse > 0 else -2 * coarse + 1
        at = put(2 * code + (1 if fine else 0), out, at)
    return at


@compiled
def read(data: Array, ends: Ints, rows: Ints) -> int:
    """Fill rows (n, Z) from bytes; the first that is wrong, or -1."""
    rows[:] = 0
    for n in range(len(rows)):
        at, place, zeros = ends[n], 0, False
        while at < ends[n + 1]:
            code, shift, more = 0, 0, True
            while more:
                if at >= ends[n + 1] or shift > 56:
                    return n
                byte = int(data[at])
                code |= (byte & 127) << shift
                more, shift, at = byte >= 128, shift + 7, at + 1
            if zeros:
                place, zeros = place + code, False
            elif code == 0:
                zeros = True
            else:
                if place >= rows.shape[1]:
                    return n
                value = code // 4 if (code // 2) % 2 == 0 else -(code // 4)
                rows[n, place] = value if code % 2 else value * ONE
                place += 1
        if zeros or place > rows.shape[1]:
            return n
    return -1
