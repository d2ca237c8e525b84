"""The tutorial's commands and the library's example run, with the results that the pages show."""

import contextlib
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from converter.cli import main
from tests.nonempty import some
from tests.waiting import listening

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
BLOCK = re.compile(r"(?:<!-- exit (\d) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


def run(command):
    """Run a command of ours as the shell would: its exit code and standard output, which may go to a file."""
    words, _, target = command.partition(" > ")
    arguments = shlex.split(words, comments=True)
    assert arguments.pop(0) == "converter"
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = main(arguments)
    if target:
        Path(target.strip()).write_text(output.getvalue(), "utf-8")
        return code, ""
    return code, output.getvalue()


def test_the_tutorial_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = []
    for code, language, body in some(BLOCK.findall((DOCS / "tutorials" / "first-rule.md").read_text("utf-8"))):
        if language == "yaml":
            name = re.match(r"# file: (\S+)\n", body)[1]
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(body, "utf-8")
        elif language == "console":
            command, _, shown = body.removeprefix("$ ").partition("\n")
            assert run(command) == (0, shown), command
            ran.append(command)
        elif language == "sh":
            for command in some(body.splitlines()):
                if command.startswith("converter "):
                    assert run(command)[0] == int(code or 0), command
                    ran.append(command)
                else:
                    assert command.startswith(("make run", "make demo", "export PATH=")), command
    assert len(ran) >= 7
    assert "finish: matte" not in Path("old.yaml").read_text("utf-8").partition("spec:")[2]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_run_and_make_demo_of_the_tutorial(tmp_path):
    """The recipes are the Makefile's; make itself would set up a virtual environment first."""
    outside = {"ARGS", "LISTEN", "MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL"}  # of the `make test` that runs this test
    own = {name: value for name, value in os.environ.items() if name not in outside}

    def recipe(target, *variables):
        made = ["make", "--dry-run", "--no-print-directory", "--old-file", ".venv/.made", target, *variables]
        shown = subprocess.run(made, cwd=REPOSITORY, env=own, check=True, capture_output=True, text=True).stdout
        (line,) = [line for line in shown.splitlines() if "converter " in line]
        return [sys.executable, "-m", "converter", *shlex.split(line)[1:]]

    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    serve = recipe("run", "LISTEN=127.0.0.1:0")
    demo = recipe("demo", "ARGS=--kind CronJob --cluster edge")
    with subprocess.Popen(
        serve, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            listening(server, tmp_path)
            shown = subprocess.run(demo, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
        finally:
            server.send_signal(signal.SIGTERM)
            server.stdout.read()
    assert "batch/v1beta1" in shown.stdout
    assert server.returncode == 0


def test_the_library_s_example_runs(capsys):
    convert, edit = (
        body
        for _, language, body in BLOCK.findall((DOCS / "how-to" / "use-the-library.md").read_text("utf-8"))
        if language == "python"
    )
    names: dict[str, object] = {}
    exec(compile(convert, "use-the-library.md", "exec"), names)
    assert capsys.readouterr().out == "resource.k8s.io/v1alpha3\nspec.extendedResourceName example.com/gpu\n"
    exec(compile(edit, "use-the-library.md", "exec"), names)
    assert capsys.readouterr().out == "spec.extendedResourceName changed\n"


def test_the_rule_in_the_readme_can_be_used(tmp_path):
    (rule,) = [
        body for _, language, body in BLOCK.findall((REPOSITORY / "README.md").read_text("utf-8")) if language == "yaml"
    ]
    (tmp_path / "rule.yaml").write_text(rule, "utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["rules", "lint", str(tmp_path)]) == 0
        assert main(["rules", "test", str(tmp_path)]) == 0
