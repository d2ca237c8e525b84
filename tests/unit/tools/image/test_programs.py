"""Missing programs are named by the packages that have them, and are installed only where that is allowed."""

from __future__ import annotations

import os

import pytest

from tools.image import programs

NOWHERE = {"no-such-program": "its-package", "sh": "dash"}


def test_a_missing_program_is_named_by_its_package():
    assert programs.missing(NOWHERE) == ["its-package"]
    with pytest.raises(programs.MissingProgramsError) as caught:
        programs.ensure(NOWHERE, install=False)
    assert caught.value.packages == ["its-package"]


def test_what_is_there_is_not_installed(monkeypatch):
    monkeypatch.setattr(programs, "run", lambda *command, **_: pytest.fail(f"ran {command}"))
    programs.ensure({"sh": "dash"}, install=True)


def test_what_is_missing_is_installed_where_that_is_allowed(monkeypatch):
    commands = []
    monkeypatch.setattr(programs, "run", lambda *command, **_: commands.append(command))
    programs.ensure(NOWHERE, install=True)
    assert commands[-1][-1] == "its-package"
    assert {command[0] for command in commands} == {"apt-get"}


@pytest.mark.parametrize(("ci", "user", "allowed"), [("true", 0, True), ("true", 1000, False), ("", 0, False)])
def test_only_ci_as_root_may_install(monkeypatch, ci, user, allowed):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert programs.may_install() is allowed


def test_a_failed_command_carries_its_code():
    with pytest.raises(programs.CommandError) as caught:
        programs.run("sh", "-c", "exit 3")
    assert caught.value.code == 3
    assert programs.run("echo", "done") == "done\n"
