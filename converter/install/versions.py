"""The releases that the converter works with, and the checks of an installation against them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.errors import ConverterError

if TYPE_CHECKING:
    from converter.client import ApiServer

OLDEST_KARMADA: Final = (1, 12, 0)
OLDEST_KARMADA_API: Final = (1, 28)
"""Match conditions of webhooks are on by default since this release of Kubernetes."""
OLDEST_HOST: Final = (1, 24)

FLOORS: Final = ((1, 12, 10), (1, 13, 7), (1, 14, 4))
"""The first patch releases with two fixes: the informers of a cluster no longer stop all together, and suspended Works
are created again. v1.15 and newer have both."""

_RELEASE = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


class VersionError(ConverterError):
    """A release is too old for the converter.

    Attributes:
        what: the component, for people.
        found: its release.
    """

    def __init__(self, what: str, found: str, text: str) -> None:
        self.what = what
        self.found = found
        super().__init__(text)


class Versions(NamedTuple):
    """The releases of what the converter works with.

    Attributes:
        karmada: Karmada's, such as ``v1.18.2``; empty if it is not known.
        karmada_api: of the Karmada API server, a Kubernetes release.
        host: of the host cluster.
    """

    karmada: str
    karmada_api: str
    host: str


async def server_version(server: ApiServer) -> str:
    """Return the Kubernetes release of an API server, such as ``v1.30.14``.

    Raises:
        ApiError: it refused the request, or did not answer.
    """
    return str(msgspec.json.decode(await server.get("/version"))["gitVersion"])


def parse(release: str) -> tuple[int, int, int] | None:
    """Read the three numbers of a release; None if it is not one."""
    found = _RELEASE.match(release)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def check_versions(versions: Versions) -> list[str]:
    """Check the releases, and return warnings.

    Raises:
        VersionError: one is too old.
    """
    _at_least("Kubernetes of the Karmada API server", versions.karmada_api, OLDEST_KARMADA_API)
    _at_least("Kubernetes of the host cluster", versions.host, OLDEST_HOST)
    karmada = parse(versions.karmada)
    if karmada is None:
        return ["the image of Karmada's scheduler does not name a release; the converter needs Karmada v1.12 or newer"]
    _at_least("Karmada", versions.karmada, OLDEST_KARMADA)
    return [
        f"Karmada {versions.karmada} lacks fixes that the converter relies on; upgrade it to {_text(floor)} or newer"
        for floor in FLOORS
        if karmada[:2] == floor[:2] and karmada < floor
    ]


def _at_least(what: str, found: str, oldest: tuple[int, ...]) -> None:
    parsed = parse(found)
    if parsed is not None and parsed[: len(oldest)] < oldest:
        raise VersionError(what, found, f"{what} is {found}; the converter needs {_text(oldest)} or newer. Upgrade it.")


def _text(release: tuple[int, ...]) -> str:
    return f"v{'.'.join(map(str, release))}"
