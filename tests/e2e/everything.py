"""Every object of an API server, so that a test can say what was there before and what is there after."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.controlplanes.client import Client, Json

#: Metadata that each write changes, whatever it is about.
_EACH_WRITE = ("resourceVersion", "managedFields", "generation")
#: Events say what happened before; Leases and the like are renewed all the time.
_RESTLESS = {"events", "leases", "componentstatuses"}


def everything(client: Client) -> dict[str, Json]:
    """Read every object that can be listed, in one version of each resource; by ``group/resource/namespace/name``."""
    found: dict[str, Json] = {}
    for prefix, group in _versions(client):
        answer = client.request("GET", prefix)
        for resource in answer.body.get("resources", ()) if isinstance(answer.body, dict) else ():
            if "/" in resource["name"] or "list" not in resource.get("verbs", ()):
                continue
            items = client.request("GET", f"{prefix}/{resource['name']}").body.get("items") or ()
            for item in items:
                metadata = item["metadata"]
                for field in _EACH_WRITE:
                    metadata.pop(field, None)
                found[f"{group}/{resource['name']}/{metadata.get('namespace', '')}/{metadata['name']}"] = item
    return found


def at_rest(objects: dict[str, Json]) -> dict[str, Json]:
    """Return the objects that nobody writes all the time, without their statuses."""
    return {
        path: {field: value for field, value in thing.items() if field != "status"}
        for path, thing in objects.items()
        if path.split("/")[1] not in _RESTLESS
    }


def naming(objects: dict[str, Json], words: tuple[str, ...]) -> list[str]:
    """Name the objects in which one of some words is, wherever."""
    return [path for path, thing in objects.items() if any(word in json.dumps(thing) for word in words)]


def _versions(client: Client) -> list[tuple[str, str]]:
    groups = client.raw("GET", "/apis")["groups"]
    named = [(f"/apis/{group['preferredVersion']['groupVersion']}", group["name"]) for group in groups]
    return [("/api/v1", "core"), *named]
