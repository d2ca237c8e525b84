"""What the schemas of a cluster lack, as the controller stores it for all replicas: one ConfigMap for each cluster.

The controller reads what members serve (`converter.controllers.member_schemas`); nobody else does. The webhooks and
all replicas of the controller watch the ConfigMaps, so admission answers from memory.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import Change, Collection, Informer
from converter.karmada.names import MEMBER_SCHEMAS_LABEL
from converter.kube import canonical_json
from converter.rules.pruning import decode_lacking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.client import ApiServer
    from converter.kube import Json, Manifest
    from converter.rules.pruning import Difference

_log = logging.getLogger(__name__)

FORMAT: Final = 1
"""The version of the format; a ConfigMap of another version counts as empty."""

MAX_BYTES: Final = 512 << 10
"""Bytes of what is stored of one cluster; a ConfigMap holds a megabyte."""

_PREFIX: Final = "apiconverter-schemas."
_KEY: Final = "lacking.json"

Lacking = dict[tuple[str, str], Any]
"""What is lacking as JSON (`converter.rules.pruning.encode_lacking`), by apiVersion and kind."""


class _Document(msgspec.Struct):
    format: int = 0
    versions: dict[str, dict[str, Any]] = {}


class _ConfigMap(msgspec.Struct):
    data: dict[str, str] | None = None


_maps = msgspec.json.Decoder(_ConfigMap)
_documents = msgspec.json.Decoder(_Document)


def collection(namespace: str) -> Collection:
    """The ConfigMaps of a namespace; the right to read others is not needed."""
    return Collection(f"/api/v1/namespaces/{namespace}", "configmaps", namespaced=False)


def name_for(cluster: str) -> str:
    """The name of the ConfigMap of a cluster."""
    return f"{_PREFIX}{cluster}"


def cluster_of(name: str) -> str:
    """The cluster of a ConfigMap."""
    return name.removeprefix(_PREFIX)


def config_map(namespace: str, cluster: str, lacking: Lacking) -> Manifest:
    """Make the ConfigMap of a cluster; kinds that have no room are left out, and logged."""
    versions: dict[str, dict[str, Json]] = {}
    left = MAX_BYTES
    for (api_version, kind), found in sorted(lacking.items()):
        left -= len(canonical_json(found)) + len(api_version) + len(kind)
        if left < 0:
            _log.error("cluster %s: its schemas differ too much to store; %s %s and later ones are left out",
                       cluster, api_version, kind)  # fmt: skip
            break
        versions.setdefault(api_version, {})[kind] = found
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name_for(cluster),
            "namespace": namespace,
            "labels": {MEMBER_SCHEMAS_LABEL: "true"},
        },
        "data": {_KEY: canonical_json({"format": FORMAT, "versions": versions}).decode()},
    }


def read_config_map(raw: bytes) -> dict[tuple[str, str], Difference]:
    """Read what the schemas of a cluster lack, by apiVersion and kind; empty if it cannot be read."""
    try:
        document = _documents.decode((_maps.decode(raw).data or {}).get(_KEY, "{}"))
        if document.format != FORMAT:
            return {}
        found = {
            (api_version, kind): decode_lacking(lacking)
            for api_version, kinds in document.versions.items()
            for kind, lacking in kinds.items()
        }
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    return {key: difference for key, difference in found.items() if difference is not None}


def watch_member_schemas(
    server: ApiServer, namespace: str, use: Callable[[str, Mapping[tuple[str, str], Difference]], None]
) -> Informer[dict[tuple[str, str], Difference]]:
    """Prepare the watch of what the schemas of all clusters lack; somebody else runs it.

    Args:
        server: the Karmada API server.
        namespace: where the controller stores it.
        use: called with a cluster and what its schemas lack, whenever that has changed.
    """
    made: Informer[dict[tuple[str, str], Difference]] = Informer(
        server, collection(namespace), read_config_map, selector=f"{MEMBER_SCHEMAS_LABEL}=true"
    )

    def changed(change: Change[dict[tuple[str, str], Difference]]) -> None:
        use(cluster_of(change.key.name), change.after or {})

    made.add_handler(changed)
    return made
