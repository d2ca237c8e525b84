import copy

import pytest

from converter.conversion import CompiledRoute, ConversionData, Reason, restore_source
from converter.conversion.preserve import preserve
from converter.errors import RefusedError
from tests.rulekit import converter, rule_text, thing

V1, V2 = "a.example/v1", "a.example/v2"
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
PODS = {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "10"}}}


def autoscaler(*metrics):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "maxReplicas": 5, "metrics": list(metrics)}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": spec,
    }


def reasons(result):
    return {value.path: value.reason for value in result.unrestored}


def edited_and_back(rules, original, target, edit):
    """Convert, edit, and convert back; the result is checked to be the same each time, and the input not changed."""
    there = rules.convert(original, to=target)
    edited = copy.deepcopy(there.manifest)
    edit(edited["spec"])
    before = copy.deepcopy(edited)
    back = rules.convert(edited, original["apiVersion"], there.conversion_data)
    assert edited == before
    assert rules.convert(edited, original["apiVersion"], there.conversion_data) == back
    return back


def test_an_edited_cpu_target_is_neither_stale_nor_mixed_with_another_metric(shipped):
    back = edited_and_back(
        shipped,
        autoscaler(CPU, PODS),
        "autoscaling/v1",
        lambda spec: spec.update(targetCPUUtilizationPercentage=99),
    )
    target = {"type": "Utilization", "averageUtilization": 99}
    assert back.manifest == autoscaler(PODS, {"type": "Resource", "resource": {"name": "cpu", "target": target}})
    assert reasons(back) == {"spec.metrics": Reason.CHANGED}
    assert back.losses == ()


def test_the_other_metrics_survive_when_the_cpu_target_is_removed(shipped):
    back = edited_and_back(
        shipped, autoscaler(CPU, PODS), "autoscaling/v1", lambda spec: spec.pop("targetCPUUtilizationPercentage")
    )
    assert back.manifest == autoscaler(PODS)
    assert reasons(back) == {"spec.metrics": Reason.CHANGED}


def test_an_edit_elsewhere_restores_the_list_exactly(shipped):
    back = edited_and_back(shipped, autoscaler(CPU, PODS), "autoscaling/v1", lambda spec: spec.update(maxReplicas=9))
    wanted = autoscaler(CPU, PODS)
    wanted["spec"]["maxReplicas"] = 9
    assert back.manifest == wanted
    assert reasons(back) == {}


def test_a_value_that_the_source_version_cannot_hold_is_a_loss():
    rules = converter(rule_text("steps: [{drop: {path: spec.new, side: right, why: v1 has none}}]"))
    back = edited_and_back(rules, thing(V1, spec={"a": 1}), V2, lambda spec: spec.update(new=5))
    assert back.manifest == thing(V1, spec={"a": 1})
    assert [(loss.path, loss.value) for loss in back.losses] == [("spec.new", 5)]


def test_without_an_edit_nothing_is_lost_on_the_way_back():
    rules = converter(rule_text("steps: [{default: {path: spec.limit, left: 1, right: 3}}]"))
    back = edited_and_back(rules, thing(V1, spec={"a": 1}), V2, lambda _: None)
    assert (back.manifest, back.losses, back.unrestored) == (thing(V1, spec={"a": 1}), (), ())


class TestWholeManifest:
    """The rules convert ``mode: Exclusive`` and refuse to convert it back: the whole original is preserved."""

    RULES = "steps: [{refuse: {path: spec.mode, side: right, values: [Exclusive], why: no way back}}]"
    GIVEN = thing(V1, metadata={"name": "n"}, spec={"mode": "Exclusive", "a": 1}, status={"ready": 1})

    def there(self):
        rules = converter(rule_text(self.RULES))
        there = rules.convert(self.GIVEN, to=V2)
        return rules, copy.deepcopy(there.manifest), there.conversion_data

    def test_it_comes_back_exactly_without_an_edit(self):
        rules, manifest, data = self.there()
        back = rules.convert(manifest, V1, data)
        assert (back.manifest, back.unrestored) == (self.GIVEN, ())

    def test_an_edit_is_not_undone_but_the_way_back_refused(self):
        rules, manifest, data = self.there()
        manifest["spec"]["a"] = 2
        with pytest.raises(RefusedError) as caught:
            rules.convert(manifest, V1, data)
        assert caught.value.path == "spec.mode"

    def test_an_edit_that_opens_the_way_back_is_converted_and_reported(self):
        rules, manifest, data = self.there()
        manifest["spec"]["mode"] = "Shared"
        back = rules.convert(manifest, V1, data)
        assert back.manifest == {**self.GIVEN, "spec": {"mode": "Shared", "a": 1}}
        assert reasons(back) == {"": Reason.CHANGED}

    def test_what_servers_write_is_not_a_reason_to_refuse(self):
        rules, manifest, data = self.there()
        manifest["metadata"]["labels"] = {"a": "b"}
        del manifest["status"]
        back = rules.convert(manifest, V1, data)
        assert back.manifest == thing(V1, metadata={"name": "n", "labels": {"a": "b"}}, spec=self.GIVEN["spec"])
        assert reasons(back) == {"metadata": Reason.CHANGED, "status": Reason.CHANGED}


def mirror(manifest, _):
    """Write ``a`` as ``b``; the value of ``b`` is lost on the way back."""
    spec = manifest["spec"]
    spec["b"] = spec.pop("a")
    spec.pop("lost", None)


def unmirror(manifest, _):
    spec = manifest["spec"]
    spec.pop("b", None)
    spec["a"] = "x"


@pytest.mark.parametrize("others", [0, 1, 30])
def test_a_value_that_would_undo_an_edit_is_left_and_the_others_are_restored(others):
    """Nothing at the place itself shows the edit: only converting the result once more does."""
    route = CompiledRoute("Thing", V1, V2, (), (0, 0, 0), mirror, unmirror)
    lost = {f"f{i}": i for i in range(others)}
    data = ConversionData(V1, preserve(thing(V1, spec={"a": 1, **lost, "lost": 5}), thing(V1, spec={"a": "x"})))
    # the lens mirrors ``a`` alone, so values of the other fields would deviate from the edited manifest
    restored = restore_source(thing(V2, spec={"b": 2, **lost}), route, data)
    assert restored.manifest == thing(V1, spec={**lost, "a": "x", "lost": 5})
    assert [(value.path, value.reason) for value in restored.unrestored] == [("spec.a", Reason.OVERRIDES)]
    assert [(loss.path, loss.value, loss.instead) for loss in restored.losses] == [("spec.b", 2, "x")]


def test_the_search_for_values_that_undo_edits_is_bounded():
    runs = []

    def forward(manifest, _):
        runs.append(1)
        manifest["spec"] = {"seen": sorted(manifest["spec"])}

    def backward(manifest, _):
        manifest["spec"] = {}

    route = CompiledRoute("Thing", V1, V2, (), (0, 0, 0), forward, backward)
    data = ConversionData(V1, preserve(thing(V1, spec={f"f{i}": i for i in range(500)}), thing(V1, spec={})))
    restored = restore_source(thing(V2, spec={"seen": ["edited"]}), route, data)
    assert restored.manifest == thing(V1, spec={})
    assert [value.reason for value in restored.unrestored] == [Reason.OVERRIDES] * 500
    assert len(runs) < 60
