"""Reads the rule objects of a control plane, once or by watches."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from converter.catalog import load_catalog
from converter.client.collections import CONVERSION_RULES, FIELD_WEIGHTS, LOSS_POLICIES
from converter.client.errors import NotFoundError
from converter.client.informer import Change, Informer
from converter.client.pager import each_item
from converter.config import SHIPPED_RULES, read_parts, read_rule_files
from converter.engine import Engine
from converter.errors import RuleBookError
from converter.rule_objects import Combiner, RuleObject, read_object
from converter.rule_objects.model import Spec

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable, Iterable

    from converter.client.rest import ApiServer, Collection
    from converter.config import Parts
    from converter.errors import RuleProblem
    from converter.rule_objects import Combination

RULE_COLLECTIONS: Final[dict[str, Collection]] = {
    "ConversionRule": CONVERSION_RULES,
    "FieldWeights": FIELD_WEIGHTS,
    "LossPolicy": LOSS_POLICIES,
}
"""The collections of rule objects by kind."""

_SETTLE_SECONDS: Final = 0.05
"""How long to collect changes before they are taken into use together: `kubectl apply -f` sends one after the other."""


async def read_rule_objects(server: ApiServer) -> list[RuleObject]:
    """Read all rule objects.

    Returns:
        The objects; none if the API server does not have their CRDs.

    Raises:
        ApiError: a request failed.
    """
    found = []
    for kind, collection in RULE_COLLECTIONS.items():
        try:
            found += [read_object(bytes(raw), kind) async for raw in each_item(server, collection)]
        except NotFoundError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class LiveRules:
    """The rules that the processes of a control plane use: of the shipped files, rule files, and rule objects.

    Attributes:
        files: the rules of files.
        objects: the rule objects of the control plane.
    """

    files: Parts
    objects: tuple[RuleObject, ...] = ()

    def combine(self) -> Combination:
        """Combine files and objects as the processes do."""
        return Combiner(load_catalog()).combine(self.files, self.objects)

    def engine(self) -> Engine:
        """Make the engine of all rules."""
        return Engine(self.combine().configuration, load_catalog())

    def with_applied(self, documents: Iterable[bytes]) -> LiveRules:
        """Return the rules after some documents are applied to the control plane, one after the other.

        Args:
            documents: rule objects as JSON.

        Raises:
            RuleBookError: the webhook would refuse one; with the problems of all that it would refuse.
        """
        combiner = Combiner(load_catalog())
        objects = {one.key: one for one in self.objects}
        problems: list[RuleProblem] = []
        for document in documents:
            given = read_object(document)
            known = objects.get(given.key)
            if known is not None:
                given = replace(known, spec=Spec(known.spec.generation + 1, given.spec.raw))
            found = combiner.check(self.files, objects.values(), given)
            problems += found
            if not found:
                objects[given.key] = given
        if problems:
            raise RuleBookError(problems)
        return replace(self, objects=tuple(objects.values()))


async def read_rules(server: ApiServer, paths: Iterable[str | os.PathLike[str]] = ()) -> LiveRules:
    """Read the rules that the processes of a control plane use.

    Args:
        server: the control plane.
        paths: the rule files in addition to the shipped ones, or directories of them.

    Raises:
        RuleBookError: a file has problems.
        ApiError: a request failed.
    """
    files = read_parts(read_rule_files([SHIPPED_RULES, *paths]), load_catalog())
    return LiveRules(files, tuple(await read_rule_objects(server)))


async def read_engine(server: ApiServer, paths: Iterable[str | os.PathLike[str]] = ()) -> Engine:
    """Make the engine that the processes of a control plane use: of the shipped rules, rule files, and rule objects.

    Args:
        server: the control plane.
        paths: the rule files, or directories of them.

    Raises:
        RuleBookError: a file has problems. An object with problems counts as the processes count it.
        ApiError: a request failed.
    """
    return (await read_rules(server, paths)).engine()


class RuleObjectWatch:
    """Watches rule objects, and hands all of them on after each change.

    Attributes:
        informers: the watches, by the names that metrics use.
        synced: set once the first complete list was handed on.
    """

    def __init__(self, server: ApiServer, use: Callable[[list[RuleObject]], Awaitable[None]]) -> None:
        """Prepare; `run` does the rest.

        Args:
            server: the control plane.
            use: takes all objects into use.
        """
        self.informers: dict[str, Informer[RuleObject]] = {
            collection.resource: Informer(server, collection, partial(read_object, kind=kind), is_optional=True)
            for kind, collection in RULE_COLLECTIONS.items()
        }
        self.synced = asyncio.Event()
        self._use = use
        self._changed = asyncio.Event()
        for informer in self.informers.values():
            informer.add_handler(self._note)

    @property
    def missing(self) -> str:
        """What is waited for, for ``/readyz``; empty if nothing is."""
        return "" if self.synced.is_set() else "the rule objects of the control plane are not read yet"

    def objects(self) -> list[RuleObject]:
        """Return the objects that are known now."""
        return [one for informer in self.informers.values() for one in informer.items.values()]

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self.informers.values():
                group.create_task(informer.run())
            group.create_task(self._hand_on())

    async def _hand_on(self) -> None:
        for informer in self.informers.values():
            await informer.synced.wait()
        while True:
            self._changed.clear()
            await self._use(self.objects())
            self.synced.set()
            await self._changed.wait()
            await asyncio.sleep(_SETTLE_SECONDS)

    def _note(self, change: Change[RuleObject]) -> None:
        before, after = change.before, change.after
        if before is None or after is None or before.spec != after.spec or before.uid != after.uid:
            self._changed.set()
