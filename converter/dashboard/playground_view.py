"""The view *Playground*: a manifest, a cluster or a release, and what comes out; nothing is stored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from converter.catalog import CatalogError, Release, load_catalog
from converter.clusters import Cluster
from converter.conversion import convert
from converter.dashboard.fleet_view import route_steps
from converter.dashboard.rows import loss_fact
from converter.dashboard.side_by_side import LostPath, side_by_side, without_secrets
from converter.errors import ConverterError, ManifestError
from converter.kube import gvk_of
from converter.works.preview import preview_version
from converter.yaml import load_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from converter.dashboard.look import Look
    from converter.engine import Engine
    from converter.kube import Manifest

LARGEST: Final = 256 << 10
"""Bytes of a manifest that is tried."""

_MOST_MANIFESTS: Final = 20

EXAMPLE: Final = (Path(__file__).parent / "templates" / "example.yaml").read_text(encoding="utf-8")

_one_at_a_time = asyncio.Semaphore(1)


async def playground(look: Look, form: Mapping[str, str]) -> dict[str, Any]:
    """Try manifests on a cluster or a release, in a thread."""
    text, target = form.get("manifest", ""), form.get("target", "")
    found: dict[str, Any] = {
        "clusters": list(look.clusters),
        "releases": [str(release) for release in reversed(load_catalog().releases)],
        "text": text or EXAMPLE,
        "target": target,
        "results": None,
        "problem": "",
    }
    if not text:
        return found
    if len(text.encode()) > LARGEST:
        return {**found, "problem": f"the text is larger than {LARGEST} bytes; `converter convert` takes it"}
    try:
        cluster = _cluster(look, target)
        async with _one_at_a_time:
            results = await asyncio.to_thread(_results, text, cluster, look.store.engine())
    except ConverterError as error:
        return {**found, "problem": str(error)}
    return {**found, "results": results}


def _cluster(look: Look, target: str) -> Cluster:
    if target in look.clusters:
        return look.cluster(target)
    try:
        return Cluster.from_release(target, Release.parse(target), load_catalog())
    except CatalogError as error:
        raise ManifestError(f"{target!r} is neither a cluster nor a release: {error}") from None


def _results(text: str, cluster: Cluster, engine: Engine) -> list[dict[str, Any]]:
    return [_result(manifest, cluster, engine) for manifest in load_all(text)[:_MOST_MANIFESTS]]


def _result(manifest: Manifest, cluster: Cluster, engine: Engine) -> dict[str, Any]:
    gvk = gvk_of(manifest)
    seen = preview_version(manifest, cluster, engine)
    after, steps = manifest, []
    if seen.api_version is not None and seen.api_version != gvk.api_version:
        route = engine.route(gvk.kind, gvk.api_version, seen.api_version)
        after, steps = convert(manifest, route).manifest, route_steps(route)
    lost = [LostPath(loss.path, loss.severity.value) for loss in seen.losses]
    return {
        "kind": gvk.kind,
        "source": gvk.api_version,
        "target": seen.api_version or "",
        "problem": seen.problem,
        "losses": [loss_fact(loss) for loss in seen.losses],
        "steps": steps,
        "lines": side_by_side(without_secrets(manifest), without_secrets(after), lost) if not seen.problem else [],
    }
