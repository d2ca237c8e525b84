"""Kubernetes releases such as ``v1.24``, parsed from any version string of a cluster or vendor."""

from __future__ import annotations

import re
from typing import NamedTuple

from converter.errors import ConverterError

_VERSION = re.compile(r"v?(?P<major>[0-9]{1,4})\.(?P<minor>[0-9]{1,4})(?:[.+-].*)?", re.DOTALL)


class CatalogError(ConverterError):
    """The catalog has no answer; the subclasses say why."""


class ReleaseFormatError(CatalogError):
    """A text that is not a Kubernetes release.

    Attributes:
        text: as it was given.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is not a Kubernetes release; write it like v1.24, 1.24 or v1.24.6-eks-abc")


class Release(NamedTuple):
    """One minor release of Kubernetes; releases compare in release order.

    Attributes:
        major: the first number.
        minor: the second number.
    """

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Release:
        """Read ``v1.24``, ``1.24``, ``v1.27.3+k3s1``, ``v1.20.15-aliyun.1``: patch and vendor do not matter.

        Raises:
            ReleaseFormatError: the text does not begin with a major and a minor number.
        """
        found = _VERSION.fullmatch(text.strip())
        if found is None:
            raise ReleaseFormatError(text)
        return cls(int(found["major"]), int(found["minor"]))

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"


class UnknownReleaseError(CatalogError):
    """A release older than the catalog.

    Attributes:
        release: the requested release.
        oldest: the oldest release in the catalog.
    """

    def __init__(self, release: Release, oldest: Release) -> None:
        self.release = release
        self.oldest = oldest
        super().__init__(
            f"Kubernetes {release} is older than {oldest}, the first release in the catalog; "
            "list the cluster's versions instead of its release"
        )
