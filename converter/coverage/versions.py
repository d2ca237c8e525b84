"""The order in which Kubernetes prefers versions: GA, then beta, then alpha, the higher number first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from converter.kube import GroupVersionKind

_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")
_STAGE = {None: 0, "beta": 1, "alpha": 2}


def best_first(versions: Iterable[GroupVersionKind]) -> list[GroupVersionKind]:
    """Sort as apimachinery/pkg/version/helpers.go does; of equals, groups with a dot come first, then by name."""

    def rank(gvk: GroupVersionKind) -> tuple[int, int, int, int, str]:
        match = _VERSION.fullmatch(gvk.version)
        if match is None:
            return (3, 0, 0, 0, gvk.group)
        return (_STAGE[match[2]], -int(match[1]), -int(match[3] or 0), gvk.group == "extensions", gvk.group)

    return sorted(versions, key=rank)
