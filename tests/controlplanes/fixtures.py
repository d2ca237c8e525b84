"""What the conftest files of integration and e2e tests share: when to skip, what to build first, what to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def skip_unless_asked_for(
    config: pytest.Config, items: Iterable[pytest.Item], folder: Path, mark: str, target: str = "e2e"
) -> None:
    """Mark the tests below ``folder``, and skip them unless the command line names it or something inside.

    The first run builds for half an hour: a bare ``pytest`` must not do that by surprise.

    Args:
        config: pytest's.
        items: all tests that were collected.
        folder: whose tests these are.
        mark: the marker to add.
        target: the make target that runs them.
    """
    named = [config.invocation_params.dir / argument.split("::")[0] for argument in config.args]
    asked = any(path.resolve().is_relative_to(folder) for path in named)
    for item in items:
        if item.path.is_relative_to(folder):
            item.add_marker(mark)
            if not asked:
                item.add_marker(pytest.mark.skip(reason=f"run `make {target}` or `pytest tests/{folder.name}`"))


def keep_logs(session: pytest.Session, folder: Path) -> bool:
    """Return whether to keep a run's folder because a test failed, and print where it is."""
    keep = session.testsfailed > 0
    if keep:
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"\nlogs of all processes: {folder}")
    return keep
