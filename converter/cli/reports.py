"""Reports of findings, for people and for CI systems: a table, JSON, SARIF, JUnit."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from converter.cli.console import Console
from converter.cli.counting import counted
from converter.cli.loss_findings import fails, line_of
from converter.cli.version import version_text
from converter.losses.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from converter.cli.loss_findings import Finding, Subject

FORMS: Final = ("table", "json", "sarif", "junit")

_COLOURS: Final = {Severity.DANGEROUS: "red", Severity.DEGRADING: "yellow", Severity.HARMLESS: "dim"}
_LEVELS: Final = {Severity.DANGEROUS: "error", Severity.DEGRADING: "warning", Severity.HARMLESS: "note"}
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_DESCRIPTIONS: Final = {
    "loss": "The release of the cluster, or the version that it serves, does not have the field.",
    "refused": "The release of the cluster is known to refuse the manifest.",
    "unreachable": "The cluster serves no version that the kind can be converted to.",
    "unreadable": "The manifest does not have the shape of a Kubernetes object.",
}


def write(form: str, subjects: Sequence[Subject], findings: Sequence[Finding], threshold: str, out: TextIO) -> None:
    """Write a report.

    Args:
        form: one of `FORMS`.
        subjects: every manifest and cluster that was checked.
        findings: every finding.
        threshold: the lowest severity that is a failure, or ``never``.
        out: where to write it.
    """
    forms: dict[str, Callable[[], str]] = {
        "table": lambda: _table(subjects, findings, out),
        "json": lambda: _json(findings),
        "sarif": lambda: _sarif(findings),
        "junit": lambda: _junit(subjects, findings, threshold),
    }
    out.write(forms[form]())


def summary(subjects: Sequence[Subject], findings: Sequence[Finding]) -> str:
    """Count objects, clusters and findings in one line."""
    clusters = {subject.cluster.name for subject in subjects}
    places = {(subject.place, subject.label) for subject in subjects}
    found = ", ".join(
        f"{sum(finding.weight is weight for finding in findings)} {weight}" for weight in reversed(Severity)
    )
    return f"{counted(len(places), 'object')}, {counted(len(clusters), 'cluster')}: {found}"


def _table(subjects: Sequence[Subject], findings: Sequence[Finding], out: TextIO) -> str:
    if findings:
        console = Console(file=out, width=None if out.isatty() else 200, highlight=False, markup=False)
        table = Table(box=box.SIMPLE_HEAD if out.isatty() else None, pad_edge=False)
        for name in ("WEIGHT", "CLUSTER", "OBJECT", "WHAT", "WHERE"):
            table.add_column(name, overflow="fold")
        for finding in sorted(findings, key=lambda finding: -finding.weight.severity):
            subject = finding.subject
            table.add_row(
                Text(finding.weight, _COLOURS[finding.weight]),
                _cluster(subject),
                subject.label,
                finding.text,
                str(subject.place),
            )
        console.print(table)
    unknown = sorted({subject.cluster.name for subject in subjects if subject.cluster.release is None})
    note = f"unknown release, fields not checked: {', '.join(unknown)}\n" if unknown else ""
    return f"{summary(subjects, findings)}\n{note}"


def _cluster(subject: Subject) -> str:
    """Name a cluster with its release, unless its name is the release."""
    name, release = subject.cluster.name, str(subject.cluster.release or "")
    return f"{name} ({release})" if release and release != name else name


def facts(finding: Finding) -> dict[str, Any]:
    """Describe a finding for JSON output."""
    subject = finding.subject
    return {
        "cluster": subject.cluster.name,
        "release": str(subject.cluster.release) if subject.cluster.release is not None else None,
        "apiVersion": subject.manifest.get("apiVersion"),
        "kind": subject.manifest.get("kind"),
        "object": subject.label.partition(" ")[2],
        "sort": finding.sort,
        "weight": finding.weight.value,
        "field": finding.path or None,
        "since": finding.since or None,
        "message": finding.text,
        "where": str(subject.place),
    }


def _json(findings: Sequence[Finding]) -> str:
    return _pretty({"findings": [facts(finding) for finding in findings]})


def _pretty(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _sarif(findings: Sequence[Finding]) -> str:
    rules = sorted({(finding.sort, finding.weight) for finding in findings})
    texts: dict[str, str | None] = {}
    results = []
    for finding in findings:
        subject = finding.subject
        location: dict[str, Any] = {
            "logicalLocations": [{"fullyQualifiedName": f"{subject.label}: {finding.path}".rstrip(": ")}]
        }
        text = _text(subject.place.file, texts)
        if text is not None:
            line = line_of(text, subject.place, finding.path)
            location["physicalLocation"] = {
                "artifactLocation": {"uri": Path(subject.place.file).as_posix()},
                "region": {"startLine": line},
            }
        results.append(
            {
                "ruleId": f"{finding.sort}/{finding.weight}",
                "level": _LEVELS[finding.weight],
                "message": {"text": f"cluster {_cluster(subject)}: {subject.label}: {finding.text}"},
                "locations": [location],
            }
        )
    driver = {
        "name": "converter",
        "version": version_text().removeprefix("converter "),
        "rules": [
            {
                "id": f"{sort}/{weight}",
                "shortDescription": {"text": f"{_DESCRIPTIONS[sort]} Weight: {weight}."},
                "defaultConfiguration": {"level": _LEVELS[weight]},
            }
            for sort, weight in rules
        ],
    }
    run = {"tool": {"driver": driver}, "results": results}
    return _pretty({"$schema": _SARIF, "version": "2.1.0", "runs": [run]})


def _text(file: str, known: dict[str, str | None]) -> str | None:
    if file not in known:
        try:
            known[file] = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):  # standard input
            known[file] = None
    return known[file]


def _junit(subjects: Sequence[Subject], findings: Sequence[Finding], threshold: str) -> str:
    """One suite per cluster, one case per manifest; findings below the threshold are in the output of the case."""
    root = ET.Element("testsuites", name="converter check")
    for cluster in dict.fromkeys(subject.cluster.name for subject in subjects):
        cases = [subject for subject in subjects if subject.cluster.name == cluster]
        suite = ET.SubElement(root, "testsuite", name=cluster, tests=str(len(cases)))
        failures = 0
        for subject in cases:
            case = ET.SubElement(suite, "testcase", classname=cluster, name=_plain(f"{subject.place}: {subject.label}"))
            mine = [finding for finding in findings if finding.subject is subject]
            bad = [finding for finding in mine if fails(finding, threshold)]
            if bad:
                failures += 1
                worst = max(bad, key=lambda finding: finding.weight.severity)
                told = ET.SubElement(case, "failure", type=worst.weight.value, message=_plain(worst.text))
                told.text = _plain("\n".join(f"{finding.weight}: {finding.text}" for finding in bad))
            rest = [finding for finding in mine if finding not in bad]
            if rest:
                out = ET.SubElement(case, "system-out")
                out.text = _plain("\n".join(f"{finding.weight}: {finding.text}" for finding in rest))
        suite.set("failures", str(failures))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _plain(text: str) -> str:
    """Remove characters that XML 1.0 does not allow."""
    return "".join(character for character in text if character in "\t\n\r" or character >= " ")
