"""The step ``rename`` between a field and a field inside of it: a text that became an object, and the like."""

import pytest

from converter.errors import ManifestError
from tests.rulekit import converter, rule_text, thing

V1, V2 = "a.example/v1", "a.example/v2"
IMAGE = "steps: [{rename: {spec.image: spec.image.name}}]"
DEEP = 'steps: [{rename: {"spec.parts[*].at": "spec.parts[*].at.place.node"}}]'


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (IMAGE, {"image": "web"}, {"image": {"name": "web"}}),
        (IMAGE, {"image": {"name": "web"}}, {"image": {"name": {"name": "web"}}}),
        (IMAGE, {"image": {}}, {"image": {"name": {}}}),
        (IMAGE, {"image": None}, {"image": None}),
        (IMAGE, {"image": 0}, {"image": {"name": 0}}),
        (IMAGE, {}, {}),
        (DEEP, {"parts": [{"at": "n1"}, {}]}, {"parts": [{"at": {"place": {"node": "n1"}}}, {}]}),
    ],
)
def test_a_value_goes_into_an_object_of_its_name_and_out_again(rule, old, new):
    rules = converter(rule_text(rule))
    made = rules.convert(thing(V1, spec=old), to=V2)
    assert made.manifest == thing(V2, spec=new)
    assert made.losses == ()
    assert rules.convert(thing(V2, spec=new), to=V1).manifest == thing(V1, spec=old)


@pytest.mark.parametrize(
    ("spec", "left", "lost"),
    [
        ({"image": {"name": "web", "digest": "d"}}, {"image": "web"}, {"spec.image.digest"}),
        ({"image": {"digest": "d"}}, {}, {"spec.image.digest"}),
    ],
)
def test_what_else_is_in_the_object_is_lost_and_comes_back(spec, left, lost):
    rules, given = converter(rule_text(IMAGE)), thing(V2, spec=spec)
    made = rules.convert(given, to=V1)
    assert made.manifest["spec"] == left
    assert {loss.path for loss in made.losses} == lost
    assert rules.convert(made.manifest, V2, made.conversion_data).manifest == given


def test_a_text_where_the_version_has_an_object_is_reported_with_its_path():
    with pytest.raises(ManifestError) as caught:
        converter(rule_text(IMAGE)).convert(thing(V2, spec={"image": "web"}), to=V1)
    assert caught.value.path == "spec.image"
