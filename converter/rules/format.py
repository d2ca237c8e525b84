"""Formats rule files: one order of keys, one indentation, one blank after a comma. Comments stay."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from converter.errors import ConverterError
from converter.kube import canonical_json
from converter.rules.cases import KIND as CASES_KIND
from converter.rules.json_schema import STEPS
from converter.rules.rule import KIND
from converter.yaml import YamlError, load_all
from converter.yaml.parts import split_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_KINDS: Final = (KIND, CASES_KIND)
_WIDTH: Final = 1 << 20

ORDER: Final[dict[str, Sequence[str]]] = {
    "document": ("apiVersion", "kind", "metadata", "spec", "cases"),
    "spec": ("description", "overrides", "kind", "kinds", "resource", "between", "unconvertible", "steps", "examples"),
    "step": ("in", "when", "recurse"),
    "example": ("description", "toward", "left", "right"),
    "case": ("name", "given", "to", "want", "refused", "unconvertible", "losses"),
}  # fmt: skip
"""The order of keys, by what the mapping is; other keys follow as they are."""


class FormatError(ConverterError):
    """A rule file that cannot be formatted."""


def format_rules(text: str) -> str:
    """Format the rules and the cases of a file; what they say does not change, and other documents stay as they are.

    Raises:
        FormatError: the file is not YAML, or has a form that formatting would change.
    """
    return "".join(part.head + _format(part.body) for part in split_documents(text))


def _format(text: str) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        before = load_all(text)
        if not any(isinstance(value, dict) and value.get("kind") in _KINDS for value in before):
            return text
        document = yaml.load(text)
        _document(document)
        out = io.StringIO()
        yaml.dump(document, out)
        made = "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())
        if canonical_json(load_all(made)) != canonical_json(before):
            raise FormatError("the file has a form that cannot be formatted, such as an alias")
    except (YAMLError, YamlError) as error:
        raise FormatError(str(error) if isinstance(error, YamlError) else "the file is not YAML") from error
    return made


def _document(document: Any) -> None:
    _sort(document, "document")
    if not isinstance(document, CommentedMap):
        return
    spec = document.get("spec")
    if document.get("kind") == KIND and isinstance(spec, CommentedMap):
        _sort(spec, "spec")
        _steps(spec.get("steps"))
        _each(spec.get("examples"), "example")
    _each(document.get("cases"), "case")


def _steps(steps: Any) -> None:
    for step in steps if isinstance(steps, CommentedSeq) else ():
        if not isinstance(step, CommentedMap):
            continue
        _sort(step, "step")
        for word, body in step.items():
            if word == "steps":
                _steps(body)
            elif word in STEPS and word != "rename":
                _order(body, STEPS[word]["properties"])


def _each(entries: Any, form: str) -> None:
    for entry in entries if isinstance(entries, CommentedSeq) else ():
        _sort(entry, form)


def _sort(mapping: Any, form: str) -> None:
    _order(mapping, ORDER[form])


def _order(mapping: Any, first: Iterable[str]) -> None:
    """Order the keys of a mapping, unless there are comments between them: these belong to the keys around them."""
    if not isinstance(mapping, CommentedMap):
        return
    order = [key for key in first if key in mapping]
    order += [key for key in mapping if key not in order]
    if order == list(mapping) or _has_comments(mapping):
        return
    for key in order:
        mapping.move_to_end(key)


def _has_comments(value: Any) -> bool:
    if isinstance(value, CommentedMap):
        return bool(value.ca.items or value.ca.comment) or any(_has_comments(item) for item in value.values())
    if isinstance(value, CommentedSeq):
        return bool(value.ca.items or value.ca.comment) or any(_has_comments(item) for item in value)
    return False
