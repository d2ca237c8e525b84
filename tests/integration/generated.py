"""Manifests of a kind that one server accepts: made, mended by its refusals, and counted."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.controlplanes.client import ApiError
from tests.generators.mending import mend
from tests.generators.valid_values import ValidValues
from tests.integration.judging import undressed

if TYPE_CHECKING:
    from tests.controlplanes.client import Client
    from tests.integration.kinds import Served

Json = dict[str, Any]
_ROUNDS = 12


@dataclass
class Acceptance:
    """How many manifests were made, and how many the server accepted: at once, and in the end."""

    made: int = 0
    at_once: int = 0
    accepted: int = 0

    def __str__(self) -> str:
        return f"{self.accepted}/{self.made} accepted, {self.at_once} at once"


class Nursery:
    """Gives manifests that a server accepts.

    Attributes:
        served: the kind.
        acceptance: how many were accepted so far.
        refusals: the last words about those that were not.
    """

    def __init__(self, client: Client, release: str, served: Served) -> None:
        """Make one for a kind; ``release`` is the server's, for the catalog."""
        self._client = client
        self.served = served
        self._makers = [ValidValues(release, version, served.kind) for version in served.versions]
        self.acceptance = Acceptance()
        self.refusals: list[str] = []

    def accepted(self, seed: int) -> Json | None:
        """Return the manifest of a number, in a version that the number chooses; None if it stays refused."""
        maker = self._makers[seed % len(self._makers)]
        manifest = maker.make(seed, self._name(seed))
        if self.served.namespaced:
            manifest["metadata"]["namespace"] = "default"
        self.acceptance.made += 1
        said = ""
        for round_number in range(_ROUNDS):
            refusal = self._refusal(manifest)
            if refusal is None:
                self.acceptance.accepted += 1
                self.acceptance.at_once += round_number == 0
                return manifest
            said = str(refusal)
            if not mend(maker, seed + round_number, manifest, refusal):
                break
        self.refusals.append(said)
        return None

    def _name(self, seed: int) -> str:
        return f"g-{seed:x}"

    def _refusal(self, manifest: Json) -> ApiError | None:
        """Say what a server has against a manifest; one that breaks the connection, as v1.16's panics do, has much."""
        posted = undressed(manifest, self.served)
        path = self._client.path(
            manifest["apiVersion"], manifest["kind"], None, (manifest.get("metadata") or {}).get("namespace")
        )
        try:
            self._client.raw("POST", path, posted, query={"dryRun": "All"})
        except ApiError as error:
            return error
        except http.client.RemoteDisconnected as error:
            return ApiError("POST", path, http.HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        return None
