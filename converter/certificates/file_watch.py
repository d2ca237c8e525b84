"""Notices that files changed, by looking about every second: what mounted volumes and editors do alike.

Looking, and not inotify, because a mounted ConfigMap or Secret changes by a swap of symlinks, a network file
system sends no events, and one look a second at a few files costs nothing.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable

Fingerprint = tuple[tuple[str, ...], ...]
"""What files look like from outside; equal while nothing has changed."""

POLL_SECONDS = 0.5
"""How often to look: a change found at once and confirmed once is in use well within two seconds."""


async def keep_looking(refresh: Callable[[], object], interval: float, log: logging.Logger, failure: str) -> None:
    """Refresh, in a thread, for as long as the server runs.

    Args:
        refresh: looks, and reads again what has changed.
        interval: seconds between two looks.
        log: whose log a failure goes to.
        failure: what to log where it raises.
    """
    while True:
        await asyncio.sleep(interval)
        try:
            await asyncio.to_thread(refresh)
        except Exception:  # whatever it is: what is in use is good, and nothing must end the watch
            log.exception(failure)


def fingerprint(roots: Iterable[str | os.PathLike[str]], suffixes: tuple[str, ...] | None = None) -> Fingerprint:
    """Describe files, and all files below directories, so that any change of them changes the description.

    Args:
        roots: files or directories; one that does not exist is described as such.
        suffixes: below directories, look only at files with one of these; None for all.
    """
    seen: list[tuple[str, ...]] = []
    for root in map(Path, roots):
        seen.append(_describe(root))
        if not root.is_dir():
            continue
        for folder, folders, files in os.walk(root):
            folders.sort()
            # ``..data`` is the link that the kubelet swaps when it replaces a whole mounted volume at once.
            named = (name for name in files if suffixes is None or name.endswith(suffixes))
            links = (name for name in folders if (Path(folder) / name).is_symlink())
            seen += [_describe(Path(folder) / name) for name in sorted([*named, *links])]
    return tuple(seen)


def _describe(path: Path) -> tuple[str, ...]:
    try:
        facts = path.stat()
        target = str(path.readlink()) if path.is_symlink() else ""
    except OSError as error:
        return (str(path), type(error).__name__)
    return (str(path), target, str(facts.st_ino), str(facts.st_mtime_ns), str(facts.st_size))
