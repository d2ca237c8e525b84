"""The command line with closed, full and ASCII streams: a message and an exit code, never a traceback."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from converter.cli import FAILED, FINDINGS, OK, READER_GONE, main

ROOT = Path(__file__).resolve().parents[3]
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo, annotations: {note: "→ größer"}}
spec: {selector: {}}
"""
CONVERT = "converter convert -f web.yaml --to extensions/v1beta1"


def shell(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command line as a shell does; ``converter`` is the one of this checkout."""
    (folder / "web.yaml").write_text(DEPLOYMENT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    script = f'converter() {{ "{sys.executable}" -m converter "$@"; }}\n{command}'
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, check=False, timeout=300
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"{CONVERT} > /dev/full", FAILED),
        (f"{CONVERT} >&-", FAILED),
        ("converter --help >&-", FAILED),
        ("converter --version > /dev/full", FAILED),
        ("converter check -f web.yaml --release v1.20 -o json > /dev/full", FAILED),
        ("converter convert -f - --to apps/v1 <&-", FAILED),
        ("converter convert -f nowhere.yaml --to apps/v1 2>&-", FAILED),
        ("converter convert -f nowhere.yaml --to apps/v1 2> /dev/full", FAILED),
        (f"{CONVERT} 2>&-", OK),
        ("converter convert -f web.yaml --to nowhere/v1 >&- 2>&-", FINDINGS),
        ("converter convert -f web.yaml --to apps/v1 <&- >&- 2>&-", FAILED),
        ("converter catalog v1.20 | true; exit ${PIPESTATUS[0]}", READER_GONE),
        ("converter demo --kind CronJob | true; exit ${PIPESTATUS[0]}", READER_GONE),
    ],
)
def test_a_stream_that_cannot_be_used(command, code, tmp_path):
    ended = shell(command, tmp_path)
    assert ended.returncode == code, ended
    assert b"Traceback" not in ended.stderr + ended.stdout
    assert b"Exception ignored" not in ended.stderr
    if "2>" not in command and code == FAILED:
        assert ended.stderr.startswith(b"converter: ")


def test_only_a_console_that_reports_a_reader_who_is_gone_is_used():
    """The console of rich itself ends the process with the exit code 1, which means findings."""
    modules = [file for file in (ROOT / "converter").rglob("*.py") if "rich.console" in file.read_text("utf-8")]
    assert [file.name for file in modules] == ["console.py"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_manifests_are_utf_8_whatever_the_locale(encoding, tmp_path):
    ended = shell(f"cat web.yaml | {CONVERT.replace('web.yaml', '-')}", tmp_path, PYTHONIOENCODING=encoding)
    assert ended.returncode == OK, ended
    assert "→ größer" in ended.stdout.decode("utf-8")


def test_an_ascii_terminal_gets_escapes(tmp_path):
    read, write = os.openpty()
    (tmp_path / "web.yaml").write_text(DEPLOYMENT, encoding="utf-8")
    arguments = [sys.executable, "-m", "converter", "convert", "-f", "web.yaml", "--to", "extensions/v1beta1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    with os.fdopen(read, "rb", buffering=0) as terminal:
        try:
            code = subprocess.run(arguments, cwd=tmp_path, env=environment, stdout=write, check=False).returncode
            assert code == OK  # before the terminal is read, which would wait for the first word
            shown = terminal.read(65536)
        finally:
            os.close(write)
    assert b"\\u2192" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--sample", "--max-body", "-1"],
        ["serve", "--sample", "--max-body", "0"],
        ["serve", "--sample", "--max-body", "1e6"],
        ["serve", "--sample", "--drain-seconds", "-1"],
        ["serve", "--sample", "--drain-seconds", "nan"],
        ["serve", "--sample", "--drain-seconds", "inf"],
        ["discovery", "--tls-cert", "a", "--tls-key", "b", "--drain-seconds", "-0.5"],
        ["catalog", "v1.20", "CronJob", "--depth", "-1"],
        ["catalog", "v1.20", "CronJob", "--depth", "9" * 5000],
    ],
)
def test_a_number_out_of_bounds_is_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == FAILED
    assert arguments[-2] in capsys.readouterr().err


def test_a_bug_is_a_message_and_its_traceback_is_available(monkeypatch, capsys):
    monkeypatch.setattr("converter.cli.catalog.load_catalog", lambda: 1 / 0)
    assert main(["catalog"]) == FAILED
    said = capsys.readouterr().err
    assert said.startswith("converter: ")
    assert "ZeroDivisionError" in said
    assert "division by zero" not in said, "a message of Python can quote a value"
    assert "Traceback" not in said
    monkeypatch.setenv("CONVERTER_TRACEBACK", "1")
    assert main(["catalog"]) == FAILED
    assert re.search(r'cli.catalog\.py", line \d+', capsys.readouterr().err)


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch, capsys):
    def refuse():
        raise PermissionError(13, "Permission denied", str(tmp_path / "secret"))

    monkeypatch.setattr("converter.cli.catalog.load_catalog", refuse)
    assert main(["catalog"]) == FAILED
    assert "secret: Permission denied" in capsys.readouterr().err
