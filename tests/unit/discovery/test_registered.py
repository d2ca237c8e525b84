"""What an APIService says of its resources comes back as it was written, within a bound."""

import msgspec
import pytest

from converter.discovery import Named, annotations_of, read_registered, with_registered
from converter.discovery.registered import MAX_RESOURCES
from converter.karmada.names import RESOURCES_ANNOTATION
from converter.kube import GroupVersionKind

VERSION = "example.com/v1alpha1"


def named(kind, stored_as="example.com/v1", *, namespaced=True):
    return Named(GroupVersionKind.of(VERSION, kind), f"{kind.lower()}s", namespaced, stored_as)


def service(annotations):
    spec = {"group": "example.com", "version": "v1alpha1"}
    return msgspec.json.encode({"metadata": {"name": "x", "annotations": annotations}, "spec": spec})


def test_what_is_written_comes_back():
    given = (named("Gizmo"), named("Widget", "", namespaced=False))
    assert read_registered(service(annotations_of(given))) == given


@pytest.mark.parametrize("annotations", [None, {}, {"other": "x"}])
def test_a_service_without_names_names_nothing(annotations):
    assert read_registered(service(annotations)) == ()


@pytest.mark.parametrize("text", ["", "{", "{}", '[{"kind": 1}]', '["x"]'])
def test_a_broken_annotation_is_an_error_that_a_watch_knows(text):
    with pytest.raises(msgspec.MsgspecError):
        read_registered(service({RESOURCES_ANNOTATION: text}))


def test_the_annotation_is_bounded():
    many = [named(f"Kind{number}") for number in range(MAX_RESOURCES + 9)]
    assert len(read_registered(service(annotations_of(many)))) == MAX_RESOURCES


def test_rules_count_more_than_what_was_registered():
    old, new = named("Gizmo", ""), named("Gizmo")
    gone = named("Widget")
    assert with_registered([new], {"x": (old, gone)}) == (new, gone)
