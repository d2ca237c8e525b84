"""The types that the planning of a Work passes on: what was found out about a manifest, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import msgspec

from converter.works.annotations import UNCONVERTED
from converter.works.result import Converted

if TYPE_CHECKING:
    from converter.clusters import Cluster
    from converter.conversion import UnrestoredValue
    from converter.engine import Engine
    from converter.kube.partial_object import PartialObject
    from converter.losses import Loss
    from converter.losses.decide import Decision
    from converter.works.annotations import ManifestRecord
    from converter.works.conversion_cache import ConversionCache
    from converter.works.issues import Failure
    from converter.works.limits import Limits
    from converter.works.result import Issue


class ManifestState(msgspec.Struct, frozen=True):
    """What `inspect` finds out about one manifest.

    Attributes:
        head: what names it; None if it is not a manifest.
        record: what the Work will store about it, but for its losses.
        encoded: its new JSON; None if it stays as it is.
        source: the apiVersion it had before, if it is converted.
        target: the apiVersion it gets, if it is converted.
        losses: what it loses.
        remembered: what an earlier conversion lost; not decided about again.
        failure: why the cluster cannot have it; None if it can.
        stays: whether it stays as an earlier conversion left it.
        unrestored: values that were not restored on the way back, because the manifest was edited.
        needs_overflow: whether more could be done with its conversion data, which is in the overflow object.
        outdated: whether other rules made it, and these do not lead back to what was sent. It stays until it is sent
            again.
    """

    head: PartialObject | None
    record: ManifestRecord = UNCONVERTED
    encoded: bytes | None = None
    source: str = ""
    target: str = ""
    losses: tuple[Loss, ...] = ()
    remembered: tuple[Loss, ...] = ()
    failure: Failure | None = None
    stays: bool = False
    unrestored: tuple[UnrestoredValue, ...] = ()
    needs_overflow: bool = False
    outdated: bool = False

    @property
    def converted(self) -> Converted:
        """What became of it, for metrics; only if it is converted."""
        assert self.head is not None
        losses = len(self.losses) if self.record.entry is not None else 0
        return Converted(self.head.kind, self.head.place, self.source, self.target, losses)


class ManifestPlan(msgspec.Struct, frozen=True):
    """What `decide` makes of one manifest.

    Attributes:
        state: what was found out.
        record: what the Work stores about it.
        issue: what the cluster cannot have; None if it can have the manifest as it is meant.
        warnings: about losses, and about annotations that cannot be read.
        decisions: what is done about each loss.
    """

    state: ManifestState
    record: ManifestRecord
    issue: Issue | None = None
    warnings: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()


Span = Callable[[str, Mapping[str, str]], AbstractContextManager[None]]
"""Makes a span of a trace, by its name and facts; it ends with the context."""


class Target(msgspec.Struct, frozen=True):
    """Where a Work goes, and by which rules.

    Attributes:
        cluster: the cluster.
        converter: the rules.
        limits: the bounds for each manifest.
        resumed: whether the Work was suspended until now.
        recheck: whether to compare what an earlier conversion made with what the present rules make of the same.
        span: makes a span of a trace; None without tracing.
        cache: remembers conversions; None to convert each time.
    """

    cluster: Cluster
    converter: Engine
    limits: Limits
    resumed: bool = False
    recheck: bool = False
    span: Span | None = None
    cache: ConversionCache | None = None
