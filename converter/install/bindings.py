"""Takes the converter's scheduler names and exclusions off every binding, so that it can be removed.

Remove the scheduler only afterwards: nothing else schedules a binding that names it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from converter.client import ConflictError, NotFoundError, each_item
from converter.client.collections import BINDINGS, CLUSTER_BINDINGS
from converter.errors import ConverterError, ManifestError
from converter.karmada.binding import read_binding
from converter.karmada.names import GROUP
from converter.placement.scheduler_name import OWN_SCHEDULER
from converter.placement.settle import release

if TYPE_CHECKING:
    from collections.abc import Callable

    from converter.client import ApiServer, Collection
    from converter.kube import Manifest

_ATTEMPTS: Final = 5
"""How often a binding is read again that another client writes at the same time."""


class BindingNotReleasedError(ConverterError):
    """A binding still has what was taken off: something puts it back.

    Attributes:
        binding: its name, ``namespace/name`` for a ResourceBinding.
    """

    def __init__(self, binding: str) -> None:
        self.binding = binding
        super().__init__(
            f"binding {binding} was changed again while the converter released it; remove the converter's webhook "
            "configuration and stop its controllers first, then repeat the command"
        )


@dataclass(frozen=True, slots=True)
class ReleasedBindings:
    """What became of the bindings, each as ``namespace/name``, or ``name`` for a ClusterResourceBinding.

    Attributes:
        changed: those that were changed.
        kept: those that still name the converter's scheduler, because their policy chose it. Karmada refuses to change
            the scheduler of a policy, so create the policy again with another one.
        unread: those that are not as Karmada's CRD describes them, with the reason.
    """

    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def _ignore(_line: str) -> None:
    """Report nothing."""


async def release_bindings(
    server: ApiServer, own_scheduler: str = OWN_SCHEDULER, report: Callable[[str], None] = _ignore
) -> ReleasedBindings:
    """Take everything of the converter off all bindings. Safe to repeat; without anything to do it writes nothing.

    Call it when the webhook configuration is gone and no controller runs: they would put everything back. Karmada's
    scheduler then handles the bindings. It keeps each cluster that is already chosen, so nothing moves.

    Args:
        server: the Karmada API server.
        own_scheduler: the name of the converter's scheduler, to find the policies that chose it.
        report: called with one line for each changed binding.

    Raises:
        ApiError: a request failed. Bindings changed before remain so; repeat the call for the rest.
        BindingNotReleasedError: something puts back what was taken off.
    """
    released = ReleasedBindings()
    for collection in (BINDINGS, CLUSTER_BINDINGS):
        async for raw in each_item(server, collection):
            found: Manifest = msgspec.json.decode(raw)
            name = _name(found)
            try:
                stored = await _release(server, collection, found)
            except ManifestError as error:
                released.unread[name] = str(error)
                continue
            if stored is None:
                continue
            if stored["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
                released.changed.append(name)
                report(f"released {name}")
            if stored["spec"].get("schedulerName") == own_scheduler:
                released.kept.append(name)
    return released


async def _release(server: ApiServer, collection: Collection, binding: Manifest) -> Manifest | None:
    """Release one binding.

    Returns:
        The binding as it is stored then; None if it does not exist any more.

    Raises:
        ApiError: a request failed.
        BindingNotReleasedError: something puts back what was taken off.
        ManifestError: the binding is not as Karmada's CRD describes it.
    """
    path = collection.object_path(binding["metadata"].get("namespace", ""), binding["metadata"]["name"])
    for attempt in range(_ATTEMPTS):
        with contextlib.suppress(ConflictError):
            try:
                current = binding if attempt == 0 else msgspec.json.decode(await server.get(path))
                return await _take_off(server, path, current)
            except NotFoundError:
                return None
    raise BindingNotReleasedError(_name(binding))


async def _take_off(server: ApiServer, path: str, binding: Manifest) -> Manifest:
    patch = _patch(binding)
    if patch:
        binding = await _patched(server, path, binding, patch)
        if _patch(binding):
            raise BindingNotReleasedError(_name(binding))
    conditions = _conditions(binding)
    if conditions is not None:
        binding = await _patched(server, f"{path}/status", binding, {"status": {"conditions": conditions}})
    return binding


async def _patched(server: ApiServer, path: str, binding: Manifest, patch: dict[str, Any]) -> Manifest:
    """Patch exactly the binding that was read; return it as it is stored then."""
    same = {"uid": binding["metadata"]["uid"], "resourceVersion": binding["metadata"]["resourceVersion"]}
    answer = await server.patch(path, {**patch, "metadata": {**patch.get("metadata", {}), **same}})
    stored: Manifest = msgspec.json.decode(answer)
    return stored


def _patch(binding: Manifest) -> dict[str, Any]:
    """Make the merge patch that takes the converter's fields off a binding; empty if it has none."""
    decoded = read_binding(binding)
    placement = decoded.spec.checked_placement()
    return release(decoded, placement).merge_patch(decoded, placement)


def _conditions(binding: Manifest) -> list[dict[str, Any]] | None:
    """Return the conditions of a binding without the converter's; None if it has none of the converter's."""
    conditions = (binding.get("status") or {}).get("conditions") or []
    others = [item for item in conditions if not str(item.get("type", "")).startswith(f"{GROUP}/")]
    return others if len(others) < len(conditions) else None


def _name(binding: Manifest) -> str:
    metadata = binding["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])
