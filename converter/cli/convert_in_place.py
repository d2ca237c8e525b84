"""``converter convert --in-place``: converts the manifests in files, and keeps their comments, order and formatting."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.cli.counting import counted
from converter.cli.manifest_files import InputError, files_of, items_of
from converter.cli.options import UsageError
from converter.yaml import YamlError, load_all
from converter.yaml.parts import split_documents

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from converter.kube import Manifest

_BOM: Final = "\ufeff"


class _File(NamedTuple):
    """A file, as it is and as it shall be."""

    name: str
    before: str
    after: str


def convert_files(args: argparse.Namespace, convert: Callable[[Manifest, str], Manifest | None]) -> None:
    """Convert every manifest in files and directories, in the files themselves.

    All files are converted before the first one is written. A manifest that cannot be converted stays as it is.

    Args:
        args: the options of ``converter convert``.
        convert: converts one manifest, from a place that messages name; None if it cannot.

    Raises:
        UsageError: options that do not go together.
        InputError: a file cannot be read, edited or written.
    """
    if args.output != "yaml" or "-" in args.filename:
        raise UsageError("--in-place edits files: name them with -f, and leave out -o and standard input")
    names = dict.fromkeys(name for given in args.filename for name in files_of(given))
    files = [_converted(name, convert) for name in names]
    changed = [file for file in files if file.before != file.after]
    if args.dry_run or args.diff:
        for file in changed:
            sys.stdout.writelines(patch(file.name, file.before, file.after))
    if not args.dry_run:
        for file in changed:
            write_text(file.name, file.after)
    verb = "would change" if args.dry_run else "changed"
    print(f"{counted(len(files), 'file')}: {len(changed)} {verb}", file=sys.stderr)


def _converted(name: str, convert: Callable[[Manifest, str], Manifest | None]) -> _File:
    try:
        before = Path(name).read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(name, f"cannot be read: {error}; check the path, and that it is UTF-8 text") from error
    text = before.removeprefix(_BOM)
    lines_end = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    after = _json(name, text, convert) if name.endswith(".json") else _yaml(name, text, convert)
    if after == text:
        return _File(name, before, before)
    mark = _BOM if before.startswith(_BOM) else ""
    return _File(name, before, mark + after.replace("\n", lines_end))


def _yaml(name: str, text: str, convert: Callable[[Manifest, str], Manifest | None]) -> str:
    from converter.yaml.edit import EditError, edit  # noqa: PLC0415  ruamel.yaml is slow to import, and used here alone

    made: list[str] = []
    parts = list(split_documents(text))
    for number, (head, body) in enumerate(parts, 1):
        origin = name if len(parts) == 1 else f"{name}#{number}"
        for value in _read(body, origin):
            new = _document(value, origin, convert)
            try:
                body = edit(body, value, new)  # noqa: PLW2901  a part has one document
            except EditError as error:
                raise InputError(origin, f"{error}. No file was changed") from error
        made.append(head + body)
    return "".join(made)


def _json(name: str, text: str, convert: Callable[[Manifest, str], Manifest | None]) -> str:
    (value,) = _read(text, name) or [{}]
    new = _document(value, name, convert)
    if new == value:
        return text
    indent = re.search(r"\n([ \t]+)\"", text)
    separators = None if indent or '": ' in text else (",", ":")
    written = json.dumps(new, indent=indent[1] if indent else None, ensure_ascii=False, separators=separators)
    return written + ("\n" if text.endswith("\n") else "")


def _read(text: str, origin: str) -> list[Manifest]:
    try:
        values = load_all(text)
    except YamlError as error:
        raise InputError(origin, str(error)) from error
    if len(values) > 1 or not all(isinstance(value, dict) for value in values):
        raise InputError(origin, "a document must be one object")
    return values


def _document(value: Manifest, origin: str, convert: Callable[[Manifest, str], Manifest | None]) -> Manifest:
    """Convert a manifest, or each item of a List; what cannot be converted stays."""
    items = items_of(value)
    if items is None:
        return convert(value, origin) or value
    made = [convert(item, f"{origin} item {index}") or item for index, item in enumerate(items, 1)]
    if value.get("items") is None:
        return value
    versions = {str(item.get("apiVersion")) for item in made}
    whole = {**value, "items": [_as_written(item, old) for item, old in zip(made, value["items"], strict=True)]}
    if value["kind"] != "List" and len(versions) == 1:  # an IngressList has the version of its items
        whole["apiVersion"] = versions.pop()
    return whole


def _as_written(item: Manifest, old: Any) -> Any:
    """Leave out the apiVersion and kind that an item has from its typed list."""
    if old is None:
        return old
    return {key: value for key, value in item.items() if key in old or key not in {"apiVersion", "kind"}}


def patch(name: str, before: str, after: str) -> Iterable[str]:
    """Write a difference that ``git apply`` and ``patch`` understand."""
    path = os.path.relpath(name).replace(os.sep, "/")
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def write_text(name: str, text: str) -> None:
    """Replace a file at once; a link stays, and what it leads to is replaced.

    Raises:
        InputError: it cannot be written.
    """
    path = Path(name).resolve()
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
                out.write(text)
            shutil.copymode(path, temporary)
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise InputError(name, f"cannot be written: {error}") from error
