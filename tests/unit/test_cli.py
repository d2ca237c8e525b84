"""A command imports what it needs and no more, so that it starts fast."""

import subprocess
import sys
from pathlib import Path

from converter.cli import COMMANDS

ROOT = Path(__file__).parents[2]
ONLINE = (
    "controller",
    "dashboard",
    "discovery",
    "doctor",
    "hook",
    "install",
    "uninstall",
    "losses",
    "pause",
    "plan",
    "promote",
    "resume",
    "rules",
    "serve",
    "status",
    "upgrade",
    "verify",
)
SCRIPT = """
import sys
from converter.cli import _modules, build_parser
for name in sys.argv[1:]:
    build_parser(_modules([name, "-f", "x"]))
print(*sorted({"aiohttp", "kubernetes"} & set(sys.modules)))
"""


def imported_for(*commands):
    command = [sys.executable, "-c", SCRIPT, *commands]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split()


def test_commands_about_files_import_no_client_of_an_api_server():
    assert imported_for("--version", *(name for name in COMMANDS if name not in ("demo", *ONLINE))) == []
    assert imported_for("losses") == ["aiohttp", "kubernetes"]
