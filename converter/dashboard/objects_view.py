"""The views *Objects* and *One object*: what is converted or loses something, and the same object before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import msgspec

from converter.client import Key
from converter.dashboard.fleet_view import route_steps
from converter.dashboard.look import PAGE, NotFoundHereError, paged
from converter.dashboard.side_by_side import LostPath, side_by_side, without_secrets
from converter.dashboard.timeline import timeline
from converter.errors import ConverterError
from converter.karmada.carried_status import unpack
from converter.karmada.names import CONVERSION_DATA_ANNOTATION, CONVERSION_DATA_REF_ANNOTATION
from converter.losses.severity import Severity
from converter.planning import sent_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from converter.dashboard.look import Look
    from converter.dashboard.rows import ObjectRow, StoredWork
    from converter.dashboard.store import EventFact, FleetStore

_SORTS: Final[dict[str, Callable[[ObjectRow], Any]]] = {
    "name": lambda row: (row.namespace, row.name, row.kind, row.cluster),
    "kind": lambda row: (row.kind, row.namespace, row.name, row.cluster),
    "cluster": lambda row: (row.cluster, row.namespace, row.kind, row.name),
    "severity": lambda row: (-(row.worst.severity if row.worst else -1), -len(row.losses), row.namespace, row.name),
}

_LONGEST_TEXT: Final = 200
"""Characters of a search text that are used."""


def objects(look: Look, query: Mapping[str, str]) -> dict[str, Any]:
    """List objects: filtered, sorted, and page by page."""
    state = query.get("state", "")
    found = [row for row in look.rows if _is_wanted(row, query, state)]
    sort = query.get("sort", "")
    found.sort(key=_SORTS.get(sort, _SORTS["severity"]))
    page, pages = paged(len(found), query.get("page", ""))
    kept = {key: value for key in ("q", "namespace", "kind", "cluster", "severity", "state", "sort")
            if (value := query.get(key, ""))}  # fmt: skip
    return {
        "rows": found[(page - 1) * PAGE : page * PAGE],
        "total": len(found),
        "page": page,
        "pages": pages,
        "query": kept,
        "link": lambda **changed: "/objects?" + urlencode({**kept, **changed}),
        "kinds": sorted({row.kind for row in look.rows}),
        "namespaces": sorted({row.namespace for row in look.rows}),
        "clusters": list(look.clusters),
        "severities": list(reversed(Severity)),
    }


def _is_wanted(row: ObjectRow, query: Mapping[str, str], state: str) -> bool:
    if state != "all" and not (row.converted or row.losses):
        return False
    if (state == "converted" and not row.converted) or (state == "lossy" and not row.losses):
        return False
    for field in ("namespace", "kind", "cluster"):
        wanted = query.get(field, "")
        if wanted and getattr(row, field) != wanted:
            return False
    severity = query.get("severity", "")
    if severity and severity not in {fact.severity.value for fact in row.losses}:
        return False
    text = query.get("q", "")[:_LONGEST_TEXT].casefold()
    return not text or text in f"{row.kind} {row.label} {row.cluster} {row.source} {row.delivered}".casefold() or any(
        text in fact.text.casefold() for fact in row.losses
    )  # fmt: skip


def one_object(look: Look, namespace: str, name: str, position: str) -> dict[str, Any]:
    """Show one object before and after.

    Raises:
        NotFoundHereError: it is not there, or not seen.
    """
    work = look.store.work(Key(namespace, name))
    wanted = int(position) if position.isdecimal() and len(position) < 6 else -1  # noqa: PLR2004  Works are smaller
    row = next((row for row in work.rows if row.place.position == wanted), None) if work is not None else None
    if work is None or row is None or not look.sight.sees(row.namespace):
        raise NotFoundHereError("this object")
    whole = all(look.sight.sees(other.namespace) for other in work.rows)  # texts about the Work name all its objects
    engine = look.store.engine()
    document = msgspec.json.decode(work.raw)
    after = document["spec"]["workload"]["manifests"][wanted]
    try:
        before = sent_objects(work.raw, engine)[wanted].manifest
    except ConverterError:
        before = after
    steps: list[str] = []
    if row.converted:
        try:
            steps = route_steps(engine.route(row.kind, row.source, row.delivered))
        except ConverterError as error:  # the rule that converted it is gone
            steps = [str(error)]
    lost = [LostPath(fact.path, fact.severity.value) for fact in row.losses]
    annotations = document["metadata"].get("annotations") or {}
    return {
        "row": row,
        "lines": side_by_side(without_secrets(before), without_secrets(after), lost),
        "steps": steps,
        "data": _conversion_data(annotations, row),
        "statuses": _statuses(document, look.store, row),
        "timeline": timeline(
            look,
            row,
            document if whole else {**document, "status": {}},
            _events(look.store, document, namespace, name) if whole else (),
        ),
        "elsewhere": [
            other
            for other in look.rows
            if (other.group, other.kind, other.namespace, other.name) == (row.group, row.kind, row.namespace, row.name)
            and other.cluster != row.cluster
        ],
    }


def _conversion_data(annotations: Mapping[str, str], row: ObjectRow) -> str:
    """Say where the values are that the conversion took out; a Secret's are never shown."""
    if not row.converted:
        return ""
    if CONVERSION_DATA_REF_ANNOTATION in annotations:
        return "in the overflow object of the Work"
    text = annotations.get(CONVERSION_DATA_ANNOTATION, "")
    try:
        stored = msgspec.json.decode(text or "[]")
        found = stored[row.place.position] if row.place.position < len(stored) else None
    except (msgspec.MsgspecError, TypeError):
        return "cannot be read"
    if found is None:
        return ""
    if row.kind == "Secret":
        return "hidden"
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


def _statuses(document: Mapping[str, Any], store: FleetStore, row: ObjectRow) -> dict[str, str]:
    """Show the status as the cluster reports it, and as it goes back to the template."""
    found: dict[str, str] = {}
    listed = (document.get("status") or {}).get("manifestStatuses") or []
    for item in listed:
        if (item.get("identifier") or {}).get("ordinal") == row.place.position and item.get("status") is not None:
            found["there"] = _pretty(item["status"])
    anchor = store.anchor_of(Key(row.place.namespace, row.place.work))
    back = _carried(anchor, row) if anchor is not None else ""
    if back:
        found["back"] = back
    return found


def _carried(anchor: StoredWork, row: ObjectRow) -> str:
    """Read the status that an anchor carries back."""
    document = msgspec.json.decode(anchor.raw)
    for condition in (document.get("status") or {}).get("conditions") or []:
        try:
            carried = unpack(condition.get("message", ""))
        except ConverterError:
            continue
        report = carried.of(row.source, row.kind, row.namespace, row.name) if carried is not None else None
        if report is not None and report.status is not msgspec.UNSET:
            return _pretty(report.status)
    return ""


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _events(store: FleetStore, document: Mapping[str, Any], namespace: str, name: str) -> Sequence[EventFact]:
    found = store.events_of("Work", namespace, name)
    annotations = document["metadata"].get("annotations") or {}
    for kind, prefix in (("ResourceBinding", "resourcebinding"), ("ClusterResourceBinding", "clusterresourcebinding")):
        binding = annotations.get(f"{prefix}.karmada.io/name")
        if binding:
            found += store.events_of(kind, annotations.get(f"{prefix}.karmada.io/namespace", ""), binding)
    return [store.shown(event) for event in found]
