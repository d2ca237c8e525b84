"""Compares what members serve with what is expected of them: the CRDs of the control plane, and the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from converter.client.giving_way import giving_way
from converter.kube import GroupVersionKind, name_of
from converter.rules.by_name import kept_by
from converter.rules.crds import KIND as CRD_KIND
from converter.rules.crds import read_crd
from converter.rules.openapi import keeps_of_builtin, keeps_of_custom_v2, keeps_of_type, kinds_of, versions_of
from converter.rules.pruning import EVERYTHING, encode_lacking, keeps, lacking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from converter.catalog import Catalog, Release
    from converter.clusters.member_schemas import Lacking
    from converter.kube import Manifest
    from converter.rules.pruning import Difference, Keeps


def crds_in(raw: bytes) -> dict[str, Manifest]:
    """Find the CRDs in a Work by their names."""
    with giving_way():
        manifests = msgspec.json.decode(raw)["spec"].get("workload", {}).get("manifests") or ()
        return {name_of(manifest): manifest for manifest in manifests if manifest.get("kind") == CRD_KIND}


def of_sent(sent: dict[str, Manifest], expected: dict[str, bytes]) -> Lacking:
    """Compare CRDs on their way to a member with those of the control plane; without one, with everything."""
    found: Lacking = {}
    with giving_way():
        for name, manifest in sent.items():
            crd = read_crd(manifest)
            wanted = kept_by(read_crd(msgspec.json.decode(expected[name]))) if name in expected else {}
            for version, kept in kept_by(crd).items():
                lost = encode_lacking(lacking(wanted.get(version, EVERYTHING), kept))
                if lost is not None:
                    found[version, crd.kind] = lost
    return found


def of_custom(raw: bytes, api_version: str, crds: list[bytes]) -> Lacking:
    """Compare a document with the CRDs of its group in the control plane."""
    with giving_way():
        expected: dict[str, Keeps] = {}
        for crd in crds:
            read = read_crd(msgspec.json.decode(crd))
            expected[read.kind] = kept_by(read).get(api_version, EVERYTHING)
        return _compare(
            raw,
            api_version,
            lambda kind, schema, _: lacking(expected[kind], keeps(schema)) if kind in expected else None,
        )


def of_v2(raw: bytes, crds: list[bytes], release: Release | None, catalog: Catalog) -> tuple[Lacking, frozenset[str]]:
    """Compare the OpenAPI v2 document of a member: one for all groups.

    Args:
        raw: the document.
        crds: the CRDs of the control plane in the groups that the member publishes.
        release: the member's release; None if it is not known.
        catalog: what each release has of the built-in kinds.

    Returns:
        What the member lacks, and the apiVersions that it publishes.
    """
    with giving_way():
        document = msgspec.json.decode(raw)
        published = versions_of(document)
        expected: dict[tuple[str, str], Mapping[str, Keeps]] = {}
        for crd in crds:
            read = read_crd(msgspec.json.decode(crd))
            expected[read.group, read.kind] = kept_by(read)
        custom = {group for group, _ in expected}
        found: Lacking = {}
        for api_version in sorted(published):
            group = api_version.rpartition("/")[0]
            for kind, schema in kinds_of(document, api_version):
                difference = None
                if (group, kind) in expected:
                    wanted = expected[group, kind].get(api_version, EVERYTHING)
                    difference = lacking(wanted, keeps_of_custom_v2(schema))
                elif group not in custom and release is not None and release >= catalog.releases[0]:
                    known = catalog.type_of(release, GroupVersionKind.of(api_version, kind))
                    if known is not None:
                        difference = lacking(keeps_of_type(known), keeps_of_builtin(schema, document))
                if difference is not None:
                    found[api_version, kind] = encode_lacking(difference)
        return found, published


def groups_of_v2(raw: bytes) -> frozenset[str]:
    """Return the API groups that an OpenAPI v2 document describes."""
    with giving_way():
        return frozenset(version.rpartition("/")[0] for version in versions_of(msgspec.json.decode(raw)))


def of_builtin(raw: bytes, api_version: str, release: Release, catalog: Catalog) -> Lacking:
    """Compare a document with what the release has of the kinds."""

    def find(kind: str, schema: Any, document: Any) -> Difference | None:
        expected = catalog.type_of(release, GroupVersionKind.of(api_version, kind))
        return lacking(keeps_of_type(expected), keeps_of_builtin(schema, document)) if expected is not None else None

    with giving_way():
        if release < catalog.releases[0]:
            return {}
        return _compare(raw, api_version, find)


def _compare(raw: bytes, api_version: str, find: Callable[[str, Any, Any], Difference | None]) -> Lacking:
    document = msgspec.json.decode(raw)
    found: Lacking = {}
    for kind, schema in kinds_of(document, api_version):
        difference = find(kind, schema, document)
        if difference is not None:
            found[api_version, kind] = encode_lacking(difference)
    return found
