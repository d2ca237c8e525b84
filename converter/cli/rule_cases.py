"""Runs the examples and the cases of rules, and reports the results as text or as JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from converter.errors import ConversionError, ManifestError, NoRouteError, RefusedError
from converter.kube import canonical_json
from converter.rules.differences import differences
from converter.rules.examples import run_example

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from converter.engine import Engine
    from converter.rules import Rule
    from converter.rules.cases import Case

_SHOWN: Final = 5
"""Differences that a failure lists."""


class Result(NamedTuple):
    """The result of one example or case.

    Attributes:
        suite: the rule, or the file of the case.
        name: the case.
        file: where it is written.
        line: its line there.
        failure: what is wrong; empty if it passes.
    """

    suite: str
    name: str
    file: str
    line: int
    failure: str = ""


def run_examples(rules: Iterable[Rule]) -> Iterator[Result]:
    """Run the examples inside of rules, each direction as a result of its own; a rule with none fails."""
    for rule in rules:
        suite = rule.name
        if rule.steps and not rule.examples:
            yield Result(suite, "examples", rule.file, rule.line, f"rule {rule.name} has steps but no example")
        for number, example in enumerate(rule.examples, 1):
            for toward in example.toward:
                name = f"example {number} toward {rule.version(toward)}"
                yield Result(suite, name, rule.file, example.line, run_example(rule, example, toward))


def run_case(case: Case, engine: Engine) -> Result:
    """Convert a case's manifest, compare, and convert it back."""
    failures = "; ".join(islice(_failures(case, engine), _SHOWN))
    return Result(case.file, case.name, case.file, case.line, failures)


def _failures(case: Case, engine: Engine) -> Iterator[str]:
    try:
        made = engine.convert(case.given, case.to)
    except NoRouteError as error:
        if not case.unconvertible:
            yield str(error)
        return
    except RefusedError as error:
        if case.refused != error.path:
            yield f"refused at {error.path}: {error.why}"
        return
    except (ConversionError, ManifestError) as error:
        yield str(error)
        return
    if case.refused or case.unconvertible:
        yield "it was converted, and must not be"
        return
    yield from map(str, differences(made.manifest, case.want))
    lost = {loss.path for loss in made.losses}
    if case.losses is not None:
        yield from (f"{path} is reported as lost" for path in sorted(lost - {*case.losses}))
        yield from (f"{path} is not reported as lost" for path in sorted({*case.losses} - lost))
    back = engine.convert(made.manifest, str(case.given["apiVersion"]), made.conversion_data)
    if canonical_json(back.manifest) != canonical_json(case.given):
        yield "it does not come back: " + "; ".join(map(str, islice(differences(back.manifest, case.given), _SHOWN)))


def junit(results: Iterable[Result]) -> str:
    """Write results as JUnit XML: one suite for each rule, and for each file of cases."""
    root = ET.Element("testsuites", name="converter rules test")
    suites: dict[str, list[Result]] = {}
    for result in results:
        suites.setdefault(result.suite, []).append(result)
    for name, members in suites.items():
        failures = sum(bool(result.failure) for result in members)
        suite = ET.SubElement(root, "testsuite", name=_plain(name), tests=str(len(members)), failures=str(failures))
        for result in members:
            case = ET.SubElement(suite, "testcase", classname=_plain(name), name=_plain(result.name))
            case.set("file", _plain(result.file))
            case.set("line", str(result.line))
            if result.failure:
                ET.SubElement(case, "failure", message=_plain(result.failure))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _plain(text: str) -> str:
    """Remove characters that XML 1.0 does not allow."""
    return "".join(
        one for one in text if one in "\t\n\r" or (one >= " " and not "\ud800" <= one <= "\udfff" and one < "\ufffe")
    )
