"""Conversion by name alone: between versions of a CRD that says ``conversion.strategy: None``.

The API server changes nothing but the apiVersion then, drops the fields that the other version does not have, and has
filled in the defaults of the version in which it got the object. So no rule has to be written. A rule that somebody
wrote decides, wherever there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.kube import Path, is_empty, version_priority
from converter.rules.crds import CrdError, read_crd
from converter.rules.filling import filling
from converter.rules.lens import FOREIGN_FIELD, Lens, Note, Notes, Side, identity
from converter.rules.pruning import EVERYTHING, Difference, Gap, compare, find, keeps
from converter.rules.rule import Rule
from converter.rules.schema import SchemaError
from converter.rules.steps.base import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.kube import Manifest
    from converter.rules.crds import Crd
    from converter.rules.filling import Filling
    from converter.rules.pruning import Keeps
    from converter.rules.rule_book import RuleBook

MAX_VERSIONS: Final = 16
"""Versions of one CRD that are compared with each other; CRDs in use have up to six."""

NO_STRATEGY: Final = "None"
"""``spec.conversion.strategy`` of a CRD whose versions differ in nothing but the apiVersion and what they drop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByName(Step):
    """Nothing but the apiVersion changes; fields that one of the versions drops do not pass.

    Attributes:
        toward_left: what does not pass to the left version.
        toward_right: what does not pass to the right version.
        fills_left: what has another default in the left version, and is written on the way there.
        fills_right: the same on the way to the right version.
    """

    toward_left: Difference | None = None
    toward_right: Difference | None = None
    fills_left: Filling | None = None
    fills_right: Filling | None = None

    def lens(self, toward: Side) -> Lens:
        """Make the lens that removes these fields, and writes these defaults."""
        difference, filling = self._toward(toward), self._fills(toward)
        if filling is None:
            return identity if difference is None else _pruning(difference)
        prune, fill = identity if difference is None else _pruning(difference), filling.fill

        def prune_and_fill(node: dict[str, Any], notes: Notes) -> None:
            prune(node, notes)
            fill(node)

        return prune_and_fill

    def describe(self, toward: Side) -> str:
        """Say how many fields do not pass, and how many are written."""
        text = f"by name alone; {self.losses(toward)} fields have no place in the other version"
        written = self.defaults(toward)
        return (
            f"{text}, and {written} have another default there, so that of this version is written" if written else text
        )

    def expected_fields(self, side: Side) -> tuple[Path, ...]:  # noqa: ARG002  # as the base class has it
        """None: the CRD itself says which fields there are."""
        return ()

    def losses(self, toward: Side) -> int:
        """Count the fields that the version on that side drops."""
        difference = self._toward(toward)
        return 0 if difference is None else difference.count(Gap.LOST)

    def defaults(self, toward: Side) -> int:
        """Count the fields whose defaults are written on the way to the version on that side."""
        filling = self._fills(toward)
        return 0 if filling is None else filling.count()

    def _fills(self, side: Side) -> Filling | None:
        return self.fills_left if side is Side.LEFT else self.fills_right

    def _toward(self, side: Side) -> Difference | None:
        return self.toward_left if side is Side.LEFT else self.toward_right


def _pruning(difference: Difference) -> Lens:
    def prune(node: dict[str, Any], notes: Notes) -> None:
        for path, value, gap, holder in find(difference, node):
            del holder[str(path[-1])]
            if gap is Gap.FOREIGN and not is_empty(value):
                notes.append(Note(path, value, FOREIGN_FIELD))

    return prune


class CustomKind(NamedTuple):
    """What conversions need to know of a CRD; the schemas themselves are not kept.

    Attributes:
        group: its API group.
        kind: the kind.
        name: the name of the CRD.
        strategy: how the API server converts: ``None`` or ``Webhook``.
        versions: the apiVersions, most stable first.
        served: those of them that the CRD serves.
        steps: for each two versions what does not pass between them; no step if all does.
    """

    group: str
    kind: str
    name: str
    strategy: str
    versions: tuple[str, ...]
    served: frozenset[str]
    steps: Mapping[tuple[str, str], tuple[ByName, ...]]


def kept_by(crd: Crd) -> dict[str, Keeps]:
    """Read what the API server keeps of each version of a CRD.

    Raises:
        CrdError: a schema cannot be read.
    """
    try:
        return {version: keeps(schema) if crd.prunes else EVERYTHING for version, schema in crd.schemas.items()}
    except SchemaError as error:
        raise CrdError(f"{crd.plural}.{crd.group}", f"a schema cannot be read: {error}") from error


def custom_kind(crd: Crd | Manifest) -> CustomKind:
    """Compare the versions of a CRD.

    Raises:
        CrdError: it cannot be read, or has more than `MAX_VERSIONS` versions.
    """
    if isinstance(crd, dict):
        crd = read_crd(crd)
    name = f"{crd.plural}.{crd.group}"
    if len(crd.schemas) > MAX_VERSIONS:
        raise CrdError(name, f"has more than {MAX_VERSIONS} versions")
    versions = tuple(sorted(crd.schemas, key=version_priority))
    steps: dict[tuple[str, str], tuple[ByName, ...]] = {}
    if crd.strategy == NO_STRATEGY:
        kept = kept_by(crd)
        for left, right in combinations(versions, 2):
            step = _step(crd, kept, left, right)
            steps[left, right] = () if step == ByName() else (step,)
    return CustomKind(crd.group, crd.kind, name, crd.strategy, versions, crd.served, steps)


def by_name(crd: Crd, left: str, right: str) -> ByName:
    """Compare two versions of a CRD.

    Raises:
        CrdError: a schema cannot be read.
    """
    return _step(crd, kept_by(crd), left, right)


def _step(crd: Crd, kept: Mapping[str, Keeps], left: str, right: str) -> ByName:
    one, two = crd.schemas[left], crd.schemas[right]
    return ByName(
        toward_left=compare(kept[right], kept[left]),
        toward_right=compare(kept[left], kept[right]),
        # A server that keeps all fields fills in none.
        fills_left=filling(two, one, kept[left]) if crd.prunes else None,
        fills_right=filling(one, two, kept[right]) if crd.prunes else None,
    )


def with_kinds(book: RuleBook, kinds: Iterable[CustomKind], *, served_only: bool = False) -> RuleBook:
    """Add to a rule book the conversions by name alone; what a rule says about two versions stays as it is.

    If rules connect some versions of a kind, each other version is connected once, to the nearest of these: a way
    around a rule is never made. Versions of a CRD that converts by a webhook are not connected; the book says why.

    Args:
        book: the rules.
        kinds: the CRDs.
        served_only: leave out the versions that the CRD does not serve.
    """
    rules: list[Rule] = []
    unconvertible: dict[tuple[str, str, str], str] = {}
    for custom in sorted(kinds, key=lambda custom: custom.name):
        versions = [version for version in custom.versions if not served_only or version in custom.served]
        if len(versions) > 1:
            _connect(book, custom, versions, rules, unconvertible)
    return book.with_rules(rules, unconvertible) if rules or unconvertible else book


def _connect(
    book: RuleBook,
    custom: CustomKind,
    versions: list[str],
    rules: list[Rule],
    unconvertible: dict[tuple[str, str, str], str],
) -> None:
    parts = {version: _part(book, custom.kind, version) for version in versions}
    ruled = any(parts[version] != {version} for version in versions)
    for left, right in sorted(combinations(versions, 2), key=lambda two: _distance(versions, *two)):
        if right in parts[left]:
            continue
        if custom.strategy != NO_STRATEGY:
            for source, target in ((left, right), (right, left)):
                unconvertible[custom.kind, source, target] = _no_rule(custom, source, target)
            continue
        rules.append(_rule(custom, left, right))
        if ruled:
            joined = parts[left] | parts[right]
            parts.update({version: joined for version in versions if version in joined})


def _distance(versions: list[str], left: str, right: str) -> int:
    return versions.index(right) - versions.index(left)


def _part(book: RuleBook, kind: str, version: str) -> set[str]:
    """List the versions that rules connect with one, or say to be impossible to convert to."""
    found, todo = {version}, [version]
    while todo:
        here = todo.pop()
        near = {edge.target for edge in book.edges.get((here, kind), ())}
        near |= {target for of_kind, source, target in book.unconvertible if (of_kind, source) == (kind, here)}
        todo += near - found
        found |= near
    return found


def _rule(custom: CustomKind, left: str, right: str) -> Rule:
    """Make the rule; it names no resource, because the control plane serves the versions itself."""
    versions = "-".join(version.rpartition("/")[2] for version in (left, right))
    return Rule(
        name=f"crd/{custom.name}/{versions}",
        kinds=(custom.kind,),
        left=left,
        right=right,
        steps=custom.steps[left, right],
        unconvertible="",
        examples=(),
        file=f"CustomResourceDefinition {custom.name}",
        line=0,
    )


def _no_rule(custom: CustomKind, source: str, target: str) -> str:
    short = [version.rpartition("/")[2] for version in (source, target)]
    return (
        f"CRD {custom.name} converts by a webhook (spec.conversion.strategy: {custom.strategy}), and no rule says how. "
        f"Write one: `converter rules new --crd FILE --from {short[0]} --to {short[1]}`"
    )
