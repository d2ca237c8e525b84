"""Pair the models of a published client with the Go structs that they were generated from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tools.catalog.gotypes import Module, Place

Types = dict[str, dict[str, str]]


def paired(types: Types, resources: Iterable[Sequence[Any]], module: Module) -> dict[str, Place]:
    """Walk each kind's model and its struct together, and return the struct of every model met on the way.

    Args:
        types: the release's types, as the client has them.
        resources: of each resource group, version and kind first, and the name of its type last.
        module: the release's Go types; kinds of other modules are left out.

    Raises:
        SystemExit: one type of the client is two in Go.
    """
    pairs: dict[str, Place] = {}
    starts = ((name, module.root(group, version, kind)) for group, version, kind, *_, name in resources)
    todo = [(name, struct) for name, struct in starts if struct is not None]
    while todo:
        name, struct = todo.pop()
        if pairs.setdefault(name, struct) != struct:
            raise SystemExit(f"type {name} is both {pairs[name]} and {struct}")
        for json, place in module.fields(struct):
            inner = types[name].get(json, "any").lstrip("[{~")
            if inner.startswith("#") and module.is_struct(place) and inner[1:] not in pairs:
                todo.append((inner[1:], place))
    return pairs
