"""The rules of a kind: picture, text and examples."""

from __future__ import annotations

import json

import pytest

from converter.catalog import load_catalog
from converter.config import SHIPPED_RULES, read_parts, read_rule_files
from converter.dashboard import rules_view
from converter.dashboard.look import NotFoundHereError
from converter.dashboard.rules_view import picture, rules, rules_of
from converter.engine import Engine
from converter.errors import RuleProblem
from converter.rule_objects import Combiner, read_object
from converter.yaml import dump, load
from tests.dashboardkit import cronjob, fleet_store, look
from tests.nonempty import some


def test_every_kind_is_listed(shipped):
    found = rules(look(fleet_store(shipped, cronjob())))
    assert [kind for kind, *_ in found["kinds"]] == list(shipped.book.kinds())
    assert [kind for kind, _, used in found["kinds"] if used] == ["CronJob"]


def test_every_kind_has_a_page_with_its_rules_as_written(shipped):
    seen = look(fleet_store(shipped))
    for kind in some(shipped.book.kinds()):
        found = rules_of(seen, kind)
        for item in some(found["rules"]):
            assert f"name: {item['rule'].name}" in item["text"]
            assert item["text"].count("\nkind: ConversionRule") == 1
            assert item["failing"] == []


def test_a_rule_object_is_shown_as_it_is_written():
    spec = {"kind": "Thing", "between": ["a.example/v1", "a.example/v2"], "steps": []}
    metadata = {"name": "things", "uid": "u"}
    document = {"apiVersion": "apiconverter.dev/v1alpha1", "kind": "ConversionRule", "metadata": metadata, "spec": spec}
    rule = read_object(json.dumps(document).encode(), "ConversionRule")
    catalog = load_catalog()
    files = read_parts(read_rule_files([SHIPPED_RULES]), catalog)
    store = fleet_store(Engine(Combiner(catalog).combine(files, [rule]).configuration, catalog))
    store.written = {str(rule.key): dump(rule.document(rule.spec))}
    (item,) = rules_of(look(store), "Thing")["rules"]
    assert load(item["text"])["spec"] == spec


def test_a_kind_without_rules_has_no_page(shipped):
    with pytest.raises(NotFoundHereError):
        rules_of(look(fleet_store(shipped)), "Nothing")


def test_an_example_that_fails_is_told(shipped, monkeypatch):
    """A book with such an example cannot be loaded; it would have to fail with another release of the converter."""
    problem = RuleProblem("file", 1, "the example fails")
    monkeypatch.setattr(rules_view, "failing_examples", lambda _: [problem])
    found = rules_of(look(fleet_store(shipped)), "CronJob")["rules"]
    assert [item["failing"] for item in found] == [[str(problem)]] * len(found)


def test_the_picture_has_all_versions_and_rules(shipped):
    kind = "HorizontalPodAutoscaler"
    found = [rule for rule in shipped.book.rules if kind in rule.kinds]
    drawn = picture(shipped.book.versions(kind), found)
    assert [node.version for node in drawn.nodes] == list(shipped.book.versions(kind))
    assert [edge.label for edge in drawn.edges] == [rule.name for rule in found]
    assert all(node.x >= 0 and node.x + node.width <= drawn.width for node in some(drawn.nodes))
    assert all(0 < edge.y < drawn.height for edge in some(drawn.edges))
