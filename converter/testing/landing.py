"""Whether manifests land: what each cluster of a fleet gets of each manifest, and what it loses."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from converter.cli.loss_findings import Finding, Subject, findings_of, subjects
from converter.engine import Engine
from converter.errors import ConverterError
from converter.kube import copy_json
from converter.losses.severity import Severity
from converter.testing.errors import ArgumentError
from converter.testing.manifests import documents_of
from converter.works.preview import preview_version

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

    from converter.clusters import Cluster
    from converter.kube import Manifest
    from converter.testing.manifests import Manifests

NONE: Final = "none"
"""No loss at all is allowed."""

_SHOWN = 50
"""Findings in a message; a chart with a mistake in a helper has the same one in every manifest."""


@dataclass(frozen=True, slots=True)
class Landing:
    """One manifest in one cluster.

    Attributes:
        cluster: the name of the cluster.
        source: the manifest of the test.
        manifest: what the cluster gets, in a version that it serves; None if it cannot have the manifest.
        findings: what is lost or refused, or why the cluster cannot have it.
    """

    cluster: str
    source: Manifest
    manifest: Manifest | None
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether the cluster certainly does not take it."""
        return any(is_refusal(finding) for finding in self.findings)


class DoesNotLandError(ConverterError, AssertionError):
    """Manifests that do not land; the message lists each finding with its place.

    Attributes:
        findings: all that are over the limit, in the order of the manifests.
        count: how many manifests there are, each counted once for each cluster.
    """

    def __init__(self, findings: Sequence[Finding], count: int, limit: str) -> None:
        self.findings = tuple(findings)
        self.count = count
        lines = [f"{len(findings)} finding(s) above max_severity={limit!r} in {count} manifest(s) for clusters:"]
        lines += [f"  {_line(finding)}" for finding in findings[:_SHOWN]]
        if len(findings) > _SHOWN:
            lines.append(f"  and {len(findings) - _SHOWN} more")
        super().__init__("\n".join(lines))


def _limit(max_severity: Severity | str) -> int:
    if max_severity == NONE:
        return -1
    try:
        return Severity(max_severity).severity
    except ValueError:
        known = ", ".join([NONE, *(severity.value for severity in Severity)])
        raise ArgumentError("max_severity", f"{max_severity!r} is not one of {known}") from None


def _line(finding: Finding) -> str:
    subject = finding.subject
    sort = finding.weight.value if finding.sort == "loss" else finding.sort
    return f"{subject.cluster.name}: {subject.label} ({subject.place}): {sort}: {finding.text}"


def is_refusal(finding: Finding) -> bool:
    """Whether a finding means that the cluster does not take the manifest at all."""
    return finding.sort != "loss" and finding.weight is Severity.DANGEROUS


def land(
    manifests: Manifests, fleet: Mapping[str, Cluster], *, rules: Iterable[str | os.PathLike[str]] = ()
) -> list[Landing]:
    """Find what each cluster gets of each manifest.

    Args:
        manifests: what `read_manifests` takes.
        fleet: the clusters; `make_fleet` and its kin make one.
        rules: files and directories of your own rules and weights, in addition to the shipped ones.

    Raises:
        InputError: the manifests cannot be read.
        RuleBookError: with every problem of every rule file.
    """
    engine = engine_of(rules)
    return [_landing(subject, engine) for subject in subjects(documents_of(manifests), fleet.values())]


def _landing(subject: Subject, engine: Engine) -> Landing:
    findings = tuple(findings_of(subject, engine))
    refused = any(is_refusal(finding) or finding.sort != "loss" for finding in findings)
    got = None if refused else _got(subject, engine)
    return Landing(subject.cluster.name, subject.manifest, got, findings)


def _got(subject: Subject, engine: Engine) -> Manifest:
    """Convert the manifest; a field that the release drops is still there, since the API server drops it."""
    version = preview_version(subject.manifest, subject.cluster, engine).api_version
    if version is None or version == subject.manifest["apiVersion"]:
        same: Manifest = copy_json(subject.manifest)
        return same
    return engine.convert(subject.manifest, version).manifest


def assert_lands(
    manifests: Manifests,
    fleet: Mapping[str, Cluster],
    *,
    max_severity: Severity | str = Severity.DEGRADING,
    rules: Iterable[str | os.PathLike[str]] = (),
) -> None:
    """Fail if a cluster refuses a manifest, cannot have it, or loses more of it than is allowed.

    Args:
        manifests: what `read_manifests` takes.
        fleet: the clusters; `make_fleet` and its kin make one.
        max_severity: the highest severity that a loss may have: ``none`` (nothing is lost), ``harmless``,
            ``degrading`` (as in ``converter check``) or ``dangerous``. A refusal fails with each of them.
        rules: files and directories of your own rules and weights, in addition to the shipped ones.

    Raises:
        DoesNotLandError: with every finding that is not allowed; an AssertionError.
        ArgumentError: max_severity is another text, no manifest is given, or no cluster.
        InputError: the manifests cannot be read.
        RuleBookError: with every problem of every rule file.
    """
    limit = _limit(max_severity)
    landings = land(manifests, fleet, rules=rules)
    if not landings:
        raise ArgumentError(*(("manifests", "no manifest is in them") if fleet else ("fleet", "it has no cluster")))
    found = [
        finding
        for landing in landings
        for finding in landing.findings
        if is_refusal(finding) or finding.weight.severity > limit
    ]
    if found:
        raise DoesNotLandError(found, len(landings), str(max_severity))


def engine_of(rules: Iterable[str | os.PathLike[str]]) -> Engine:
    """Read the rules, the shipped ones alone once for all tests of a process.

    Raises:
        RuleBookError: with every problem of every rule file.
    """
    own = list(rules)
    return Engine.from_rules(own) if own else _shipped()


@functools.cache
def _shipped() -> Engine:
    return Engine.from_rules()
