"""What is in the image: little, the same in each build, and all of it listed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.nonempty import some
from tools.image.__main__ import OUTPUT

ROOT = Path(__file__).parents[2]
MEGABYTE = 10**6
LARGEST = 200 * MEGABYTE
"""Of all files. docs/reference/image.md has the sizes."""
GENERATED = "opt/converter/lib/python3*/site-packages/kubernetes/**/{}/*.py"


def copy_of_the_checkout(folder):
    """Copy what git knows about, with other times and other rights for others."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in some(listed.stdout.strip("\0").split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
        target.chmod(target.stat().st_mode & 0o700)
        os.utime(target, (1, 1))
    return folder


def test_a_second_build_elsewhere_gives_the_same_image_and_list(facts, tmp_path):
    epoch = subprocess.run(
        ["git", "-C", ROOT, "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True
    ).stdout.strip()
    source = copy_of_the_checkout(tmp_path / "elsewhere")
    output = tmp_path / "output"
    subprocess.run(
        [sys.executable, "-m", "tools.image", "--output", output],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source), "SOURCE_DATE_EPOCH": epoch},
        check=True,
        timeout=1200,
    )
    again = json.loads((output / "image.json").read_text())
    assert again["digest"] == facts["digest"]
    assert (output / "sbom.cdx.json").read_bytes() == (OUTPUT / "sbom.cdx.json").read_bytes()
    assert (output / "image.tar").stat().st_size == facts["archive_size"]
    assert not (output / "storage").exists()


def test_the_digest_is_that_of_the_archive(image, facts):
    assert image.digest == facts["digest"]


def test_it_is_small(facts):
    assert facts["size"] < LARGEST
    assert facts["archive_size"] < facts["size"] / 2


def test_generated_models_and_installers_are_left_out(image):
    for kind in ("api", "models"):
        modules = some(image.root.glob(GENERATED.format(kind)))
        assert {module.name for module in modules} == {"__init__.py"}
    left = {path.name for path in some(image.root.glob("opt/converter/lib/python3*/site-packages/*"))}
    assert "converter" in left
    assert left & {"pip", "setuptools", "pkg_resources", "wheel", "pytest"} == set()
    assert [path.name for path in image.root.glob("opt/converter/bin/*") if "pip" in path.name] == []


def test_nothing_in_it_tells_of_the_build(image):
    for trace in ("etc/machine-id", "etc/pip.conf", "src", "opt/build", "usr/bin/apt-get"):
        assert not (image.root / trace).exists(), trace
    for folder in ("var/log", "var/cache", "tmp", "root/.cache"):
        assert [path for path in (image.root / folder).rglob("*") if path.is_file()] == [], folder


def test_bytecode_is_valid_whatever_the_time_of_its_source(image):
    """Bit 0 of the second word: the file is checked by no time; bit 1 would have it checked by a hash (PEP 552)."""
    for file in some(image.root.glob("opt/converter/lib/python3*/site-packages/**/*.pyc")):
        assert int.from_bytes(file.read_bytes()[4:8], "little") == 1, file


def test_the_list_has_every_package_of_the_image(image, facts):
    document = json.loads((OUTPUT / "sbom.cdx.json").read_text())
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["type"] == "container"
    assert facts["digest"] in document["metadata"]["component"]["purl"].replace("%3A", ":")
    listed = {(one["purl"].split("/")[0], one["name"], one["version"]) for one in document["components"]}
    status = (image.root / "var/lib/dpkg/status").read_text()
    debian = re.findall(r"^Package: (\S+)\n(?:.*\n)*?Version: (\S+)$", status, re.MULTILINE)
    assert {("pkg:deb", name, version) for name, version in some(debian)} <= listed
    places = some(image.root.glob("opt/converter/lib/python3*/site-packages/*.dist-info"))
    python = {tuple(place.name.removesuffix(".dist-info").replace("_", "-").lower().rsplit("-", 1)) for place in places}
    found = {(name.replace(".", "-"), version) for kind, name, version in listed if kind == "pkg:pypi"}
    assert found == {(name.replace(".", "-"), version) for name, version in python}
    assert len(listed) == len(debian) + len(python) == facts["python_packages"] + facts["debian_packages"]
    graph = {entry["ref"]: entry.get("dependsOn", []) for entry in document["dependencies"]}
    ours = [ref for ref in graph if ref.startswith("pkg:pypi/karmada-api-version-converter@")]
    assert any(ref.startswith("pkg:pypi/kubernetes@") for ref in graph[ours[0]])
