"""``converter upgrade``: replace an installed converter by this release, with the steps of ``converter install``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.cli.install import add_command

if TYPE_CHECKING:
    import argparse

_UPGRADE = """\
examples:
  converter upgrade                              # the image of this release, in the repository that is installed
  converter upgrade --image registry.example/converter:0.2.0
  converter upgrade --dry-run

Like `converter install`, for a Karmada that has the converter. New rights come first, then the processes, one Pod after
the other, then the webhooks; objects that the new release does not have are deleted. No admission fails meanwhile. It
refuses to replace a release that stores data in a newer format.

exit codes: 0 upgraded and verified; 1 upgraded, but a check failed or an interpreter was refused; 2 not upgraded
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parser of the command."""
    add_command(commands, "upgrade", "replace an installed converter by this release", _UPGRADE)
