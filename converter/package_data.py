"""Finds the data files that ship with the package: the rule book and the manifests that an installation applies.

The wheel holds them under ``converter/_data``. A checkout keeps them at its top level, where an admin looks for them.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Literal

Folder = Literal["conversion_rules", "deploy"]
"""The data folders, by their name in a checkout."""


def data_folder(name: Folder) -> Path:
    """Return the path of a data folder.

    The function does not check that the folder exists: the reader reports a damaged package, with the missing file.

    Args:
        name: the folder's name in a checkout.
    """
    package = Path(str(resources.files("converter")))
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name
