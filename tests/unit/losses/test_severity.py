"""Tables of weights and loss policies: read with every problem and its line, matched, and the last one counts."""

from __future__ import annotations

import pytest

from converter.catalog import load_catalog
from converter.config import SHIPPED_RULES, Configuration, RuleFile, read_rule_files
from converter.errors import ProblemCode, RuleBookError
from converter.kube import parse_path
from converter.losses.policy import Action, LossPolicy
from converter.losses.schema_path import generalized
from converter.losses.severity import Severity
from tests.nonempty import some

HEAD = "apiVersion: apiconverter.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\n"


def read(kind, *bodies):
    sources = [RuleFile(f"{number}.yaml", HEAD.format(kind=kind) + body) for number, body in enumerate(bodies)]
    return Configuration.read(sources, load_catalog())


def problems(kind, *bodies):
    with pytest.raises(RuleBookError) as caught:
        read(kind, *bodies)
    return caught.value.problems


def weights(*entries):
    return read("FieldWeights", *(f"spec:\n  weights:\n    - {entry}\n" for entry in entries)).severities


def weigh(table, kind, path, namespace="", cluster=""):
    return table.weigh(kind, generalized(parse_path(path)), namespace, cluster)


@pytest.mark.parametrize(
    ("pattern", "path", "speaks"),
    [
        ("spec.x", "spec.x", True),
        ("spec.x", "spec.x.below[0].it", True),
        ("spec.x", "spec.xy", False),
        ("spec.x", "spec", False),
        ("**.x", "x", True),
        ("**.x", "a.b[2].x.y", True),
        ("**.x", "a.xx", False),
        ("**.a[*].b", "spec.a[3].b", True),
        ("**.a[*].b", "spec.a[name=web].b", True),
        ("**.a[*].b", "spec.a.b", False),
        ("spec.**.x", "spec.a.b.x", True),
        ("**", "anything.at.all", True),
        ("a[*].b", 'a["a key/of.a.map"].b', True),
    ],
)
def test_patterns_speak_of_a_field_and_of_all_in_it(pattern, path, speaks):
    found = weights(f"{{weight: dangerous, fields: ['{pattern}']}}")
    assert (weigh(found, "Thing", path) is Severity.DANGEROUS) is speaks


def test_what_no_entry_speaks_of_is_degrading():
    assert weigh(weights("{weight: harmless, fields: [spec.x]}"), "Thing", "spec.y") is Severity.DEGRADING


def test_of_all_entries_that_hold_the_last_counts():
    found = weights(
        "{weight: dangerous, fields: ['**.x']}",
        "{weight: harmless, kinds: [Thing], fields: [spec.x], clusters: ['lab-*'], namespaces: [play]}",
    )
    assert weigh(found, "Thing", "spec.x", "play", "lab-1") is Severity.HARMLESS
    assert weigh(found, "Thing", "spec.x", "work", "lab-1") is Severity.DANGEROUS
    assert weigh(found, "Thing", "spec.x", "play", "prod") is Severity.DANGEROUS
    assert weigh(found, "Other", "spec.x", "play", "lab-1") is Severity.DANGEROUS


def test_keys_that_requests_invent_do_not_fill_the_memory():
    found = weights("{weight: harmless, fields: ['**.x']}")
    for number in range(10_000):
        weigh(found, "Thing", f"spec.key{number}")
    assert len(found._found) <= 4096


@pytest.mark.parametrize(
    ("entry", "line", "code"),
    [
        ("{weight: deadly, fields: [spec.x]}", 6, ProblemCode.INVALID),
        ("{weight: harmless}", 6, ProblemCode.MISSING),
        ("{weight: harmless, fields: ['spec..x']}", 6, ProblemCode.INVALID),
        ("{weight: harmless, fields: [5]}", 6, ProblemCode.WRONG_TYPE),
        ("{weight: harmless, fields: [spec.x], cluster: [a]}", 6, ProblemCode.UNKNOWN_KEY),
        ("{weight: harmless, kinds: [CronJob], fields: [spec.timeZon]}", 6, ProblemCode.UNKNOWN_FIELD),
    ],
)
def test_what_is_wrong_in_a_table_is_reported_with_its_line(entry, line, code):
    (found,) = problems("FieldWeights", f"spec:\n  weights:\n    - {entry}\n")
    assert (found.file, found.line, found.code) == ("0.yaml", line, code)


def test_the_shipped_table_rates_what_the_documentation_names():
    table = Configuration.read(read_rule_files([SHIPPED_RULES]), load_catalog()).severities
    for kind, path in (
        ("Deployment", "spec.template.spec.containers[0].securityContext.seccompProfile"),
        ("NetworkPolicy", "spec.egress[0].ports[0].endPort"),
        ("Ingress", "spec.rules[0].http.paths[0].pathType"),
        ("Pod", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespaceSelector"),
        ("Job", "spec.suspend"),
        ("CronJob", "spec.timeZone"),
        ("PriorityClass", "preemptionPolicy"),
    ):
        assert weigh(table, kind, path) is Severity.DANGEROUS, path
    assert weigh(table, "Deployment", "status.terminatingReplicas") is Severity.HARMLESS
    assert weigh(table, "Service", "spec.ports[0].appProtocol") is Severity.HARMLESS
    assert weigh(table, "Deployment", "spec.template.spec.containers[0].resizePolicy") is Severity.DEGRADING


def test_every_pattern_of_the_shipped_table_names_fields_that_there_are():
    catalog = load_catalog()
    table = Configuration.read(read_rule_files([SHIPPED_RULES]), catalog).severities
    names = {
        name
        for gvk in catalog.kinds()
        for release in catalog.releases_of(gvk)[-1:]
        for name in _names(catalog.type_of(release, gvk), set())
    } | {"selfLink", "clusterName"}
    for entry in some(table.entries):
        for pattern in some(entry.fields):
            last = pattern.replace("[*]", "").rpartition(".")[2]
            assert last in names, f"{entry.file}:{entry.line}: {pattern}"


def _names(root, seen):
    if root in seen:
        return
    seen.add(root)
    for name, field in root.fields.items():
        yield name
        if field.innermost.target is not None:
            yield from _names(field.innermost.target, seen)


def test_a_policy_decides_by_weight_cluster_label_and_namespace():
    policy = read(
        "LossPolicy",
        """spec:
  default: {degrading: ignore}
  rules:
    - {clusterLabels: {tier: gold}, actions: {dangerous: deny}}
    - {clusters: ["lab-*"], namespaces: [play], actions: {dangerous: ignore}}
  objectsMayLoosen: [degrading]
""",
    ).loss_policy
    gold = {"tier": "gold", "more": "x"}
    assert policy.action(Severity.DANGEROUS, "a", {}, "n") is Action.WARN
    assert policy.action(Severity.DEGRADING, "a", {}, "n") is Action.IGNORE
    assert policy.action(Severity.DANGEROUS, "a", gold, "n") is Action.DENY
    assert policy.action(Severity.DANGEROUS, "lab-1", gold, "play") is Action.IGNORE
    assert policy.action(Severity.DANGEROUS, "a", gold, "n", Action.IGNORE) is Action.DENY


def test_an_object_makes_its_policy_milder_and_never_stricter():
    policy = LossPolicy.of(Action.WARN)
    assert policy.action(Severity.DANGEROUS, "a", {}, "", Action.IGNORE) is Action.IGNORE
    assert policy.action(Severity.DANGEROUS, "a", {}, "", Action.DENY) is Action.WARN
    assert policy.action(Severity.HARMLESS, "a", {}, "", Action.WARN) is Action.IGNORE
    assert LossPolicy.of(Action.DENY).action(Severity.HARMLESS, "a", {}, "") is Action.DENY


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("spec: {default: {dangerous: forbid}}", ProblemCode.INVALID),
        ("spec: {default: {deadly: deny}}", ProblemCode.UNKNOWN_KEY),
        ("spec: {rules: [{clusters: [a]}]}", ProblemCode.MISSING),
        ("spec: {objectsMayLoosen: [everything]}", ProblemCode.INVALID),
        ("spec: {rules: [{clusterLabels: {a: 1}, actions: {}}]}", ProblemCode.WRONG_TYPE),
        ("metadata: {}", ProblemCode.DUPLICATE_KEY),
        ("policy: {}\nspec: {}", ProblemCode.UNKNOWN_KEY),
    ],
)
def test_what_is_wrong_in_a_policy_is_reported(body, code):
    assert code in [problem.code for problem in problems("LossPolicy", body)]


def test_there_is_one_policy():
    (problem,) = problems("LossPolicy", "spec: {}", "spec: {}")
    assert problem.code is ProblemCode.DUPLICATE


def test_other_files_are_none_of_its_business():
    (problem,) = problems("FieldWeight", "spec: {weights: []}")
    assert problem.code is ProblemCode.UNKNOWN_DOCUMENT
    assert read("FieldWeights", "spec: {weights: []}").book.rules == ()
