"""The fast yes is never wrong: whatever it says yes to, the thorough search finds nothing in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from converter.catalog import Release, load_catalog
from converter.kube import GroupVersionKind, gvk_of
from converter.losses.decide import sent
from converter.losses.schema_decoders import SchemaDecoders
from converter.losses.unknown_fields import TAKEN_OFF_ANNOTATIONS, UnknownFieldFinder
from tests.bench.bench_losses import deployment
from tests.nonempty import some
from tests.reviewkit import cronjob

CATALOG = load_catalog()
KNOWN = SchemaDecoders(CATALOG)
CHECK = UnknownFieldFinder(CATALOG)
DEPLOYMENT = GroupVersionKind.of("apps/v1", "Deployment")
OLD, NEW = Release(1, 20), Release(1, 36)
SEEDS = Path(__file__).parents[2] / "data" / "oracle"


def has_all(manifest, release=OLD, gvk=None):
    acceptor = KNOWN.acceptor(gvk or gvk_of(manifest), release)
    if acceptor is None:
        return False
    raw = json.dumps(manifest).encode()
    answer = acceptor(raw)
    assert acceptor(raw, json.loads(raw)) == answer, "the answer is the same for a manifest that is at hand decoded"
    return answer


def test_yes_where_the_release_knows_all():
    assert has_all(deployment())
    assert has_all(cronjob("batch/v1beta1"))
    assert not has_all(deployment(hostUsers=False))
    assert has_all(deployment(hostUsers=False), NEW)


@pytest.mark.parametrize(
    "pod",
    [
        {"hostUsers": None},
        {"containers": "none"},
        {"containers": [{"name": "a", "nonsense": 1}]},
        {"affinity": {"podAffinity": {"required": []}}},
    ],
)
def test_no_answer_where_something_is_odd(pod):
    assert not has_all(deployment(**pod))


def test_free_form_json_is_not_looked_into():
    assert has_all(deployment(nodeSelector={"any": "thing"}, overhead={"cpu": 1}))
    assert has_all({**deployment(), "metadata": {"whatever": 1}, "status": {"as": "well"}})
    config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"hostUsers": "x"}}
    assert has_all(config)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"spec":' * 100_000])
def test_what_cannot_be_read_gets_no_yes(body):
    assert not KNOWN.acceptor(DEPLOYMENT, OLD)(body)


def test_kinds_without_an_acceptor_get_no_yes():
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {}}
    assert not has_all(crd), "schemas hold schemas"
    assert not has_all({"apiVersion": "acme.example/v1", "kind": "Widget"})


POD = {"containers": [{"name": "a", "image": "b"}]}


def with_annotations(annotations):
    """Manifests that have a Pod's metadata, by where it is."""
    metadata = {"name": "a", "annotations": annotations}
    template = {"metadata": metadata, "spec": POD}
    inner = {"metadata": {"name": "a"}, "template": template}
    return {
        "Pod": {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": POD},
        "Deployment": {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}},
        "PodTemplate": {"apiVersion": "v1", "kind": "PodTemplate", **inner},
        "CronJob": {
            "apiVersion": "batch/v1beta1",
            "kind": "CronJob",
            "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}},
        },
    }


@pytest.mark.parametrize("kind", with_annotations({}))
@pytest.mark.parametrize("key", TAKEN_OFF_ANNOTATIONS)
def test_init_containers_in_annotations_get_no_yes(kind, key):
    """Servers take the annotation off: the search has to find it, where a Pod or its template has it."""
    manifest = with_annotations({"team": "shop", key: "[]"})[kind]
    assert not has_all(manifest)
    assert [field.path[-1] for field in CHECK.unknown(manifest, gvk_of(manifest), OLD)] == [key]


@pytest.mark.parametrize("kind", with_annotations({}))
@pytest.mark.parametrize(
    "annotations",
    [
        {},
        None,
        {"team": "shop"},
        {TAKEN_OFF_ANNOTATIONS[0]: None},
        {f"{TAKEN_OFF_ANNOTATIONS[0]}-x": "[]"},
        {"note": TAKEN_OFF_ANNOTATIONS[0]},
    ],
)
def test_other_annotations_of_pods_get_a_yes(kind, annotations):
    assert has_all(with_annotations(annotations)[kind])


def test_init_containers_in_annotations_of_other_objects_get_a_yes():
    """Only Pods and their templates have them taken off."""
    assert has_all({**deployment(), "metadata": {"annotations": {TAKEN_OFF_ANNOTATIONS[0]: "[]"}}})


@pytest.mark.parametrize("release", CATALOG.releases[::4], ids=str)
def test_nothing_is_found_in_what_it_says_yes_to(release):
    yes = no = 0
    for file in some(SEEDS.glob("*.jsonl.gz")):
        with gzip.open(file, "rt") as lines:
            for record in some(map(json.loads, lines)):
                for form in some(record["forms"].values()):
                    found = [field for field in CHECK.unknown(form, gvk_of(form), release) if field.path[0] not in _NOT]
                    if has_all(form, release):
                        assert found == [], f"{record['kind']} {record['name']} {release}"
                        yes += 1
                    elif CATALOG.type_of(release, gvk_of(form)) is not None and not found:
                        no += 1
    assert yes > 100
    assert no * 4 < yes, "the fast yes is rarely missing"


_NOT = {"metadata", "status"}


def test_what_works_do_not_carry_is_the_same_everywhere(shipped):
    loose = {**deployment(), "metadata": {"selfLinks": 1}, "status": {"none": 1}}
    assert has_all(loose)
    assert sent(shipped.losses.of_release(loose, DEPLOYMENT, OLD)) == ()
