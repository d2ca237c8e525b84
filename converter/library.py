"""The public library: one class that converts manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.engine import Conversion, Engine
from converter.rules.by_name import custom_kind

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from converter.conversion import ConversionData, Route
    from converter.kube import Manifest

__all__ = ["Conversion", "Converter"]


class Converter:
    """Converts manifests between the versions that a rule book connects.

    `from_rules` makes one. Safe to share between threads.
    """

    def __init__(self, _engine: Engine) -> None:
        self._engine = _engine

    @classmethod
    def from_rules(
        cls,
        paths: Iterable[str | os.PathLike[str]] = (),
        *,
        shipped: bool = True,
        crds: Iterable[Manifest] = (),
    ) -> Converter:
        """Make a converter from the shipped rule book and your own rules.

        Args:
            paths: rule files, or directories of them, to read in addition to the shipped book.
            shipped: whether to read the shipped book at all.
            crds: CustomResourceDefinitions. Where one has ``conversion.strategy: None`` and no rule says otherwise,
                its versions are converted by name alone, and what the other version drops is lost.

        Raises:
            RuleBookError: with every problem of every file.
            CrdError: a CRD cannot be read.
        """
        return cls(Engine.from_rules(paths, shipped=shipped, kinds=[custom_kind(crd) for crd in crds]))

    def convert(
        self, manifest: Manifest, to: str | Iterable[str], conversion_data: ConversionData | None = None
    ) -> Conversion:
        """Convert a manifest to another apiVersion.

        Args:
            manifest: one Kubernetes object; it is never changed.
            to: the apiVersion wanted, or several, of which the cheapest to reach is taken.
            conversion_data: from an earlier conversion of this manifest (``Conversion.conversion_data``). It is
                restored first, so that converting to a version and back gives the original exactly. After an edit, the
                edit wins: ``Conversion.unrestored`` lists the values that it keeps out.

        Raises:
            ManifestError: it is not a manifest, or a value has a type that its version does not allow.
            NoRouteError: no rules lead there.
            RefusedError: the conversion would change the meaning of a value.
        """
        return self._engine.convert(manifest, to, conversion_data)

    def route(self, kind: str, source: str, to: str | Iterable[str]) -> Route:
        """Find the cheapest route from a version of a kind to another, or to any of several.

        Raises:
            NoRouteError: no rules lead there.
        """
        return self._engine.route(kind, source, to).described
