"""PodDisruptionBudgets: what an empty selector means, and Kubernetes' own label (pkg/apis/policy/helper.go)."""

import pytest

from converter.errors import ManifestError

LABEL = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"
WEB = {"matchLabels": {"app": "web"}}


def own(operator, **more):
    return {"key": LABEL, "operator": operator, **more}


def budget(version, selector):
    return {"apiVersion": f"policy/{version}", "kind": "PodDisruptionBudget", "spec": {"selector": selector}}


@pytest.mark.parametrize("empty", [{}, {"matchLabels": {}}, {"matchExpressions": []}, {"matchLabels": None}])
def test_an_empty_selector_is_everything_in_v1_and_nothing_in_v1beta1(shipped, empty):
    old = shipped.convert(budget("v1", empty), to="policy/v1beta1").manifest
    assert old == budget("v1beta1", {"matchExpressions": [own("DoesNotExist")]})
    new = shipped.convert(budget("v1beta1", empty), to="policy/v1").manifest
    assert new == budget("v1", {"matchExpressions": [own("Exists")]})


@pytest.mark.parametrize(("source", "operator"), [("v1", "Exists"), ("v1beta1", "DoesNotExist")])
@pytest.mark.parametrize("more", [{}, {"values": []}, {"values": None}])
def test_the_others_words_are_empty_again(shipped, source, operator, more):
    target = "v1beta1" if source == "v1" else "v1"
    given = budget(source, {"matchExpressions": [own(operator, **more)], "matchLabels": {}})
    assert shipped.convert(given, to=f"policy/{target}").manifest == budget(target, {})


@pytest.mark.parametrize(("source", "target"), [("v1", "v1beta1"), ("v1beta1", "v1")])
def test_expressions_on_the_label_are_dropped_beside_others(shipped, source, target):
    both = {**WEB, "matchExpressions": [own("Exists"), {"key": "a", "operator": "Exists"}, own("In", values=["x"])]}
    made = shipped.convert(budget(source, both), to=f"policy/{target}")
    assert made.manifest["spec"]["selector"] == {**WEB, "matchExpressions": [{"key": "a", "operator": "Exists"}]}
    assert [loss.path for loss in made.losses] == [f"spec.selector.matchExpressions[{index}]" for index in (0, 2)]
    back = shipped.convert(made.manifest, to=f"policy/{source}", conversion_data=made.conversion_data)
    assert back.manifest == budget(source, both)


@pytest.mark.parametrize(
    ("source", "operator", "wanted"),
    [
        ("v1beta1", "Exists", {}),  # stripped bare, everything: as Kubernetes has it
        ("v1beta1", "NotIn", {}),
        ("v1", "DoesNotExist", {"matchExpressions": [own("DoesNotExist")]}),
    ],
)
def test_a_selector_stripped_bare_is_everything(shipped, source, operator, wanted):
    target = "v1beta1" if source == "v1" else "v1"
    made = shipped.convert(budget(source, {"matchExpressions": [own(operator)]}), to=f"policy/{target}")
    assert made.manifest["spec"]["selector"] == wanted


def test_no_selector_and_a_plain_one_pass(shipped):
    for selector in (None, WEB):
        assert shipped.convert(budget("v1", selector), to="policy/v1beta1").manifest == budget("v1beta1", selector)


@pytest.mark.parametrize(
    ("selector", "path"),
    [("x", "spec.selector"), (5, "spec.selector"), ({"matchExpressions": "x"}, "spec.selector.matchExpressions")],
)
def test_wrong_types_are_reported(shipped, selector, path):
    with pytest.raises(ManifestError) as caught:
        shipped.convert(budget("v1", selector), to="policy/v1beta1")
    assert caught.value.path == path
