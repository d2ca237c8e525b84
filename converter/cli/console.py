"""A console of rich that reports a reader who is gone, as every other output of the command line does."""

from __future__ import annotations

import errno
import os
from typing import NoReturn

from rich.console import Console as RichConsole


class Console(RichConsole):
    """A console that raises BrokenPipeError, so that the exit code is that of every command."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise the error again; rich itself would exit with 1.

        Raises:
            BrokenPipeError: always.
        """
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
