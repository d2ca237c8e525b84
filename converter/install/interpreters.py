"""The installation's interpreters next to those of users: Karmada allows one for each version, kind and operation.

Where a user's interpreter handles an operation, ours leaves it out. An interpreter of which nothing is left is applied
all the same, without operations, so that the controller can complete it when the user's goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from converter.client import ApiServer, Collection, NotFoundError, each_item
from converter.karmada.interpreters import CUSTOMIZATION, Customization, InterpreterWebhooks, taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.kube import Manifest

CUSTOMIZATIONS = Collection("/apis/config.karmada.io/v1alpha1", "resourceinterpretercustomizations", namespaced=False)
WEBHOOK_CONFIGURATIONS = Collection(
    "/apis/config.karmada.io/v1alpha1", "resourceinterpreterwebhookconfigurations", namespaced=False
)

APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Interpreters:
    """The interpreters of a control plane.

    Attributes:
        customizations: all customizations.
        webhooks: all configurations of interpreter webhooks.
    """

    customizations: tuple[Customization, ...] = ()
    webhooks: tuple[InterpreterWebhooks, ...] = ()

    @classmethod
    async def read(cls, server: ApiServer) -> Interpreters:
        """Read them.

        Raises:
            ApiError: the control plane refused a request or did not answer.
            ManifestError: an object is not an interpreter, although Karmada's schema says so.
        """
        customizations = [Customization.read(item) for item in await _all(server, CUSTOMIZATIONS)]
        webhooks = [InterpreterWebhooks.read(item) for item in await _all(server, WEBHOOK_CONFIGURATIONS)]
        return cls(tuple(customizations), tuple(webhooks))


def left_out(manifest: Manifest, interpreters: Interpreters, ours: Iterable[str]) -> Mapping[str, str]:
    """Find the operations that an interpreter of the installation leaves to others.

    Args:
        manifest: the interpreter, as shipped.
        interpreters: those of the control plane.
        ours: the names of all interpreters of the installation.

    Returns:
        The operations, each with the interpreter that handles it.
    """
    names = frozenset(ours)
    shipped = Customization.read(manifest)
    others = [one for one in interpreters.customizations if one.name not in names]
    handled = taken(shipped.target, others, interpreters.webhooks)
    stored = next((one for one in interpreters.customizations if one.name == shipped.name), shipped)
    found = {field: handled[field] for field in shipped.scripts if field in handled}
    return found | {field: "its annotation" for field in shipped.scripts if field not in found and stored.leaves(field)}


def names_of(manifests: Iterable[Manifest]) -> frozenset[str]:
    """Return the names of the interpreters among the objects of the installation."""
    return frozenset(item["metadata"]["name"] for item in manifests if item["kind"] == CUSTOMIZATION)


class InterpreterInstaller:
    """Finds what the interpreters of one installation leave to others."""

    def __init__(self, server: ApiServer, ours: Iterable[str]) -> None:
        """Prepare.

        Args:
            server: the Karmada API server.
            ours: the names of all interpreters of the installation.
        """
        self._server = server
        self._ours = frozenset(ours)
        self._known: Interpreters | None = None

    async def left_out(self, manifest: Manifest) -> Mapping[str, str]:
        """Find the operations that an interpreter leaves to others, each with the one that handles it.

        Raises:
            ApiError: the control plane refused a request or did not answer.
        """
        if self._known is None:
            self._known = await Interpreters.read(self._server)
        return left_out(manifest, self._known, self._ours)

    def forget(self) -> None:
        """Read the control plane's interpreters again before the next answer."""
        self._known = None


async def _all(server: ApiServer, collection: Collection) -> list[Manifest]:
    try:
        return [msgspec.json.decode(raw) async for raw in each_item(server, collection)]
    except NotFoundError:  # this Karmada has no such kind
        return []
