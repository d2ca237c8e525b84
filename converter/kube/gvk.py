"""Group, version and kind, and the strings that manifests write for them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from converter.errors import ManifestError

_KUBE_VERSION = re.compile(r"v(?P<major>[1-9][0-9]{0,17})(?:(?P<stage>alpha|beta)(?P<minor>[1-9][0-9]{0,17}))?")
"""As apimachinery's version.go; a number that Go's int does not hold makes it another name."""
_STAGES = {None: 0, "beta": 1, "alpha": 2}


class GroupVersionKind(NamedTuple):
    """One kind in one version of one group; the core group is the empty string."""

    group: str
    version: str
    kind: str

    @classmethod
    def of(cls, api_version: str, kind: str) -> GroupVersionKind:
        """Build one from the apiVersion and kind of a manifest.

        Raises:
            ManifestError: the apiVersion is empty or has more than one slash.
        """
        return _gvk_of(api_version, kind)

    @property
    def api_version(self) -> str:
        """The apiVersion: ``apps/v1``, or ``v1`` in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind}"


@lru_cache(maxsize=4096)
def _gvk_of(api_version: str, kind: str) -> GroupVersionKind:
    return GroupVersionKind(*split_api_version(api_version), kind)


def split_api_version(api_version: str) -> tuple[str, str]:
    """Split ``apps/v1`` into ``("apps", "v1")`` and ``v1`` into ``("", "v1")``.

    Raises:
        ManifestError: it is empty or has more than one slash.
    """
    group, slash, version = api_version.rpartition("/")
    if not version or "/" in group or (slash and not group):
        raise ManifestError(f"{api_version!r} is not an apiVersion; write GROUP/VERSION, or v1", "apiVersion")
    return group, version


def version_priority(api_version: str) -> tuple[int, int, int, str, str]:
    """Order apiVersions as Kubernetes orders versions, most stable first, then by group name.

    Stable before beta before alpha, higher numbers first, other names last and in alphabetical order
    (apimachinery/pkg/version/helpers.go, CompareKubeAwareVersionStrings).
    """
    group, _, version = api_version.rpartition("/")
    match = _KUBE_VERSION.fullmatch(version)
    if match is None:
        return 3, 0, 0, version, group
    return _STAGES[match["stage"]], -int(match["major"]), -int(match["minor"] or 0), "", group
