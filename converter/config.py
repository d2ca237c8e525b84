"""The configuration: reads every rule file once and hands each document to the reader of its kind."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from converter.errors import ProblemCode, RuleBookError, RuleProblem
from converter.files import FileError, TooLargeError, read_regular
from converter.losses import policy as loss_policies
from converter.losses import severity
from converter.losses.severity import SeverityRule, SeverityTable
from converter.package_data import data_folder
from converter.rules import API_VERSION, RuleBook, rule
from converter.rules.check import check_rules
from converter.rules.limits import MAX_FILE, MAX_FILES, MAX_PROBLEMS, MAX_TOTAL
from converter.rules.overrides import apply_overrides
from converter.rules.parse import parse_rule
from converter.rules.yaml_source import Cursor, Problems, read_documents
from converter.yaml import decode

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from converter.catalog import Catalog
    from converter.losses.policy import LossPolicy
    from converter.rules import Rule

SHIPPED_RULES = data_folder("conversion_rules")
"""The rule book that ships with this package."""

RULE_SUFFIXES = (".yaml", ".yml", ".json")
"""The suffixes of the files that are read in a directory."""

KINDS = (rule.KIND, severity.KIND, loss_policies.KIND)
"""The kinds of documents that a rule file can hold."""


class RuleFile(NamedTuple):
    """The text of one rule file.

    Attributes:
        path: the file's path, as messages show it.
        text: the YAML.
    """

    path: str
    text: str


def read_rule_files(paths: Iterable[str | os.PathLike[str]], *, may_be_empty: bool = True) -> list[RuleFile]:
    """Read the rule files at some paths: files as they are, directories with everything below them, sorted by name.

    Hidden files and folders are skipped, so that the ``..data`` folder of a mounted ConfigMap is not read twice.

    Args:
        paths: the paths.
        may_be_empty: whether a directory may have no rule file, as that of a server without rules of its own.

    Raises:
        RuleBookError: a path does not exist, a file cannot be read, or a directory is empty that may not be.
    """
    found: list[RuleFile] = []
    problems: list[RuleProblem] = []
    total = 0
    for given in paths:
        root = Path(given)
        if root.is_dir():
            files = sorted(file for file in root.rglob("*") if file.suffix in RULE_SUFFIXES and not _hidden(file, root))
            if not files and not may_be_empty:
                hint = f"the names of rule files end in {' or '.join(RULE_SUFFIXES)}"
                problems.append(RuleProblem(str(root), 0, "has no rule file", hint, ProblemCode.MISSING))
        else:
            files = [root]
        for file in files:
            if len(found) + len(problems) == MAX_FILES or total > MAX_TOTAL:
                text = f"there are more than {MAX_FILES} rule files, or {MAX_TOTAL} bytes in them, up to here"
                problem = RuleProblem(str(file), 0, text, "name another directory", ProblemCode.TOO_LARGE)
                raise RuleBookError([*problems, problem])
            try:
                content = read_regular(file, MAX_FILE)
                total += len(content)
                found.append(RuleFile(str(file), decode(content)))
            except FileNotFoundError:
                hint = "name a rule file or a directory of them"
                problems.append(RuleProblem(str(file), 0, "does not exist", hint, ProblemCode.UNREADABLE))
            except TooLargeError as error:
                problems.append(RuleProblem(str(file), 0, error.problem, code=ProblemCode.TOO_LARGE))
            except (OSError, UnicodeDecodeError, FileError) as error:
                problems.append(RuleProblem(str(file), 0, f"cannot be read: {error}", code=ProblemCode.UNREADABLE))
    if problems:
        raise RuleBookError(problems)
    return found


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts) or file.is_dir()


@dataclass(frozen=True)
class Configuration:
    """Everything that rule files say; never changes.

    Attributes:
        book: the conversion rules, checked and compiled.
        severities: how much the loss of each field matters.
        loss_policy: what to do about losses; None if no file has a policy.
        digest: of the texts of all files; equal texts in the same order have equal digests.
    """

    book: RuleBook
    severities: SeverityTable = field(default_factory=SeverityTable, repr=False)
    loss_policy: LossPolicy | None = None
    digest: str = ""

    @classmethod
    def read(cls, files: Iterable[RuleFile], catalog: Catalog | None = None) -> Configuration:
        """Parse, check and compile the documents of rule files.

        Args:
            files: the files, in order: later severities override earlier ones.
            catalog: the schemas of Kubernetes' own kinds; None leaves field names unchecked.

        Raises:
            RuleBookError: with every problem of every file, sorted by file and line.
        """
        return cls.compile(read_parts(files, catalog))

    @classmethod
    def compile(cls, parts: Parts) -> Configuration:
        """Compile what was read and checked."""
        return cls(RuleBook.compile(parts.rules), SeverityTable(parts.severities), parts.policy, parts.digest)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that documents say, checked and not yet compiled.

    Attributes:
        rules: the rules in use, in the order of their files; rules that others override are left out.
        severities: the severities, in the order of the files.
        policy: the loss policy; None if there is none.
        digest: of the texts of all files.
    """

    rules: tuple[Rule, ...] = ()
    severities: tuple[SeverityRule, ...] = ()
    policy: LossPolicy | None = None
    digest: str = ""


def read_parts(files: Iterable[RuleFile], catalog: Catalog | None = None) -> Parts:
    """Parse and check the documents of rule files, as `Configuration.read` does.

    Raises:
        RuleBookError: with every problem of every file, sorted by file and line.
    """
    files = tuple(files)
    parsed = _parse(files, catalog)
    rules, mistakes = apply_overrides(parsed.rules)
    policies = parsed.policies
    mistakes += more_policies(policies)
    _raise_any([*parsed.problems, *mistakes, *check_rules(rules, catalog)])
    return Parts(tuple(rules), tuple(parsed.severities), policies[-1] if policies else None, _digest(files))


def more_policies(policies: Iterable[LossPolicy]) -> list[RuleProblem]:
    """Find the loss policies that follow another one, and do not say that they override it."""
    problems = []
    before: LossPolicy | None = None
    for policy in policies:
        problem = loss_policies.replaces(policy, before)
        if problem is not None:
            problems.append(problem)
        before = policy
    return problems


def parse_rules(files: Iterable[RuleFile]) -> list[Rule]:
    """Parse the conversion rules of rule files without checking them against each other or the catalog.

    Raises:
        RuleBookError: with every document that could not be parsed, of any kind.
    """
    parsed = _parse(files, None)
    _raise_any(parsed.problems)
    return parsed.rules


def _digest(files: Iterable[RuleFile]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.text.encode()).digest())
    return digest.hexdigest()[:16]


class Parsed(NamedTuple):
    """The documents of some rule files, by kind, and what is wrong with those that could not be parsed."""

    rules: list[Rule]
    severities: list[SeverityRule]
    policies: list[LossPolicy]
    problems: list[RuleProblem]


def _parse(files: Iterable[RuleFile], catalog: Catalog | None) -> Parsed:
    parsed = Parsed([], [], [], [])
    for file in files:
        problems = Problems(file.path)
        for document in read_documents(file.text, problems):
            parse_document(Cursor.at_root(document, problems), catalog, parsed)
        parsed.problems.extend(problems.found)
    return parsed


def parse_document(root: Cursor, catalog: Catalog | None, parsed: Parsed) -> None:
    """Hand one document to the reader of its kind, which adds to what was parsed."""
    if not root.expect(dict, f"a mapping that starts with 'apiVersion: {API_VERSION}' and a kind"):
        return
    kind = root.value.get("kind")
    if root.value.get("apiVersion") != API_VERSION or kind not in KINDS:
        expected = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
        root.problem(
            f"the document is not a {expected}",
            f"start it with 'apiVersion: {API_VERSION}' and 'kind: {rule.KIND}'",
            ProblemCode.UNKNOWN_DOCUMENT,
        )
    elif kind == rule.KIND:
        found = parse_rule(root)
        if found is not None:
            parsed.rules.append(found)
    elif kind == severity.KIND:
        parsed.severities.extend(severity.parse_field_weights(root, catalog))
    else:
        parsed.policies.append(loss_policies.parse_loss_policy(root))


def _raise_any(problems: list[RuleProblem]) -> None:
    """Raise the problems, if there are any, up to a bound for each file."""
    if not problems:
        return
    ordered = sorted(problems, key=lambda problem: (problem.file, problem.line))
    by_file = itertools.groupby(ordered, key=lambda problem: problem.file)
    raise RuleBookError([one for _, found in by_file for one in itertools.islice(found, MAX_PROBLEMS + 1)])
