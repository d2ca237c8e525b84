"""The engine: one object over the rule book, which converts, restores, and knows what a release loses."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.catalog import load_catalog
from converter.config import SHIPPED_RULES, Configuration, read_rule_files
from converter.conversion import ConversionData, Routes, convert, restore_source
from converter.kube import Manifest, copy_json, gvk_of
from converter.losses import Loss, LossEvaluator
from converter.losses.model import manifest_id_of
from converter.rules.by_name import with_kinds

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from converter.catalog import Catalog
    from converter.conversion import CompiledRoute, Restored, Route, UnrestoredValue
    from converter.losses.policy import LossPolicy
    from converter.rules import RuleBook
    from converter.rules.by_name import CustomKind


@dataclass(frozen=True, slots=True)
class Conversion:
    """The result of a conversion.

    Attributes:
        manifest: the manifest in the target version.
        losses: what that version cannot hold, in the order of the manifest.
        conversion_data: what converting back needs to be exact.
        route: the route taken; None if nothing had to be converted.
        unrestored: values of the original that were not restored from conversion data, because the manifest was edited.
    """

    manifest: Manifest
    losses: tuple[Loss, ...]
    conversion_data: ConversionData
    route: Route | None
    unrestored: tuple[UnrestoredValue, ...] = ()


class Engine:
    """Converts manifests between the versions that a rule book connects.

    `converter.Converter` is its public face. Safe to share between threads: after it is made, nothing in it changes but
    a memory of routes.

    Attributes:
        routes: the routes through the book.
        losses: what a cluster of some release would drop without an error.
        loss_policy: what to do about losses; None if no rule file has a policy.
        digest: of the texts of all rule files; replicas with the same rules have the same one.
    """

    def __init__(self, configuration: Configuration, catalog: Catalog | None = None) -> None:
        self.routes = Routes(configuration.book)
        self.losses = LossEvaluator(catalog or load_catalog(), configuration.severities)
        self.loss_policy: LossPolicy | None = configuration.loss_policy
        self.digest = configuration.digest

    @classmethod
    def from_rules(
        cls,
        paths: Iterable[str | os.PathLike[str]] = (),
        *,
        shipped: bool = True,
        catalog: Catalog | None = None,
        kinds: Iterable[CustomKind] = (),
    ) -> Engine:
        """Make an engine from the shipped rule book and your own rules.

        Args:
            paths: rule files, or directories of them, to read in addition to the shipped book.
            shipped: whether to read the shipped book at all.
            catalog: what the fields that rules name are checked against; the shipped one where none is given.
            kinds: custom resources that are converted by name alone where no rule says otherwise.

        Raises:
            RuleBookError: with every problem of every file.
        """
        roots = [SHIPPED_RULES, *paths] if shipped else [*paths]
        types = catalog or load_catalog()
        made = cls(Configuration.read(read_rule_files(roots), types), types)
        return made.with_kinds(kinds)

    def with_kinds(self, kinds: Iterable[CustomKind], *, served_only: bool = False) -> Engine:
        """Make an engine that also converts some custom resources by name alone; it shares all else with this one.

        Args:
            kinds: the custom resources; `custom_kind` makes one of a CRD.
            served_only: leave out the versions that the CRDs do not serve.
        """
        book = with_kinds(self.book, kinds, served_only=served_only)
        if book is self.book:
            return self
        made = copy.copy(self)
        made.routes = Routes(book)
        return made

    @property
    def book(self) -> RuleBook:
        """The rules."""
        return self.routes.book

    def convert(
        self, manifest: Manifest, to: str | Iterable[str], conversion_data: ConversionData | None = None
    ) -> Conversion:
        """Convert a manifest to another apiVersion, as `converter.Converter.convert` describes."""
        targets = (to,) if isinstance(to, str) else tuple(to)
        gvk = gvk_of(manifest)
        losses: tuple[Loss, ...] = ()
        unrestored: tuple[UnrestoredValue, ...] = ()
        if conversion_data is not None and conversion_data.source != gvk.api_version:
            restored = self.restore(manifest, conversion_data)
            losses = self.losses.of_conversion(
                restored.losses, gvk, identity=manifest_id_of(manifest, gvk), original=lambda: manifest
            )
            manifest, unrestored = restored.manifest, restored.unrestored
            gvk = gvk_of(manifest)
        source = gvk.api_version
        if source in targets:
            return Conversion(copy_json(manifest), losses, ConversionData(source), None, unrestored)
        route = self.routes.cheapest(gvk.kind, source, targets)
        done = convert(manifest, route)
        losses += self.losses.of_conversion(
            done.losses, gvk, identity=manifest_id_of(manifest, gvk), original=lambda: manifest
        )
        return Conversion(done.manifest, losses, done.conversion_data, route.described, unrestored)

    def restore(self, manifest: Manifest, conversion_data: ConversionData, limit: int | None = None) -> Restored:
        """Convert a manifest back to the version and the values that it had before; an edit wins.

        Args:
            manifest: one Kubernetes object; it is never changed.
            conversion_data: from its conversion.
            limit: the most losses to name; more become one loss of the whole manifest. None names all.

        Raises:
            ManifestError: it is not a manifest, or a value has a type that its version does not allow.
            NoRouteError: the rules that converted it are gone.
            RefusedError: the conversion would change the meaning of a value.
        """
        gvk = gvk_of(manifest)
        route = self.routes.cheapest(gvk.kind, conversion_data.source, (gvk.api_version,))
        return restore_source(manifest, route, conversion_data, limit)

    def route(self, kind: str, source: str, to: str | Iterable[str]) -> CompiledRoute:
        """Find the cheapest route from a version of a kind to another, or to any of several.

        Raises:
            NoRouteError: no rules lead there.
        """
        return self.routes.cheapest(kind, source, (to,) if isinstance(to, str) else to)
