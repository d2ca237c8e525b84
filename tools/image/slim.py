"""Removes what the image does not need from its Python packages, and compiles the rest to reproducible bytecode.

The Dockerfile runs this with the interpreter of the environment: ``python slim.py``. It uses the standard library only.

- The kubernetes package has a module for each API and each model: most of the image. The converter reads manifests as
  they are, and uses this package for kubeconfigs, credentials and TLS. The package loads these modules on first use.
- Nothing is installed in the image, so pip and setuptools go.
- Usual bytecode records the time of its source, and an image layer changes that time. Then Python compiles everything
  at each start. Bytecode that records nothing is always valid, and the same in each build.
"""

from __future__ import annotations

import compileall
import csv
import os
import py_compile
import shutil
import sys
import sysconfig
from pathlib import Path

GENERATED = (
    "kubernetes/client/api",
    "kubernetes/client/models",
    "kubernetes/aio/client/api",
    "kubernetes/aio/client/models",
)
"""Folders of generated modules, relative to site-packages. Their ``__init__.py`` stay: they list names."""

INSTALLERS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")
"""What ``python -m venv`` puts there, depending on Python's version; ``-VERSION.dist-info`` belongs to each."""


def remove_generated(site: Path) -> int:
    """Delete the generated modules and return their number.

    Raises:
        FileNotFoundError: one of the folders does not exist, so this list is out of date.
    """
    count = 0
    for folder in GENERATED:
        if not (site / folder / "__init__.py").is_file():
            raise FileNotFoundError(f"{folder} is not in {site}: update GENERATED in {Path(__file__).name}")
        for module in sorted((site / folder).glob("*.py")):
            if module.name != "__init__.py":
                module.unlink()
                count += 1
    return count


def remove_installers(environment: Path, site: Path) -> None:
    """Delete pip and setuptools with their commands."""
    for name in INSTALLERS:
        for path in [site / name, *site.glob(f"{name}-*.dist-info")]:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    for command in (environment / "bin").glob("pip*"):
        command.unlink()


def remove_bytecode(site: Path) -> None:
    """Delete all bytecode, so that none of an earlier step stays."""
    for folder in sorted(site.rglob("__pycache__")):
        shutil.rmtree(folder)


def update_records(site: Path) -> None:
    """Take files that do not exist from the packages' lists, so that a scanner finds each package complete."""
    for record in sorted(site.glob("*.dist-info/RECORD")):
        with record.open(newline="") as file:
            rows = list(csv.reader(file))
        left = [row for row in rows if (site / row[0]).exists()]
        if left != rows:
            with record.open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(left)


def compile_all(site: Path) -> None:
    """Compile every module, in the order of names and in one process, so that the bytes are always the same.

    Raises:
        RuntimeError: the order of sets is random in this process, or a module does not compile.
    """
    if os.environ.get("PYTHONHASHSEED") != "0":
        raise RuntimeError("set PYTHONHASHSEED=0: the bytecode of a set depends on it")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(site, quiet=1, maxlevels=20, workers=1, invalidation_mode=mode):
        raise RuntimeError(f"a module in {site} does not compile; its error is above")


def main() -> None:
    """Slim the environment of this interpreter."""
    site = Path(sysconfig.get_path("purelib"))
    count = remove_generated(site)
    remove_installers(Path(sys.prefix), site)
    remove_bytecode(site)
    update_records(site)
    compile_all(site)
    print(f"removed {count} generated modules of the kubernetes package")


if __name__ == "__main__":
    main()
