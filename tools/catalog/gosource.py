"""Run the Go program in ``gosource/`` on the sources of each release: gates, what they drop, and defaults.

It reads the sources as text, with Go's own parser and type checker; none of them is compiled or run.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.catalog.modules import download

PROGRAM = Path(__file__).parent / "gosource"

# The last patch of each minor that the Go module proxy serves of `k8s.io/kubernetes`, v1.15 first; the other modules
# of the release have the same minor and patch. The proxy lacks the last patches of v1.33 and v1.34.
VERSIONS = (
    "15.12",
    "16.15",
    "17.17",
    "18.19",
    "19.16",
    "20.15",
    "21.14",
    "22.17",
    "23.17",
    "24.17",
    "25.16",
    "26.15",
    "27.16",
    "28.15",
    "29.15",
    "30.14",
    "31.14",
    "32.13",
    "33.13",
    "34.4",
    "35.4",
    "36.5",
    "37.1",
)
STAGING = ("k8s.io/api", "k8s.io/apimachinery", "k8s.io/apiserver", "k8s.io/apiextensions-apiserver")


@dataclass(frozen=True)
class Drop:
    """A field that a server empties or rewrites when it stores a new object; see ``Drop`` in ``drops.go``.

    Attributes:
        kind: the internal kind whose strategy does it: ``apps.StatefulSet``.
        module: the module of the type: ``k8s.io/kubernetes``.
        group: the folder of the type below ``pkg/apis``: ``core``.
        struct: the internal Go type.
        field: the Go name.
        all: it is kept only where all of these gates are on.
        any: and where one of these is on; empty where none matters.
        value: what is written instead, as JSON; empty for nothing.
        maybe: whether the object's own content matters, too.
        holder: whether what holds the field is dropped with it.
        having: the only value of the field with which that happens, as JSON; empty for any.
    """

    kind: str
    module: str
    group: str
    struct: str
    field: str
    all: tuple[str, ...]
    any: tuple[str, ...]
    value: str
    maybe: bool
    holder: bool
    having: str


@dataclass(frozen=True)
class Default:
    """A value that a server fills in; see ``Default`` in ``defaults.go``.

    Attributes:
        package: the package of the published type: ``batch/v1``.
        struct: its name.
        field: the Go name.
        value: as JSON; empty where it is not a constant.
        conditions: what else has to hold, as Go text.
        source: the file.
    """

    package: str
    struct: str
    field: str
    value: str
    conditions: tuple[str, ...]
    source: str


@dataclass
class Sources:
    """What one release's sources say.

    Attributes:
        name: the module that was read, with those of the same release: ``k8s.io/kubernetes@v1.24.17``.
        sum: its checksum, as go.sum writes it.
        extensions: the folder of the types of apiextensions.k8s.io.
        gates: each feature gate as its stage and whether it is on by default.
        drops: the fields that are emptied or rewritten.
        defaults: the values that are filled in.
        unreached: functions that drop fields by a gate and that no strategy's ``PrepareForCreate`` calls, and fields
            that are rewritten by a gate in a way that the program does not understand.
    """

    name: str
    sum: str
    extensions: Path
    gates: dict[str, tuple[str, bool]] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()
    defaults: tuple[Default, ...] = ()
    unreached: tuple[str, ...] = ()


def fetch() -> dict[str, Sources]:
    """Download what the Go module cache lacks, and read each release.

    Raises:
        SystemExit: there is no `go` command, a module is not available, or the program fails.
    """
    with TemporaryDirectory() as folder:
        program = Path(folder) / "gosource"
        subprocess.run(["go", "build", "-o", str(program), "."], cwd=PROGRAM, check=True)
        return {f"v1.{version.partition('.')[0]}": _read(program, version) for version in VERSIONS}


def _read(program: Path, version: str) -> Sources:
    kubernetes = download(f"k8s.io/kubernetes@v1.{version}")
    others = {name: download(f"{name}@v0.{version}") for name in STAGING}
    folders = [f"k8s.io/kubernetes={kubernetes.folder}", *(f"{name}={found.folder}" for name, found in others.items())]
    done = subprocess.run([program, f"v1.{version}", *folders], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the sources of v1.{version} cannot be read: {done.stderr}")
    extensions = others["k8s.io/apiextensions-apiserver"].folder / "pkg" / "apis"
    return sources(kubernetes.name, kubernetes.sum, extensions, json.loads(done.stdout))


def sources(name: str, checksum: str, extensions: Path, report: dict[str, Any]) -> Sources:
    """Take the program's report as records."""
    drops = (_drop(entry) for entry in report["drops"])
    defaults = (_default(entry) for entry in report["defaults"])
    return Sources(
        name,
        checksum,
        extensions,
        {gate_name: (gate["stage"], gate["default"]) for gate_name, gate in report["gates"].items()},
        tuple(drop for drop in drops if drop is not None),
        tuple(default for default in defaults if default is not None),
        tuple(report["unattributed"]),
    )


def _drop(entry: dict[str, Any]) -> Drop | None:
    path, _, struct = entry["type"].rpartition(".")
    module, found, group = path.partition("/pkg/apis/")
    if not found:
        return None  # of another module: metadata, which every strategy writes
    alls, anys = tuple(sorted(set(entry["all"] or ()))), tuple(entry["any"] or ())
    how = (entry[name] for name in ("value", "maybe", "holder", "having"))
    return Drop(entry["kind"], module, group, struct, entry["field"], alls, anys, *how)


def _default(entry: dict[str, Any]) -> Default | None:
    path, _, struct = entry["type"].rpartition(".")
    for prefix in ("k8s.io/api/", "k8s.io/apiextensions-apiserver/pkg/apis/"):
        if path.startswith(prefix):
            conditions = tuple(entry["if"])
            package = path.removeprefix(prefix)
            return Default(package, struct, entry["field"], entry["value"], conditions, entry["in"])
    return None
