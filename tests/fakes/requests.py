"""What an API server does with the paths, patches and selectors of requests."""

from __future__ import annotations


def merge(target, patch):
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    target = target if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = merge(target.get(key), value)
    return target


def split_path(path):
    """Split an object's path into resource, namespace, name and subresource."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    resource, name, *subresource = parts
    return resource, namespace, name, "".join(subresource)


def is_in(at, collection):
    prefix, resource = collection.rsplit("/", 1)
    return at.startswith(prefix) and at.rsplit("/", 2)[-2] == resource


def _field(thing, path):
    if path == "source":  # of an Event: ToSelectableFields in Kubernetes' pkg/registry/core/event/strategy.go
        path = "source.component"
    found = thing
    for key in path.split("."):
        found = (found or {}).get(key)
    return found


def is_selected(thing, params):
    for term in filter(None, params.get("fieldSelector", "").split(",")):
        path, value = term.split("=", 1)
        if _field(thing, path) != value:
            return False
    labels = thing["metadata"].get("labels") or {}
    for term in filter(None, params.get("labelSelector", "").split(",")):
        if term.startswith("!"):
            if term[1:] in labels:
                return False
        elif "=" in term:
            name, value = term.split("=", 1)
            if labels.get(name) != value:
                return False
        elif term not in labels:
            return False
    return True
