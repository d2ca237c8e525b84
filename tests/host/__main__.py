"""The command: install and build what a host cluster needs, then run its tests in namespaces of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.controlplanes import build, pins, toolchain
from tests.controlplanes.errors import HarnessError
from tests.controlplanes.fleet import QUICK, programs
from tests.controlplanes.karmada import VERSION
from tests.controlplanes.places import REPOSITORY, Places
from tests.host.cluster import RELEASE
from tests.host.network import NAMESPACES
from tests.host.node import CNI, CNI_PACKAGE, PROGRAMS
from tools.image import programs as tools

OWN = ("kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager", "kube-apiserver")


def main() -> int:
    """Return 1 if something is missing, otherwise what pytest returns; the arguments are pytest's."""
    if os.geteuid() != 0:
        print("error: a node runs as root only. Run `sudo make e2e-host`", file=sys.stderr)
        return 1
    places = Places.from_environment()
    try:
        wanted = dict(PROGRAMS)
        if not (CNI / "ptp").exists():
            wanted[str(CNI / "ptp")] = CNI_PACKAGE
        tools.ensure(wanted, install=tools.may_install())
        names = [f"{program}-{pins.release(program, RELEASE)}" for program in OWN]
        for name in dict.fromkeys([*names, *programs(QUICK, VERSION), f"karmada-scheduler-{VERSION}"]):
            print(build.binary(places, name), flush=True)
        build.karmada_files(places, VERSION)
        print(toolchain.helm(places), flush=True)
    except (HarnessError, tools.ImageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    tests = [str(Path(__file__).parent.relative_to(REPOSITORY))]
    command = [*NAMESPACES, sys.executable, "-m", "pytest", "-p", "no:xdist", *tests, *sys.argv[1:]]
    return subprocess.call(command, cwd=REPOSITORY)


if __name__ == "__main__":
    sys.exit(main())
