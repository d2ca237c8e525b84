"""The graph of rules as text, Mermaid and SVG: every version is a node and every rule an edge."""

import re
import xml.etree.ElementTree as ET

import pytest

from converter.config import SHIPPED_RULES, RuleFile, parse_rules, read_rule_files
from converter.rules.graph import as_mermaid, as_svg, as_text, families
from tests.nonempty import some
from tests.rulekit import rule_text

TEXTS = [
    rule_text("steps: [{drop: {path: spec.a, side: left, why: gone}}]", name="one"),
    rule_text("steps: []", name="two", left="a.example/v2", right="b.example/v1"),
    rule_text("unconvertible: they <differ>", name="three", right="b.example/v1"),
    rule_text("steps: []", name="other", left="c.example/v1").replace("kind: Thing", "kinds: [Zeta, Alpha]"),
]


def found():
    return families(parse_rules([RuleFile("r.yaml", "\n---\n".join(TEXTS))]))


SHIPPED = families(parse_rules(read_rule_files([SHIPPED_RULES])))


def test_kinds_with_the_same_rules_are_drawn_once():
    assert [(family.kinds, family.versions, [rule.name for rule in family.rules]) for family in found()] == [
        (("Alpha", "Zeta"), ("a.example/v2", "c.example/v1"), ["other"]),
        (("Thing",), ("a.example/v2", "a.example/v1", "b.example/v1"), ["one", "three", "two"]),
    ]


def test_text_has_a_line_for_each_rule():
    lines = as_text(found()).splitlines()
    assert [line.split()[:3] for line in lines if line.startswith("  ")] == [
        ["c.example/v1", "<-->", "a.example/v2"],
        ["a.example/v1", "<-->", "a.example/v2"],
        ["a.example/v1", "<-/->", "b.example/v1"],
        ["a.example/v2", "<-->", "b.example/v1"],
    ]


def test_mermaid_names_each_version_once_for_each_family():
    text = as_mermaid(found())
    assert text.startswith("flowchart LR\n")
    nodes = re.findall(r'^    (\w+)\["(.+)"\]$', text, re.MULTILINE)
    edges = re.findall(r'^    (\w+) (\S+)\|"(.+)"\| (\w+)$', text, re.MULTILINE)
    assert len(nodes) == len({name for name, _ in nodes}) == 5
    assert {name for first, _, _, second in edges for name in (first, second)} == {name for name, _ in nodes}
    assert [(name, arrow) for _, arrow, name, _ in edges] == [
        ("other", "<-->"), ("one", "<-->"), ("three", "-.-x"), ("two", "<-->")]  # fmt: skip


@pytest.mark.parametrize("graph", [found(), SHIPPED])
def test_svg_is_well_formed_and_has_every_version_and_rule(graph):
    root = ET.fromstring(as_svg(graph))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for family in some(graph):
        assert {*family.versions, *(rule.name for rule in family.rules)} <= {*texts}
    paths = list(root.iter("{http://www.w3.org/2000/svg}path"))
    assert len(paths) == sum(len(family.rules) for family in graph)


def test_every_form_is_the_same_each_time_and_covers_the_shipped_book():
    for form in some([as_text, as_mermaid, as_svg]):
        assert form(SHIPPED) == form(list(SHIPPED))
        for family in some(SHIPPED):
            assert all(version in form(SHIPPED) for version in some(family.versions))


def test_no_rules_are_an_empty_picture():
    assert not list(ET.fromstring(as_svg([])).iter("{http://www.w3.org/2000/svg}path"))
    assert (as_text([]), as_mermaid([])) == ("", "flowchart LR\n")
