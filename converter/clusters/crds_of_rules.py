"""Reads the CRDs of a control plane that rules are about, and proves the rules against their schemas.

A CRD can have a megabyte. So only those in the groups of a rule are read, and the last few of them stay in memory.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.client import each_item
from converter.client.giving_way import giving_way
from converter.clusters.watched_crds import CRDS, read_crds
from converter.kube import split_api_version
from converter.rules.check_crds import check_crds
from converter.rules.crds import KIND, CrdSchemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.client import ApiServer, Informer
    from converter.clusters.watched_crds import Head
    from converter.kube import Manifest
    from converter.rules import Rule

_CACHED: Final = 4
"""Sets of CRDs that stay in memory: the rules of one project follow each other."""

_Names = tuple[tuple[str, str, int], ...]
"""Name, uid and generation of each CRD."""


class Proof(NamedTuple):
    """What became of the fields of some rules.

    Attributes:
        open_fields: a line for each field that is neither mapped, dropped nor identical.
        compared: how often two versions of a kind were compared; 0 if no CRD has both versions.
    """

    open_fields: tuple[str, ...]
    compared: int


def groups_of(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the API groups of the versions that rules convert between."""
    return frozenset(split_api_version(version)[0] for rule in rules for version in (rule.left, rule.right))


def prove_rules(rules: Iterable[Rule], crds: CrdSchemas) -> Proof:
    """Compare the versions of rules by the schemas of CRDs."""
    report = check_crds(rules, crds)
    return Proof(tuple(problem.finding for problem in report.problems), report.compared)


class RuleProver:
    """Proves rules against the CRDs of a control plane as they are now."""

    def __init__(self, server: ApiServer, crds: Informer[Head]) -> None:
        """Prepare.

        Args:
            server: the control plane.
            crds: the watch of the metadata of its CRDs.
        """
        self._server = server
        self._crds = crds
        self._read: OrderedDict[_Names, CrdSchemas] = OrderedDict()

    async def prove(self, rules: tuple[Rule, ...]) -> Proof:
        """Prove some rules.

        Raises:
            ApiError: a CRD cannot be read from the API server.
            ConverterError: the schema of a CRD cannot be read.
        """
        groups = groups_of(rules)
        names: _Names = tuple(
            sorted(
                (key.name, head.metadata.uid, head.metadata.generation)
                for key, head in self._crds.items.items()
                if key.name.partition(".")[2] in groups
            )
        )
        if not names:
            return Proof((), 0)
        crds = self._read.pop(names, None)
        if crds is None:
            crds = await asyncio.to_thread(_schemas, await read_crds(self._server, [name for name, _, _ in names]))
        self._read[names] = crds
        while len(self._read) > _CACHED:
            self._read.popitem(last=False)
        return await asyncio.to_thread(_proved, rules, crds)


def _proved(rules: tuple[Rule, ...], crds: CrdSchemas) -> Proof:
    with giving_way():
        return prove_rules(rules, crds)


def _schemas(manifests: Mapping[str, bytes]) -> CrdSchemas:
    with giving_way():
        return CrdSchemas.of(_manifest(raw) for raw in manifests.values())


def _manifest(raw: bytes) -> Manifest:
    return {"kind": KIND, **msgspec.json.decode(raw)}


async def read_crds_of(server: ApiServer, rules: Iterable[Rule]) -> CrdSchemas:
    """Read the CRDs of the groups of some rules, once.

    Args:
        server: the control plane.
        rules: the rules.

    Raises:
        ApiError: a request failed.
        CrdError: a CRD cannot be read.
    """
    groups = groups_of(rules)
    listed = [msgspec.json.decode(raw) async for raw in each_item(server, CRDS, metadata_only=True)]
    names = [crd["metadata"]["name"] for crd in listed]
    return _schemas(await read_crds(server, [name for name in names if name.partition(".")[2] in groups]))
