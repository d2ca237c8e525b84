"""Suggests the steps between two versions of a custom resource: what their schemas make certain, likely, or open.

Names and descriptions decide, together with types. A field whose description is the same in both versions was moved.
One whose type changes from text to number, and whose new name ends in Seconds, became a number of seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from converter.kube import EACH, format_path
from converter.rules.schema import IDENTITY, UNSET, Schema, read_schema
from converter.rules.suggest_pairs import Pair, Suggestion, Trust, is_same_shape, judge, same_words
from converter.rules.suggest_places import base_of, candidates, count_descriptions, overlaps, remaining, scope
from converter.rules.suggest_values import same_place, spread_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from converter.kube import Json, Path
    from converter.rules.suggest_places import Descriptions

_SPEC: Final = ("spec",)
_MOST: Final = 200
"""Fields of one version without a counterpart that are compared with those of the other one."""


@dataclass(slots=True)
class Suggestions:
    """The result of `suggest`.

    Attributes:
        identical: how many fields are the same in both versions.
        steps: the steps, certain ones first.
    """

    identical: int = 0
    steps: list[Suggestion] = field(default_factory=list)

    def of(self, trust: Trust) -> list[Suggestion]:
        """Return the steps that are this sure."""
        return [one for one in self.steps if one.trust is trust]


def suggest(left: Json, right: Json, names: tuple[str, str] = ("the left version", "the right version")) -> Suggestions:
    """Compare the schemas of two versions.

    Args:
        left: the ``openAPIV3Schema`` of the left version.
        right: that of the right version.
        names: what to call the two, in reasons.

    Raises:
        SchemaError: a schema cannot be read.
    """
    found = Suggestions()
    one, two = read_schema(left), read_schema(right)
    for name in IDENTITY:
        one.fields.pop(name, None)
        two.fields.pop(name, None)
    search = _Search(found, names, {"left": count_descriptions(one), "right": count_descriptions(two)})
    search.compare(one, two, (), ())
    search.settle()
    found.steps.sort(key=lambda each: each.trust)
    return found


class _Move(NamedTuple):
    """The steps for a field that moves.

    Attributes:
        path: the field, in the left version.
        before: what comes before the other steps.
        steps: the others.
    """

    path: Path
    before: list[Suggestion]
    steps: list[Suggestion]


class _Search:
    """Collects what only one version has, and pairs it."""

    def __init__(self, found: Suggestions, names: tuple[str, str], told: Mapping[str, Descriptions]) -> None:
        self.found = found
        self.told = told
        self.names = dict(zip(("left", "right"), names, strict=True))
        self.only: dict[str, dict[Path, Schema]] = {"left": {}, "right": {}}
        self.required: set[Path] = set()
        self.wrapped: set[Path] = set()
        self.last: list[Suggestion] = []

    def compare(self, left: Schema, right: Schema, path: Path, base: Path) -> None:
        """Walk the fields that both versions have, in an object that exists wherever the one at ``base`` does."""
        for name in sorted({*left.fields, *right.fields}):
            one, two, place = left.fields.get(name), right.fields.get(name), (*path, name)
            if (one is None or two is None) and name in left.required | right.required:
                self.required.add(place)
            if one is None and two is not None:
                self.only["right"][place] = two
            elif two is None and one is not None:
                self.only["left"][place] = one
            elif one is not None and two is not None:
                self._compare_field(one, two, place, base)
                self._compare_required(left, right, place)
        if left.element is not None and right.element is not None:
            self._compare_element(left.element, right.element, (*path, EACH))

    def _compare_element(self, one: Schema, two: Schema, path: Path) -> None:
        """Compare what the list, or the map, of both versions holds."""
        if one.kind != two.kind:
            self._open_type(one, two, path, {})
            return
        self._compare_open(one, two, path)
        self.found.steps += same_place(one, two, path, (), self.names)
        self.compare(one, two, path, ())

    def _compare_field(self, one: Schema, two: Schema, path: Path, base: Path) -> None:
        if one.kind != two.kind:
            self._compare_types(one, two, path)
            return
        self.found.identical += 1
        self._compare_open(one, two, path)
        spread = spread_defaults(one, two, path, base)
        self.found.steps += [spread] if spread is not None else same_place(one, two, path, base, self.names)
        # Defaults are filled into an object that is there. The spec always is.
        self.compare(one, two, path, base if spread is not None or path == _SPEC else path)

    def _compare_open(self, one: Schema, two: Schema, path: Path) -> None:
        if one.is_open != two.is_open:
            side = "left" if one.is_open else "right"
            text = f"{format_path(path)} keeps fields that its schema does not name in {self.names[side]} only"
            self.found.steps.append(Suggestion(Trust.OPEN, {}, text, ((path,), (path,))))

    def _open_type(self, one: Schema, two: Schema, path: Path, step: dict[str, Any]) -> None:
        text = f"{format_path(path)} is {one} in {self.names['left']}, and {two} in {self.names['right']}"
        self.found.steps.append(Suggestion(Trust.OPEN, step, text, ((path,), (path,))))

    def _compare_types(self, one: Schema, two: Schema, path: Path) -> None:
        verdict = judge(Pair(path, one, path, two))
        if verdict is not None:
            self.found.steps.append(Suggestion(verdict.trust, verdict.step, verdict.why, ((path,), (path,))))
            return
        if self._compare_wrapped(one, two, path):
            return
        step: dict[str, Any] = {}
        for side, other, keeps, empty in (("left", "right", one, two), ("right", "left", two, one)):
            if keeps.kind in {"any", "map"} and empty.kind == "object" and not empty.fields:
                why = f"{self.names[other]} keeps no fields of it"
                step = {"drop": {"path": format_path(path), "side": side, "why": why}}
        self._open_type(one, two, path, step)

    def _compare_wrapped(self, one: Schema, two: Schema, path: Path) -> bool:
        """Decide whether the value of one version is a field of the object that the other version has there."""
        for whole, bare, side in ((one, two, "left"), (two, one, "right")):
            names = [name for name, below in whole.fields.items() if is_same_shape(below, bare)]
            if whole.kind != "object" or len(names) != 1 or bare.kind == "any":
                continue
            outer, inner = path, (*path, names[0])
            left, right = (inner, outer) if side == "left" else (outer, inner)
            why = f"{self.names[side]} has an object there, and one field of it has the type of the other version"
            step = {"rename": {format_path(left): format_path(right)}}
            others = {(*path, name): below for name, below in whole.fields.items() if name != names[0]}
            self.wrapped.add(path)
            if others and side == "left":  # the value takes the place of the object, so these steps come before
                self.last.append(Suggestion(Trust.OPEN, step, f"{why}; do this last", ((left,), (right,))))
            else:
                self.found.steps.append(Suggestion(Trust.LIKELY, step, why, ((left,), (right,))))
            self.only[side].update(others)
            return True
        return False

    def _compare_required(self, left: Schema, right: Schema, path: Path) -> None:
        """List a field of both versions that only one requires, and that no default fills in."""
        if path == _SPEC:  # every manifest has it
            return
        name = path[-1]
        sides = [side for side, one in (("left", left), ("right", right)) if name in one.required]
        if len(sides) != 1 or any(one.fields[str(name)].default is not UNSET for one in (left, right)):
            return
        other = "right" if sides == ["left"] else "left"
        text = (
            f"{format_path(path)} is required in {self.names[sides[0]]}, and can be missing in {self.names[other]}; "
            "if that means a value, state it by a default step, else refuse the manifest"
        )
        body = {"path": format_path(path), "side": other, "missing": True}
        step = {"refuse": {**body, "why": f"{self.names[sides[0]]} requires the field"}}
        self.found.steps.append(Suggestion(Trust.OPEN, step, text, ((path,), (path,))))

    def settle(self) -> None:
        """Pair what only one version has, the best pairs first; what is left is open."""
        lefts, rights = (candidates(self.only[side], _MOST) for side in ("left", "right"))
        judged = [
            (verdict, a, b)
            for a, one in lefts.items()
            for b, two in rights.items()
            if (a in self.only["left"] or b in self.only["right"])
            and a[: scope(a)] == b[: scope(b)]
            and (verdict := judge(Pair(a, one, b, two), is_telling=self._is_telling(a, one, b, two))) is not None
        ]
        judged.sort(key=lambda item: (-item[0].score, format_path(item[1]), format_path(item[2])))
        taken: dict[str, set[Path]] = {"left": set(), "right": set()}
        moves: list[_Move] = []
        for verdict, a, b in judged:
            if overlaps(a, taken["left"]) or overlaps(b, taken["right"]):
                continue
            rivals = [v for v, x, y in judged if (x == a) != (y == b) and v.score == verdict.score]
            trust = verdict.trust
            if rivals or any(path[:end] in self.wrapped for path in (a, b) for end in range(len(path))):
                trust = max(trust, Trust.LIKELY)
            taken["left"].add(a)
            taken["right"].add(b)
            step = Suggestion(trust, verdict.step, verdict.why, ((a,), (b,)))
            moves.append(self._move(step, Pair(a, lefts[a], b, rights[b]), keeps_value=verdict.keeps_value))
        self._order(moves)
        for side in ("left", "right"):
            for path, schema in self.only[side].items():
                self._open_rest(path, schema, side, taken[side])
        self.found.steps += self.last

    def _is_telling(self, a: Path, one: Schema, b: Path, two: Schema) -> bool:
        """Whether a description is that of one field in each version, at least among those in the same object."""
        for side, path, schema in (("left", a, one), ("right", b, two)):
            text = same_words(schema.description)
            inside = path[:-1] if a[:-1] == b[:-1] else None
            if self.told[side][inside][text] > 1:
                return False
        return True

    def _move(self, step: Suggestion, pair: Pair, *, keeps_value: bool) -> _Move:
        """Add the steps for the values of a field that moves. Each default is stated where its own version has it."""
        a, one, b, two = pair
        before: list[Suggestion] = []
        if not keeps_value:
            return _Move(a, before, [step])
        if a[:-1] != b[:-1]:
            bare = replace(one, default=UNSET)
            before, one = [*same_place(one, bare, a, base_of(a), self.names)], bare
        after = same_place(one, two, b, base_of(b), self.names)
        first, rest = (
            [replace(each, trust=max(step.trust, each.trust)) for each in steps] for steps in (before, (step, *after))
        )
        return _Move(a, first, rest)

    def _order(self, moves: list[_Move]) -> None:
        """List the steps: a default in an object comes before the steps that move its fields out, and can empty it."""
        bases = [(base_of(move.path), max(each.trust for each in move.before)) for move in moves if move.before]
        first: list[Suggestion] = []
        for move in moves:
            least = [trust for base, trust in bases if base and move.path[: len(base)] == base]
            first += move.before
            self.found.steps += [replace(each, trust=max((each.trust, *least))) for each in move.steps]
        self.found.steps = first + self.found.steps

    def _open_rest(self, path: Path, schema: Schema, side: str, taken: set[Path]) -> None:
        """List a field that only one version has, or what of it no step moves."""
        if path in taken:
            return
        other = "right" if side == "left" else "left"
        if not any(moved[: len(path)] == path for moved in taken):
            self._open(path, schema, side, other)
        elif side == "right":
            for name, below in schema.fields.items():
                self._open_rest((*path, name), below, side, taken)
        else:  # the steps above take fields out of it, so what stays is dropped with the object
            rest = list(remaining(path, schema, taken))
            if rest:
                listed = ", ".join(map(format_path, rest))
                text = f"only {self.names[side]} has {listed}; this drops what the steps above leave of the object"
                step = {
                    "drop": {"path": format_path(path), "side": side, "why": f"{self.names[other]} has no such field"}
                }
                self.found.steps.append(Suggestion(Trust.OPEN, step, text, (tuple(rest), ())))

    def _open(self, path: Path, schema: Schema, side: str, other: str) -> None:
        why = f"{self.names[other]} has no such field"
        step = {"drop": {"path": format_path(path), "side": side, "why": why}}
        required = ", which requires it" if path in self.required else ""
        text = f"{format_path(path)} ({schema}) is only in {self.names[side]}{required}"
        where = ((path,), ()) if side == "left" else ((), (path,))
        self.found.steps.append(Suggestion(Trust.OPEN, step, text, where))
