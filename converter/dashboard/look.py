"""One look of one viewer: what of the fleet they see, for all views."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from converter.dashboard.access import Sight, Viewer  # noqa: TC001  fields' types
from converter.dashboard.live import CLUSTER
from converter.errors import ConverterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.clusters import Cluster
    from converter.dashboard.live import Happening
    from converter.dashboard.rates import Scope
    from converter.dashboard.rows import ObjectRow
    from converter.dashboard.store import ClusterFacts, FleetStore
    from converter.losses.severity import Severity

PAGE = 100
"""Rows of a page."""


class NotFoundHereError(ConverterError):
    """A page that does not exist, or that the viewer does not see: both look the same."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} does not exist, or you may not see it")


class Look:
    """What a viewer sees at this moment.

    Attributes:
        store: the whole fleet.
        viewer: who looks.
        sight: what they see.
        csrf: what forms have to send.
    """

    def __init__(self, store: FleetStore, viewer: Viewer, sight: Sight, csrf: str) -> None:
        self.store = store
        self.viewer = viewer
        self.sight = sight
        self.csrf = csrf

    @cached_property
    def rows(self) -> Sequence[ObjectRow]:
        """The objects that are seen."""
        if self.sight.everything:
            return self.store.rows
        sees = self.sight.sees
        return [row for row in self.store.rows if sees(row.namespace)]

    @cached_property
    def clusters(self) -> Mapping[str, ClusterFacts]:
        """The clusters that are seen, by name."""
        known = self.store.clusters
        if self.sight.clusters:
            return dict(sorted(known.items()))
        mine = {row.cluster for row in self.rows}
        return {name: facts for name, facts in sorted(known.items()) if name in mine}

    def cluster(self, name: str) -> Cluster:
        """Find a cluster.

        Raises:
            NotFoundHereError: it is not there, or not seen.
        """
        facts = self.clusters.get(name)
        if facts is None:
            raise NotFoundHereError(f"cluster {name}")
        return facts.cluster

    def happens(self, item: Happening) -> bool:
        """Whether a happening is seen."""
        if item.kind == CLUSTER:
            return self.sight.clusters or item.cluster in self.clusters
        return self.covers(item.scope)

    def covers(self, scope: Scope) -> bool:
        """Whether all of these namespaces are seen; without any, whether everything is."""
        return self.sight.everything or (scope is not None and all(self.sight.sees(name) for name in scope))

    @cached_property
    def losses(self) -> Mapping[str, Counter[Severity]]:
        """The number of losses by cluster and severity."""
        found: dict[str, Counter[Severity]] = {}
        for row in self.rows:
            if row.losses:
                found.setdefault(row.cluster, Counter()).update(fact.severity for fact in row.losses)
        return found


def paged(count: int, text: str, size: int = PAGE) -> tuple[int, int]:
    """Read a page number from a query: the page, from 1, and the number of pages."""
    pages = max(1, -(-count // size))
    wanted = int(text) if text.isdecimal() and len(text) < 9 else 1  # noqa: PLR2004  more pages than there can be
    return min(max(wanted, 1), pages), pages
