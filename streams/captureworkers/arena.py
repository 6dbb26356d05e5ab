"""Shared memory between the patrol and one capture process: frames lie in its slots and are looked at there.

The memory has no name, so nothing is left behind when either side is killed. It is reserved large and takes only what
is written: slots that held a large picture give the rest back. A pipe is the list of free slots: the capture process
reads a slot's number from it, the patrol writes the number back when nobody has the picture any more.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import weakref
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

_KEPT_BYTES = 8_000_000
"""A free slot keeps so much memory, enough for 1080p: taking memory anew costs as much as copying the picture."""
MOST_SLOTS = 250


@dataclass(frozen=True, slots=True)
class Shape:
    """How large an arena is.

    Parameters
    ----------
    slots
        Pictures it holds at once, at most ``MOST_SLOTS``.
    slot_bytes
        Most bytes of one picture.
    """

    slots: int
    slot_bytes: int

    def __post_init__(self) -> None:
        if not 1 <= self.slots <= MOST_SLOTS:
            raise ValueError(f"an arena has 1 to {MOST_SLOTS} slots, not {self.slots}")

    @property
    def stride(self) -> int:
        """Bytes from slot to slot: whole pages."""
        return -(-self.slot_bytes // mmap.PAGESIZE) * mmap.PAGESIZE


class Arena:
    """The patrol's side.

    Parameters
    ----------
    shape
        Its size.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.memory_fd = os.memfd_create("frames")
        os.ftruncate(self.memory_fd, shape.slots * shape.stride)
        self._map = mmap.mmap(self.memory_fd, shape.slots * shape.stride)
        self.free_fd, self._released_fd = os.pipe()
        os.write(self._released_fd, bytes(range(shape.slots)))
        self._held: set[int] = set()
        for fd in (self.memory_fd, self.free_fd, self._released_fd):
            # Not before the last picture is gone: its slot's number must not be written into another file.
            weakref.finalize(self, os.close, fd)

    @property
    def held(self) -> int:
        """Slots whose pictures somebody still has."""
        return len(self._held)

    def taken(self, slot: int, length: int) -> Bytes:
        """Return what was put into ``slot``, where it lies; it is free again when nobody has any of it."""
        view: Bytes = np.frombuffer(self._map, np.uint8, length, slot * self.shape.stride)
        self._held.add(slot)
        weakref.finalize(view, self.release, slot, length).atexit = False
        return view

    def release(self, slot: int, length: int) -> None:
        """Free a slot. May be called by the garbage collector at any time, so it takes no lock."""
        self._held.discard(slot)
        if length > _KEPT_BYTES:
            start = slot * self.shape.stride + _KEPT_BYTES // mmap.PAGESIZE * mmap.PAGESIZE
            self._map.madvise(mmap.MADV_REMOVE, start, (slot + 1) * self.shape.stride - start)
        with contextlib.suppress(OSError):  # the capture process has ended
            os.write(self._released_fd, bytes((slot,)))


class WorkersArena:
    """The capture process' side."""

    def __init__(self, shape: Shape, *, memory_fd: int, free_fd: int) -> None:
        self._shape = shape
        self._map = mmap.mmap(memory_fd, shape.slots * shape.stride)
        self._free_fd = free_fd

    def put(self, *parts: Bytes) -> int:
        """Copy ``parts`` one behind the other into a free slot and return its number; waits while none is free.

        Raises
        ------
        ValueError
            When together they are larger than a slot.
        """
        length = sum(part.size for part in parts)
        if length > self._shape.slot_bytes:
            raise ValueError(f"{length} bytes are more than the {self._shape.slot_bytes} of a slot")
        (slot,) = os.read(self._free_fd, 1)
        at = slot * self._shape.stride
        for part in parts:
            place: Bytes = np.frombuffer(self._map, np.uint8, part.size, at)
            place.reshape(part.shape)[...] = part
            at += part.size
        return int(slot)

    @classmethod
    def joined(cls, slots: int, slot_bytes: int, memory_fd: int, free_fd: int) -> Self:
        """Return the arena that the patrol made."""
        return cls(Shape(slots, slot_bytes), memory_fd=memory_fd, free_fd=free_fd)
