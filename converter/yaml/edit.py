"""Edits a YAML document in place: what does not change keeps its bytes, and every comment stays.

ruamel.yaml writes the document twice, as it was and as it shall be. Only the lines in which these two differ are
changed in the text. The result is read again and compared, so that an edit is right or does not happen.
"""

from __future__ import annotations

import io
import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, ScalarString

from converter.errors import ConverterError
from converter.kube import canonical_json
from converter.yaml.dump import dump
from converter.yaml.errors import YamlError
from converter.yaml.stream import load_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.kube import Json

_WIDTH: Final = 1 << 20
_COMMENT: Final = re.compile(r"^\s*#")
_DASHES: Final = re.compile(r"( *)(?:- +)*")
_NESTED: Final = re.compile(r"^( *)(?:- )*[^\s#-][^#]*:\s*(?:#.*)?\n(?:\s*(?:#.*)?\n)*( *)(- )?", re.MULTILINE)


class _Null:
    """A null that is written as a word: ruamel.yaml leaves out nulls, which is wrong at some places."""


class _Representer(RoundTripRepresenter):
    """Knows `_Null`."""

    def represent_word(self, _null: _Null) -> Any:
        """Represent a null that an edit makes."""
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(_Null, _Representer.represent_word)


class EditError(ConverterError):
    """A document that cannot be edited without changing what must stay."""


def edit(text: str, old: Json, new: Json) -> str:
    """Change a YAML document.

    Args:
        text: one document, as it is.
        old: its value.
        new: the value that it shall have.

    Returns:
        The text of the new value.

    Raises:
        EditError: the document has aliases or a form that cannot be edited; convert it without --in-place.
    """
    if canonical_json(old) == canonical_json(new):
        return text
    try:
        yaml = _writer(text)
        before = _written(yaml, yaml.load(text))
        tree = yaml.load(text)
        _update(tree, old, new, _Spares())
        after = _written(yaml, tree)
    except (YAMLError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise EditError("the document has a form that cannot be edited in place") from error
    for candidate in (_patched(text, before, after), _with_comments(text, after)):
        if _reads_as(candidate, new):
            return candidate
    raise EditError("the document cannot be edited in place; aliases, or keys that are not text, are the usual reasons")


def _reads_as(text: str, value: Json) -> bool:
    try:
        return canonical_json(load_all(text)) == canonical_json([value])
    except YamlError:
        return False


def _writer(text: str) -> YAML:
    """Make a writer with the indentation of a text."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    mapping, offset = 2, None
    for match in _NESTED.finditer(text):
        deeper = len(match[2]) - len(match[1])
        if match[3]:
            offset = deeper if offset is None and deeper >= 0 else offset
        elif deeper > 0:
            mapping = deeper
            break
    offset = 0 if offset is None else offset
    yaml.indent(mapping=mapping, sequence=offset + 2, offset=offset)
    return yaml


def _written(yaml: YAML, tree: Any) -> str:
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


class _Spares:
    """Subtrees that left their place, and may be wanted at another one with their comments."""

    def __init__(self) -> None:
        self._trees: dict[bytes, list[Any]] = {}

    def add(self, value: Json, tree: Any) -> None:
        """Offer a subtree with a value."""
        self._trees.setdefault(canonical_json(value), []).append(tree)

    def take(self, value: Json) -> Any:
        """Take a subtree that has a value; None if there is none."""
        found = self._trees.get(canonical_json(value))
        return found.pop() if found else None


def _update(tree: Any, old: Json, new: Json, spares: _Spares) -> None:
    """Change a tree that has one value so that it has another; both are objects, or both are lists."""
    if isinstance(new, dict):
        _update_map(tree, old, new, spares)
    else:
        _update_list(tree, old, new, spares)


def _update_map(tree: CommentedMap, old: dict[str, Any], new: dict[str, Any], spares: _Spares) -> None:
    gone, came = [key for key in old if key not in new], [key for key in new if key not in old]
    renamed = _renamed(old, new, gone, came)
    for key in gone:
        if key not in renamed.values():
            spares.add(old[key], tree[key])
    for target, source in renamed.items():
        _detach(tree, source, old[source], new[target])
        _rename(tree, source, target, _changed(tree[source], old[source], new[target], spares))
    for key in gone:
        if key not in renamed.values():
            del tree[key]
    order = list(new)
    for key, value in new.items():
        if key in old and canonical_json(old[key]) != canonical_json(value):
            _detach(tree, key, old[key], value)
            tree[key] = _changed(tree[key], old[key], value, spares)
        elif key not in old and key not in renamed:
            before = [each for each in order[: order.index(key)] if each in tree]
            tree.insert(list(tree).index(before[-1]) + 1 if before else 0, key, _made(value, spares))


def _detach(tree: CommentedMap | CommentedSeq, key: Any, old: Json, new: Json) -> None:
    """Remove the comment of a value that gets another shape: ruamel.yaml would write it into the new one."""
    if _shape(old) != _shape(new):
        tree.ca.items.pop(key, None)


def _shape(value: Json) -> str:
    """Tell apart what ruamel.yaml writes with comments at different places."""
    if isinstance(value, (dict, list)):
        return type(value).__name__ if value else "empty"
    return "scalar"


def _rename(tree: CommentedMap, source: str, target: str, value: Any) -> None:
    """Give a key another name and value, at its place and with its comments."""
    place = list(tree).index(source)
    comment = tree.ca.items.pop(source, None)
    del tree[source]
    tree.insert(place, target, value)
    if comment is not None:
        tree.ca.items[target] = comment


def _renamed(old: dict[str, Any], new: dict[str, Any], gone: list[str], came: list[str]) -> dict[str, str]:
    """Pair the keys that came with keys that are gone: those with the same value, or one with one."""
    pairs: dict[str, str] = {}
    for target in came:
        same = [
            key for key in gone if key not in pairs.values() and canonical_json(old[key]) == canonical_json(new[target])
        ]
        if same:
            pairs[target] = same[0]
    if not pairs and len(gone) == len(came) == 1 and type(old[gone[0]]) is type(new[came[0]]):
        pairs[came[0]] = gone[0]
    return pairs


def _update_list(tree: CommentedSeq, old: list[Any], new: list[Any], spares: _Spares) -> None:
    for index, (one, two) in enumerate(zip(old, new, strict=False)):
        if canonical_json(one) != canonical_json(two):
            _detach(tree, index, one, two)
            tree[index] = _changed(tree[index], one, two, spares)
    for index in range(len(old) - 1, len(new) - 1, -1):
        del tree[index]
    for value in new[len(old) :]:
        tree.append(_made(value, spares))


def _changed(tree: Any, old: Json, new: Json, spares: _Spares) -> Any:
    """Change a subtree, or replace it by another one."""
    if _shape(old) == _shape(new) in {"dict", "list"} and isinstance(tree, (CommentedMap, CommentedSeq)):
        _update(tree, old, new, spares)
        return tree
    if canonical_json(old) == canonical_json(new):
        return tree
    if isinstance(tree, ScalarString) and isinstance(new, str) and "\n" not in new:
        return type(tree)(new)
    return _made(new, spares)


def _made(value: Json, spares: _Spares) -> Any:
    """Make a subtree; one that left another place is used again, with its comments."""
    found = spares.take(value) if isinstance(value, (dict, list)) and value else None
    if found is not None:
        return found
    if isinstance(value, dict):
        made = CommentedMap()
        for key, item in value.items():
            made[key] = _made(item, spares)
        return made
    if isinstance(value, list):
        return CommentedSeq([_made(item, spares) for item in value])
    if isinstance(value, str) and dump(value)[:1] in {"'", '"'}:
        return DoubleQuotedScalarString(value)
    return _Null() if value is None else value


def _patched(text: str, before: str, after: str) -> str:
    """Apply the difference of two texts to a text that reads like the first one."""
    lines, old, new = (each.splitlines(keepends=True) for each in (text, before, after))
    place = _alignment(lines, old)
    made: list[str] = []
    at = 0
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        low, high = max(place[first], at), max(place[last], at)
        made += lines[at:low]
        shift = _Shift(old, lines, place)
        fitted = [shift.fit(line, first, last) for line in new[start:end]]
        made += _keep_comments(lines[low:high], fitted)
        at = high
    return "".join([*made, *lines[at:]])


class _Shift:
    """Moves lines that ruamel wrote to the columns of the text around them."""

    def __init__(self, old: Sequence[str], lines: Sequence[str], place: Sequence[int]) -> None:
        self.old = old
        self.lines = lines
        self.place = place

    def fit(self, line: str, first: int, last: int) -> str:
        """Move one line.

        Args:
            line: the line.
            first: the first line of ruamel's text that it replaces.
            last: the line after those.
        """
        content = line.lstrip(" ")
        column = len(line) - len(content)
        for index in (*range(last - 1, first - 1, -1), *range(first - 1, -1, -1)):
            place = self.place[index]
            if not self.old[index].strip() or _COMMENT.match(self.old[index]):
                continue
            if "".join(self.old[index].split()) != "".join(
                self.lines[place].split() if place < len(self.lines) else ""
            ):
                continue
            starts, inner = _columns(self.old[index])
            own_starts, own_inner = _columns(self.lines[place])
            if column >= inner:
                return " " * (own_inner + column - inner) + content
            if column >= starts:
                return " " * (own_starts + column - starts) + content
        return line


def _columns(line: str) -> tuple[int, int]:
    """Return where a line begins, and where what is behind its dashes does."""
    match = _DASHES.match(line)
    assert match is not None  # it matches everything
    return len(match[1]), match.end()


def _alignment(lines: Sequence[str], old: Sequence[str]) -> list[int]:
    """Find for each line of what ruamel wrote, and for the end, its line in the text."""
    first, second = (["".join(line.split()) for line in each] for each in (old, lines))
    place = [-1] * (len(old) + 1)
    for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            place[block.a + offset] = block.b + offset
    place[len(old)] = len(lines)
    for index in range(len(old) - 1, -1, -1):
        if place[index] < 0:
            place[index] = place[index + 1]
    return place


def _keep_comments(gone: Sequence[str], came: Sequence[str]) -> list[str]:
    """Put the comments of removed lines around the lines that come, unless these have them.

    Comments at the end belong to what follows, and stay there.
    """
    end = len(gone)
    while end > 0 and (not gone[end - 1].strip() or _COMMENT.match(gone[end - 1])):
        end -= 1
    there = "".join(came)
    tail = [line for line in gone[end:] if not line.strip() or line.strip() not in there]
    margin = came[0][: len(came[0]) - len(came[0].lstrip())] if came else None
    lost = []
    for line in gone[:end]:
        comment = _comment_of(line)
        if comment and comment not in there:
            own = line[: len(line) - len(line.lstrip())]
            lost.append(f"{own if margin is None else margin}{comment}\n")
    return [*lost, *came, *(tail if any(line.strip() for line in tail) else ())]


def _comment_of(line: str) -> str:
    """Return the comment of a line; empty if it has none."""
    if _COMMENT.match(line):
        return line.strip()
    match = re.search(r"""\s(#(?![^"]*"$)[^'"]*)$""", line.rstrip("\n"))
    return match[1].strip() if match else ""


def _with_comments(text: str, after: str) -> str:
    """Put every comment line that a text lost before it."""
    comments = [_comment_of(line) for line in text.splitlines()]
    return "".join([*(f"{comment}\n" for comment in comments if comment and comment not in after), after])
