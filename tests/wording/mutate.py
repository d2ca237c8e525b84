"""Changes every message of the converter, and lists the tests that notice.

A message is for people. Nothing may depend on its words but the tests in this folder, so with every message changed all
other tests must pass: ``make mutate-messages``. The tool works on a copy of the repository. Letters are shifted by
thirteen places, so messages that differ still differ, keep their length, and keep what is filled in.

A string literal counts as a message where it has the form of prose: two words with a blank between them, or, in an
f-string, a word and a blank beside a placeholder. Comparisons, keys, patterns and what a text is split or searched by
stay as they are, so code that reads a message fails its tests. Docstrings stay too, and so do the modules of
``NO_PROSE``. In the shipped rule files, the reasons are messages.
"""

from __future__ import annotations

import argparse
import ast
import codecs
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SUITES = tuple(f"tests/{name}" for name in ("unit", "rules", "oracle", "compat", "fuzz", "docs", "suite", "packaging"))

#: Modules whose strings with blanks are code, markup, or words that Karmada reads.
#: Or names of fields that exclude each other, in unions.py, the usages of keys that a CertificateSigningRequest
#: lists, in certificates.py, and the message of a condition of OpenKruise, in openkruise.py.
NO_PROSE = {
    "rules/codegen.py",
    "rules/graph.py",
    "rules/inline.py",
    "rules/json_schema.py",
    "rules/write_rule.py",
    "rules/functions/certificates.py",
    "rules/functions/openkruise.py",
    "coverage/page.py",
    "conversion/unions.py",
    "karmada/conditions.py",
}

_READING = {"compile", "count", "encode", "endswith", "find", "fullmatch", "get", "getattr", "index", "lstrip", "match"}
_READING |= {"partition", "removeprefix", "removesuffix", "replace", "rpartition", "rsplit", "rstrip", "search"}
_READING |= {"setdefault", "split", "startswith", "strip", "sub"}
_PLACEHOLDER = re.compile(r"%\([a-z_]+\)[a-z]|%[-0-9.]*[a-zA-Z%]|\{[^{}]*\}|&[a-z]+;|\S*[/_=<>.@\\]\S*")
_PROSE = re.compile(r"[A-Za-z]{2,}[,;:.]? +(?:[A-Za-z]|%[a-z(])|(?:[A-Za-z]|%[a-z]) +[A-Za-z]{2,}")
_PROSE_PART = re.compile(r"[A-Za-z]{2,}[,;:.]? |[ (][A-Za-z]{2,}")


class Mutation(ast.NodeTransformer):
    """Changes the messages of a module.

    Attributes:
        changed: how many literals.
    """

    def __init__(self) -> None:
        self.changed = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """What a text is searched or split by is data."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in _READING:
            return self.generic_visit(node)
        node.func = self.visit(node.func)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """What is compared is data."""
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """A key is data."""
        node.value = self.visit(node.value)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """Keys are data; values may be messages."""
        node.values = [self.visit(value) for value in node.values]
        return node

    def visit_Match(self, node: ast.Match) -> ast.AST:
        """Patterns are data; what follows from them may hold messages."""
        for case in node.cases:
            case.body = [self.visit(statement) for statement in case.body]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A string that stands alone is documentation."""
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """The parts of an f-string are one text: a part is prose beside a placeholder too."""
        for index, part in enumerate(node.values):
            if isinstance(part, ast.Constant):
                node.values[index] = self._change(part, _PROSE_PART)
            elif isinstance(part, ast.FormattedValue):
                part.value = self.visit(part.value)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A plain literal is prose where it has two words."""
        return self._change(node, _PROSE)

    def _change(self, node: ast.Constant, form: re.Pattern[str]) -> ast.Constant:
        text = node.value
        if isinstance(text, str) and form.search(text):
            node.value = changed(text)
            self.changed += node.value != text
        return node


def changed(text: str) -> str:
    """Change the words of a text, and leave placeholders and what looks like a path, a name or markup."""
    end, parts = 0, []
    for found in _PLACEHOLDER.finditer(text):
        parts += [codecs.encode(text[end : found.start()], "rot13"), found.group()]
        end = found.end()
    return "".join([*parts, codecs.encode(text[end:], "rot13")])


def mutate(package: Path) -> int:
    """Change the messages of a package in place; returns how many."""
    count = 0
    for file in sorted(package.rglob("*.py")):
        if str(file.relative_to(package)) in NO_PROSE:
            continue
        mutation = Mutation()
        tree = mutation.visit(ast.parse(file.read_text("utf-8")))
        if mutation.changed:
            file.write_text(ast.unparse(tree), "utf-8")
            count += mutation.changed
    return count


def mutate_rules(folder: Path) -> int:
    """Change the reasons in the rule files of a folder in place; returns how many."""
    count = 0
    for file in sorted(folder.rglob("*.yaml")):
        text = file.read_text("utf-8")
        for start, end in sorted(_reasons(text), reverse=True):
            text = text[:start] + changed(text[start:end]) + text[end:]
            count += 1
        file.write_text(text, "utf-8")
    return count


def _reasons(text: str) -> Iterator[tuple[int, int]]:
    """Find where the texts for people are: values of ``why``, and the reason of ``unconvertible``."""
    nodes: list[yaml.Node] = list(yaml.compose_all(text, yaml.SafeLoader))
    for node in nodes:
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value in ("why", "unconvertible") and isinstance(value, yaml.ScalarNode):
                    yield value.start_mark.index, value.end_mark.index
                else:
                    nodes.append(value)


def _copy(folder: Path) -> None:
    """Copy what git tracks or would track, as a repository of its own: some tests ask git for its files."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for command in (["git", "init", "-q"], ["git", "add", "--all"]):
        subprocess.run(command, cwd=folder, check=True)


def main(arguments: list[str] | None = None) -> int:
    """Mutate a copy, run the tests there, print those that fail; returns their number, at most 100."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="keep the copy, and print where it is")
    parser.add_argument("--workers", default="2", help="processes that run tests (default: %(default)s)")
    parser.add_argument("tests", nargs="*", default=SUITES, help="what to run (default: what `make test` runs)")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="mutated-messages-"))
    try:
        _copy(folder)
        messages, reasons = mutate(folder / "converter"), mutate_rules(folder / "conversion_rules")
        print(f"changed {messages} messages and {reasons} reasons in rule files", flush=True)
        failed = _failures(folder, options.tests, options.workers)
    finally:
        print(f"the copy: {folder}") if options.keep else shutil.rmtree(folder)
    print("".join(f"{test}\n" for test in failed) + f"{len(failed)} tests depend on the words of a message")
    return min(len(failed), 100)


def _failures(folder: Path, tests: list[str], workers: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", "-p", "no:cacheprovider"]
    variables = {**os.environ, "PYTHONPATH": str(folder), "HYPOTHESIS_PROFILE": "smoke"}
    done = subprocess.run(
        [*command, "--tb=no", *tests], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"the tests did not run:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    return re.findall(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", done.stdout, re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
