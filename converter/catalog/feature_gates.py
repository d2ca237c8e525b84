"""Feature gates: which a release has, how a cluster sets them, and what a field needs to be stored."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.catalog.release import CatalogError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_SETTING = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.-]*)\s*=\s*([A-Za-z]+)\s*")
_BOOLEANS: Final = {"true": True, "false": False}
_MOST_SETTINGS: Final = 512
"""No release has as many gates; an annotation with more is refused."""


class Stage(StrEnum):
    """How far a feature has come."""

    ALPHA = "alpha"
    BETA = "beta"
    GA = "ga"
    DEPRECATED = "deprecated"


ALL_ALPHA: Final = "AllAlpha"
ALL_BETA: Final = "AllBeta"
_EVERY: Final = {ALL_ALPHA: Stage.ALPHA, ALL_BETA: Stage.BETA}
_STAGES: Final = {stage[0]: stage for stage in Stage}


class FeatureGate(NamedTuple):
    """One feature gate in one release.

    Attributes:
        name: ``CronJobTimeZone``.
        stage: how far the feature has come there.
        default: whether it is on unless a cluster says otherwise.
    """

    name: str
    stage: Stage
    default: bool

    @classmethod
    def read(cls, name: str, text: str) -> FeatureGate:
        """Read a gate as the catalog's file has it: ``a-`` is alpha and off, ``b+`` is beta and on."""
        return cls(name, _STAGES[text[0]], text[1:] == "+")


class FeatureGatesError(CatalogError):
    """A setting of feature gates that cannot be used.

    Attributes:
        text: the part that is wrong.
        problem: what is wrong with it, and what to write instead.
    """

    def __init__(self, text: str, problem: str) -> None:
        self.text = text
        self.problem = problem
        super().__init__(problem)


class GateSettings(msgspec.Struct, frozen=True, cache_hash=True):
    """The gates that a cluster sets, as its ``--feature-gates`` does; every other gate has its release's default.

    Attributes:
        switched: each gate that is set, on or off, in the order of names.
    """

    switched: tuple[tuple[str, bool], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.switched)

    @classmethod
    def of(cls, switched: Mapping[str, bool]) -> GateSettings:
        """Make settings from names and values."""
        return cls(tuple(sorted(switched.items())))

    @classmethod
    def parse(cls, text: str) -> GateSettings:
        """Read ``CronJobTimeZone=true,AllBeta=false``, as the API server's ``--feature-gates`` takes it.

        Raises:
            FeatureGatesError: a part is not ``Name=true`` or ``Name=false``, or a gate is set twice.
        """
        switched: dict[str, bool] = {}
        parts = text.split(",") if text.strip() else []
        if len(parts) > _MOST_SETTINGS:
            raise FeatureGatesError("", f"more than {_MOST_SETTINGS} feature gates; set only those that differ")
        for part in parts:
            found = _SETTING.fullmatch(part)
            value = _BOOLEANS.get(found[2].lower()) if found is not None else None
            if found is None or value is None:
                raise FeatureGatesError(part, f"{part[:80]!r} is not a feature gate; write Name=true or Name=false")
            if found[1] in switched:
                raise FeatureGatesError(part, f"feature gate {found[1]} is set twice; remove one")
            switched[found[1]] = value
        return cls.of(switched)

    def unknown(self, ever: Collection[str]) -> FeatureGatesError | None:
        """Find a gate that no release has, among those of `Catalog.gates_ever`; None where there is none."""
        for name, _ in self.switched:
            if name not in ever and name not in _EVERY:
                near = difflib.get_close_matches(name, ever, n=1)
                hint = f"did you mean {near[0]}?" if near else "`converter catalog` knows only Kubernetes' own gates"
                return FeatureGatesError(name, f"no Kubernetes release has a feature gate {name}; {hint}")
        return None

    def off(self, gates: Mapping[str, FeatureGate]) -> frozenset[str]:
        """Name the gates of a release that are off with these settings.

        ``AllAlpha`` and ``AllBeta`` set every gate of their stage that is not set by itself.
        """
        own = dict(self.switched)
        every = {stage: own[name] for name, stage in _EVERY.items() if name in own}
        return frozenset(
            gate.name for gate in gates.values() if not own.get(gate.name, every.get(gate.stage, gate.default))
        )


DEFAULT_GATES: Final = GateSettings()
"""Every gate as its release has it."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a server needs to store a field as it was sent.

    Attributes:
        clauses: of each clause at least one gate has to be on.
        never: the server always drops the field: it knows it only to read what is stored.
        instead: the value that the server writes where the requirement is not met; empty where it drops the field.
        with_holder: whether what holds the field is dropped with it.
        having: the only value that is not stored where the requirement is not met; empty where no value is.
        first: how many items of a list are stored where the requirement is not met; 0 for other fields.
        kinds: for a reference: its kinds, each with the gate that it needs, or an empty text. Other kinds need
            the gate `other`.
        other: see `kinds`; ``+name`` is a sibling field that has to be set. Empty: other kinds are dropped.
    """

    clauses: tuple[frozenset[str], ...] = ()
    never: bool = False
    instead: str = ""
    with_holder: bool = False
    having: str = ""
    first: int = 0
    kinds: Mapping[str, str] | None = None
    other: str = ""

    @classmethod
    def read(cls, mark: str) -> Requirement:
        """Read a mark of the catalog's file; ``tools/catalog/gates.py`` documents what there is."""
        if mark == "!":
            return cls(never=True)
        if mark.startswith("kind:"):
            cases = dict(case.partition("=")[::2] for case in mark.removeprefix("kind:").split(","))
            other = cases.pop("*", "")
            return cls(kinds=cases, other=other)
        mark, _, first = mark.partition("#")
        mark, caret, having = mark.partition("^")
        expression, _, instead = mark.partition("=")
        clauses = tuple(frozenset(clause.split("|")) for clause in expression.split("&"))
        return cls(clauses, instead=instead, with_holder=bool(caret), having=having, first=int(first or 0))

    @property
    def by_value(self) -> bool:
        """Whether it depends on the field's value if the field is stored as it was sent."""
        return self.kinds is not None or bool(self.instead or self.having or self.first)

    @property
    def gates(self) -> frozenset[str]:
        """Every gate that matters."""
        kinds = {gate for gate in (self.kinds or {}).values() if gate}
        other = {self.other} if self.other and not self.other.startswith("+") else set()
        return frozenset(kinds | other).union(*self.clauses)

    def missing(self, off: frozenset[str]) -> tuple[str, ...]:
        """Name the gates that are off and would have to be on; of alternatives, all. Empty where it is met."""
        return tuple(sorted(name for clause in self.clauses if clause <= off for name in clause))

    def met(self, off: frozenset[str]) -> bool:
        """Whether the field is stored as it was sent; where `kinds` matter, that depends on the value."""
        return not self.never and not any(clause <= off for clause in self.clauses)

    def keeps(self, kind: object, holder: Mapping[str, object], off: frozenset[str]) -> bool:
        """Whether a reference to a kind is stored.

        Args:
            kind: the reference's kind.
            holder: the object that has the reference.
            off: the gates that are off.
        """
        kinds = self.kinds or {}
        if isinstance(kind, str) and kind in kinds:
            return kinds[kind] not in off
        if self.other.startswith("+"):
            return holder.get(self.other[1:]) is not None
        return bool(self.other) and self.other not in off


def gate_table(changes: Iterable[tuple[Mapping[str, str], Iterable[str]]]) -> list[dict[str, FeatureGate]]:
    """Rebuild each release's gates from what changed against the release before, and what is gone."""
    tables: list[dict[str, FeatureGate]] = []
    now: dict[str, FeatureGate] = {}
    for changed, gone in changes:
        left = {name: gate for name, gate in now.items() if name not in set(gone)}
        now = left | {name: FeatureGate.read(name, text) for name, text in changed.items()}
        tables.append(now)
    return tables
