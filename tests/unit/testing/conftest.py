"""The control plane that tests of commands have, too."""

from tests.unit.cli.conftest import control_plane, stored

__all__ = ["control_plane", "stored"]
