"""What the image's packages lose, and that their bytecode is always the same."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nonempty import some
from tools.image import slim


@pytest.fixture
def site(tmp_path):
    """A small site-packages with a kubernetes package, pip and a module with a set in it."""
    folder = tmp_path / "lib" / "python3.13" / "site-packages"
    names = [f"{place}/{name}" for place in slim.GENERATED for name in ("__init__.py", "v1_pod.py")]
    names += ["kubernetes/config.py", "pip/__init__.py", "pip-25.0.dist-info/METADATA", "kept.py"]
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("WORDS = {'a', 'b', 'c', 'd'}\n")
    record = folder / "kubernetes-1.dist-info" / "RECORD"
    record.parent.mkdir()
    with record.open("w", newline="") as file:
        csv.writer(file).writerows([name, "sha256=x", "1"] for name in names if name.startswith("kubernetes/"))
    (tmp_path / "bin").mkdir()
    for command in ("pip", "pip3", "python", "converter"):
        (tmp_path / "bin" / command).touch()
    return folder


def modules(site):
    return {path.relative_to(site).as_posix() for path in some(site.rglob("*.py"))}


def test_generated_modules_go_and_the_lists_of_their_names_stay(site):
    assert slim.remove_generated(site) == len(slim.GENERATED)
    kept = {f"{place}/__init__.py" for place in slim.GENERATED}
    assert modules(site) == {*kept, "kubernetes/config.py", "pip/__init__.py", "kept.py"}


def test_a_folder_that_moved_is_an_error(site):
    (site / slim.GENERATED[-1] / "__init__.py").unlink()
    with pytest.raises(FileNotFoundError):
        slim.remove_generated(site)


def test_installers_go_with_their_commands(site, tmp_path):
    slim.remove_installers(tmp_path, site)
    assert not list(site.glob("pip*"))
    assert {path.name for path in (tmp_path / "bin").iterdir()} == {"python", "converter"}


def test_the_record_lists_what_is_there(site):
    slim.remove_generated(site)
    slim.update_records(site)
    rows = (site / "kubernetes-1.dist-info" / "RECORD").read_text().splitlines()
    assert {row.split(",")[0] for row in rows} == {name for name in modules(site) if name.startswith("kubernetes/")}


def test_the_order_of_sets_must_not_be_random(site, monkeypatch):
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with pytest.raises(RuntimeError):
        slim.compile_all(site)


def test_bytecode_is_the_same_whatever_the_time_of_the_source(site):
    def compiled():
        slim.remove_bytecode(site)
        script = f"from pathlib import Path; from tools.image import slim; slim.compile_all(Path({str(site)!r}))"
        variables = {"PYTHONHASHSEED": "0", "PYTHONPATH": str(Path(__file__).parents[4])}
        subprocess.run([sys.executable, "-c", script], check=True, env=variables)
        return {path: path.read_bytes() for path in some(site.rglob("*.pyc"))}

    first = compiled()
    (site / "kept.py").touch()
    assert compiled() == first
    assert {int.from_bytes(code[4:8], "little") for code in first.values()} == {1}
