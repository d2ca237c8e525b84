"""What identifies a manifest: what users write of it, in whatever order."""

import pytest

from converter.works.annotations import manifest_digest
from tests.rulekit import thing

METADATA = {"name": "t", "namespace": "demo", "labels": {"app": "a"}, "annotations": {"example.org/b": "c"}}


def digest(*, metadata=METADATA, **fields):
    return manifest_digest(thing(metadata=metadata, **fields))


@pytest.mark.parametrize(
    "added",
    [
        {"labels": {"app": "a", "work.karmada.io/permanent-id": "1"}},
        {"annotations": {"example.org/b": "c", "resourcetemplate.karmada.io/managed-labels": "app"}},
        {"uid": "u", "resourceVersion": "1", "generation": 2, "creationTimestamp": None, "finalizers": ["a/b"]},
    ],
)
def test_what_karmada_adds_or_prunes_does_not_count(added):
    assert digest(metadata=METADATA | added, spec={}) == digest(spec={})


def test_the_first_label_that_karmada_adds_does_not_count():
    bare = {"name": "t"}
    assert digest(metadata=bare | {"labels": {"work.karmada.io/permanent-id": "1"}}) == digest(metadata=bare)


def test_the_status_does_not_count():
    assert digest(spec={}, status={"ready": 1}) == digest(spec={})


@pytest.mark.parametrize(
    "changed",
    [
        {"spec": {"size": 2}},
        {"data": {}},
        {"metadata": METADATA | {"labels": {"app": "b"}}},
        {"metadata": METADATA | {"annotations": {}}},
        {"metadata": METADATA | {"labels": {"app": "a", "mykarmada.io/b": "c"}}},
        {"metadata": METADATA | {"name": "u"}},
        {"metadata": METADATA | {"namespace": "other"}},
        {"metadata": None},
    ],
)
def test_what_users_write_counts(changed):
    assert digest(**{"spec": {"size": 1}, **changed}) != digest(spec={"size": 1})


def test_the_order_does_not_count():
    other = {name: METADATA[name] for name in reversed(METADATA)}
    assert digest(metadata=other, spec={"b": 1, "a": 2}) == digest(spec={"a": 2, "b": 1})


def test_the_digest_of_a_manifest_never_changes_since_works_store_it():
    manifest = {
        "apiVersion": "acme.io/v1",
        "kind": "Thing",
        "metadata": METADATA | {"labels": {"work.karmada.io/permanent-id": "1", "app": "ü"}, "uid": "u"},
        "spec": {"b": [1, 2.5, None], "a": "<&>"},
        "status": {"x": 1},
    }
    assert manifest_digest(manifest) == "a19c3508036da44d"
