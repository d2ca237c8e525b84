"""Reads files that an administrator gives, with a bound: no file blocks the reader or fills the memory."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from converter.errors import ConverterError

if TYPE_CHECKING:
    from pathlib import Path


class FileError(ConverterError):
    """A path that is not a file, or a file that is too large.

    Attributes:
        path: the path.
        problem: what is wrong with it, without the path.
    """

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class NotAFileError(FileError):
    """A pipe, a device, a socket or a directory. Reading a pipe without a writer would never end."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "is not a regular file; put the text into a file")


class TooLargeError(FileError):
    """A file that is larger than any that belongs there.

    Attributes:
        limit: the largest size, in bytes.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.limit = limit
        super().__init__(path, f"is larger than {limit} bytes; split it into several files")


def read_regular(path: Path, limit: int) -> bytes:
    """Read a regular file of at most ``limit`` bytes.

    Raises:
        FileError: it is something else, or larger.
        OSError: it cannot be read.
    """
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # to open a pipe must not wait for its writer
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise NotAFileError(path)
        content = file.read(limit + 1)
    if len(content) > limit:
        raise TooLargeError(path, limit)
    return content
