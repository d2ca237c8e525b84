"""Cases for rules in files of their own: a manifest, the version to convert it to, and what must come out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from converter.errors import ManifestError, ProblemCode, RuleProblem
from converter.files import FileError, read_regular
from converter.kube import Manifest, gvk_of, split_api_version
from converter.rules.limits import MAX_FILE
from converter.rules.rule import API_VERSION
from converter.rules.yaml_source import Cursor, Problems, read_documents
from converter.yaml import YamlError, decode, load_all

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND: Final = "ConversionCases"
"""The kind of case documents."""

_OUTCOMES: Final = ("want", "refused", "unconvertible")


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        name: what it shows.
        file: its file.
        line: its line there.
        given: the manifest.
        to: the apiVersion to convert it to.
        want: the manifest that must come out, with its apiVersion and kind; None if none does.
        losses: the paths of all values that must be reported as lost; None if that is not checked.
        refused: the path at which the conversion must be refused; empty if it must not.
        unconvertible: whether no rule may lead there.
    """

    name: str
    file: str
    line: int
    given: Manifest
    to: str
    want: Manifest | None
    losses: tuple[str, ...] | None
    refused: str
    unconvertible: bool


def parse_cases(file: str, text: str) -> tuple[list[Case], list[RuleProblem]]:
    """Parse the ``ConversionCases`` documents of a file.

    Args:
        file: its path; manifests that cases name by a path are relative to it.
        text: the YAML.

    Returns:
        The cases, and every problem of the file; a case with a problem is left out.
    """
    problems = Problems(file)
    cases = [case for document in read_documents(text, problems) for case in _document(document, problems)]
    return cases, problems.found


def _document(document: object, problems: Problems) -> Iterator[Case]:
    root = Cursor.at_root(document, problems)  # type: ignore[arg-type]  # as `read_documents` gives it
    if not root.expect(dict, f"a mapping that starts with 'apiVersion: {API_VERSION}'"):
        return
    if root.value.get("apiVersion") != API_VERSION or root.value.get("kind") != KIND:
        hint = f"start it with 'apiVersion: {API_VERSION}' and 'kind: {KIND}'"
        root.problem(f"the document is not a {KIND}", hint, ProblemCode.UNKNOWN_DOCUMENT)
        return
    root.only(("apiVersion", "kind", "metadata", "cases"), KIND)
    if not root.has("cases"):
        root.problem("cases is missing", "cases: [{name: ..., given: {...}, to: acme.io/v1, want: {...}}]",
                     ProblemCode.MISSING)  # fmt: skip
        return
    for entry in root.child("cases").entries():
        before = problems.count
        case = _case(entry)
        if case is not None and problems.count == before:
            yield case


def _case(entry: Cursor) -> Case | None:
    if not entry.expect(dict, "a case"):
        return None
    entry.only(("name", "given", "to", "losses", *_OUTCOMES), "a case")
    outcomes = [key for key in _OUTCOMES if entry.has(key)]
    if len(outcomes) != 1:
        text = f"a case must have one of {', '.join(_OUTCOMES)}"
        entry.problem(text, "want: the manifest that must come out", ProblemCode.CONFLICT)
    given, to = _manifest(entry, "given"), entry.text("to")
    want = _manifest(entry, "want") if entry.has("want") else None
    _check_version(entry, to)
    if given is not None:
        try:
            kind = gvk_of(given).kind
        except ManifestError as error:
            entry.child("given").problem(str(error))
            return None
        want = None if want is None else {"apiVersion": to, "kind": kind, **want}
    losses = None
    if entry.has("losses"):
        losses = tuple(item.value for item in entry.child("losses").entries() if item.expect(str, "a path"))
    unconvertible = entry.has("unconvertible")
    if unconvertible and entry.value["unconvertible"] is not True:
        entry.child("unconvertible").problem("unconvertible: must be true", code=ProblemCode.WRONG_TYPE)
    return Case(
        name=entry.text("name"),
        file=entry.problems.file,
        line=entry.line,
        given=given or {},
        to=to,
        want=want,
        losses=losses,
        refused=entry.text("refused", ""),
        unconvertible=unconvertible,
    )


def _check_version(entry: Cursor, to: str) -> None:
    try:
        split_api_version(to or "v1")
    except ManifestError as error:
        entry.child("to").problem(error.problem)


def _manifest(entry: Cursor, key: str) -> Manifest | None:
    """Read a manifest: an object, or the path of a file that has one."""
    place = entry.child(key)
    if not entry.has(key):
        entry.problem(f"{key} is missing", "a manifest, or the path of a file that has one", ProblemCode.MISSING)
    elif isinstance(place.value, str):
        return _read(place, Path(entry.problems.file).parent / place.value)
    elif place.expect(dict, "a manifest, or the path of a file"):
        found: Manifest = place.value
        return found
    return None


def _read(place: Cursor, path: Path) -> Manifest | None:
    try:
        documents = load_all(decode(read_regular(path, MAX_FILE)))
    except (OSError, ValueError, FileError, YamlError) as error:
        place.problem(f"{path} cannot be read: {error}", code=ProblemCode.UNREADABLE)
        return None
    if len(documents) != 1 or not isinstance(documents[0], dict):
        place.problem(f"{path} must have one manifest", code=ProblemCode.INVALID)
        return None
    return documents[0]
