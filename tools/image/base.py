"""Makes a base image from Debian's packages, for machines that cannot pull the base that the Dockerfile names.

It has the same Debian and Python release as the pinned base: Python, the authorities of TLS, and Debian's essential
packages. apt is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.image.programs import run

if TYPE_CHECKING:
    from pathlib import Path

SUITE = "trixie"
PACKAGES = ("python3", "python3-venv", "python-is-python3", "ca-certificates")
#: Texts for people. The licenses (``copyright``) stay.
_LEFT_OUT = ("doc/*", "info/*", "lintian/*", "locale/*", "man/*")
_KEPT = "doc/*/copyright"
#: What depends on the machine, or on the moment of the installation.
_TRACES = (
    "etc/hostname", "etc/machine-id", "etc/resolv.conf",
    "var/cache/*", "var/lib/apt", "var/lib/dpkg/*-old", "var/log/*",
)  # fmt: skip
#: Bytecode without a time, as tools/image/slim.py explains.
_COMPILE = (
    'find "$1"/usr -name __pycache__ -prune -exec rm -rf {} + && PYTHONHASHSEED=0 chroot "$1" '
    "python3 -m compileall -q -j 1 --invalidation-mode unchecked-hash /usr/lib/python3*"
)


def write(archive: Path, epoch: int) -> None:
    """Write the root file system as a tar archive; the same packages give the same bytes.

    Args:
        archive: the file to write.
        epoch: the time of files that are newer, in seconds since 1970.

    Raises:
        CommandError: a package is not available.
    """
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{pattern}" for pattern in _LEFT_OUT]
    traces = " ".join(f'"$1"/{trace}' for trace in _TRACES)
    run(
        "mmdebstrap",
        "--quiet",
        "--variant=essential",
        f"--include={','.join(PACKAGES)}",
        *excluded,
        f"--dpkgopt=path-include=/usr/share/{_KEPT}",
        f"--customize-hook={_COMPILE}",
        f"--customize-hook=rm -rf {traces}",
        SUITE,
        archive,
        variables={"SOURCE_DATE_EPOCH": str(epoch)},
    )
