"""Edits a YAML document in place: what does not change keeps its bytes, and every comment stays.

ruamel.yaml writes the document twice, as it was and as it shall be. Only the lines in which these two differ are
changed in the text. The result is read again and compared, so that an edit is right or does not happen.
"""

from __future__ import annotations

import io
import re
from typing import Any, Final, TypeAlias

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, ScalarString

from converter.errors import ConverterError
from converter.yaml.dump import dump
from converter.yaml.errors import YamlError
from converter.yaml.line_patch import patch_lines, with_comments
from converter.yaml.stream import load_all

Json: TypeAlias = Any
"""Any JSON value."""

_WIDTH: Final = 1 << 20
_encoder: Final = msgspec.json.Encoder(order="sorted")
_NESTED: Final = re.compile(r"^( *)(?:- )*[^\s#-][^#\n]*:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*( *)(- )?", re.MULTILINE)


def _encoded(value: Json) -> bytes:
    """Encode a value so that equal values give equal bytes; in Python, 1 equals true."""
    return _encoder.encode(value)


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
    if _encoded(old) == _encoded(new):
        return text
    quick = _with_version(text, old, new)
    if quick is not None and _reads_as(quick, new):
        return quick
    try:
        yaml = _writer(text)
        before = _written(yaml, yaml.load(text))
        tree = yaml.load(text)
        _update(tree, old, new, _Spares())
        after = _written(yaml, tree)
    except (YAMLError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise EditError("the document has a form that cannot be edited in place") from error
    for candidate in (patch_lines(text, before, after), with_comments(text, after)):
        if _reads_as(candidate, new):
            return candidate
    raise EditError("the document cannot be edited in place; aliases, or keys that are not text, are the usual reasons")


def _with_version(text: str, old: Json, new: Json) -> str | None:
    """Change the apiVersion alone; None if more changes. It is the usual case, and ruamel.yaml is slow."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return None
    before, after = old.get("apiVersion"), new.get("apiVersion")
    if (
        not isinstance(before, str)
        or not isinstance(after, str)
        or _encoded({**old, "apiVersion": after}) != _encoded(new)
    ):
        return None
    place = re.compile(rf"^(apiVersion:[ \t]+[\"']?){re.escape(before)}(?=[\"' \t\n]|$)", re.MULTILINE)
    return place.sub(lambda match: match[1] + after, text, count=1)


def _reads_as(text: str, value: Json) -> bool:
    try:
        return _encoded(load_all(text)) == _encoded([value])
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
        self._trees.setdefault(_encoded(value), []).append(tree)

    def take(self, value: Json) -> Any:
        """Take a subtree that has a value; None if there is none."""
        found = self._trees.get(_encoded(value))
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
        if key in old and _encoded(old[key]) != _encoded(value):
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
        same = [key for key in gone if key not in pairs.values() and _encoded(old[key]) == _encoded(new[target])]
        if same:
            pairs[target] = same[0]
    if not pairs and len(gone) == len(came) == 1 and type(old[gone[0]]) is type(new[came[0]]):
        pairs[came[0]] = gone[0]
    return pairs


def _update_list(tree: CommentedSeq, old: list[Any], new: list[Any], spares: _Spares) -> None:
    for index, (one, two) in enumerate(zip(old, new, strict=False)):
        if _encoded(one) != _encoded(two):
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
    if _encoded(old) == _encoded(new):
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
