"""Fields and values that came with some release: reported for the release before, and not for the one that has them."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
from pathlib import Path

import pytest

from converter.catalog import Release, load_catalog, walk
from converter.kube import GroupVersionKind, format_path, gvk_of, parse_path
from converter.kube.path import EACH, Each
from converter.losses.concealed import SECRET
from converter.losses.schema_path import generalized
from tests.nonempty import some

ORACLE = Path(__file__).parent.parent / "data" / "oracle"
FIRST = Release(1, 16)
SCALARS = {"string": "x", "int": 1, "bool": True, "number": 1, "int-or-string": 1, "quantity": "1"}
DEPTH = 24


@functools.cache
def paths(root):
    """Every path below a type; releases that agree share the type."""
    return frozenset(path for path, _ in walk(root, depth=DEPTH))


# Losing a value that means what the release before does anyway is not reported. These fields get others.
OTHER_THAN_DEFAULT = {
    "hostUsers": False,
    "minDomains": 2,
    "serving": False,
    "spec.exempt": {"lendablePercent": 1},
    "spec.ordinals": {"start": 1},
    "spec.persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"},
    "spec.updateStrategy.rollingUpdate.maxUnavailable": 2,
    "spec.allocateLoadBalancerNodePorts": False,
    "spec.preserveUnknownFields": False,
}


def new_fields(catalog, gvk):
    """Every topmost field that a release stores and the one before does not, with both releases."""
    known = [release for release in catalog.releases_of(gvk) if release >= FIRST]
    for before, after in itertools.pairwise(known):
        old, new = catalog.stored_type_of(before, gvk), catalog.stored_type_of(after, gvk)
        if old is new:
            continue
        had = paths(old)
        for path, field in walk(new, depth=DEPTH):
            if path not in had and top(path, had):
                yield path, field, before, after


def shown_at(catalog, gvk, before, place):
    """Where a field's loss is reported: Secrets show nothing of themselves, and some fields take their holder along."""
    needs = catalog.requirements(gvk, place, before)
    held = catalog.field_at(before, gvk, place) is not None and needs and needs[-1].with_holder
    return place[:1] if gvk.kind == SECRET else place[:-1] if held else place


def top(path, had):
    """Whether what holds a field was there before."""
    holder = path.rpartition(".")[0]
    while holder.endswith("[*]"):
        holder = holder.removesuffix("[*]")
    return not holder or holder in had


def new_values(catalog, gvk):
    """Every value that a release stores and the one before has not, of a field that both have, with both releases."""
    known = [release for release in catalog.releases_of(gvk) if release >= FIRST]
    for before, after in itertools.pairwise(known):
        old, new = catalog.stored_type_of(before, gvk), catalog.stored_type_of(after, gvk)
        if old is new:
            continue
        had = dict(enumerations(old))
        for path, field in walk(new, depth=DEPTH):
            if path in had and field.innermost.values is not None:
                for value in sorted(field.innermost.values.known - had[path].known):
                    if field.condition is None or field.condition.stores(value, {}):
                        yield path, field, value, before, after


def enumerations(root):
    """Every field below a type whose values are not the same in all releases, with its values."""
    for path, field in walk(root, depth=DEPTH):
        if field.innermost.values is not None:
            yield path, field.innermost.values


def holding(gvk, path, field, value=None):
    """An object with nothing but one field."""
    if value is None:
        value = SCALARS.get(field.innermost.scalar or "", "x" if field.innermost.scalar else {})
    value = OTHER_THAN_DEFAULT.get(path, OTHER_THAN_DEFAULT.get(path.rpartition(".")[2], value))
    around = field
    for _ in range(field.nesting):
        value = [value] if around.kind == "list" else {"x": value}
        around = around.element
    for segment in reversed(parse_path(path)):
        value = [value] if isinstance(segment, Each) else {segment: value}
    return {"apiVersion": gvk.api_version, "kind": gvk.kind, **value}


def map_steps(catalog, gvk, release, path):
    """A path as a manifest has it: maps are entered by a key, lists by a place."""
    found = []
    for segment in parse_path(path):
        if isinstance(segment, Each):
            at = catalog.field_at(release, gvk, tuple(found))
            found.append("x" if at.kind == "map" else segment)
        else:
            found.append(segment)
    return tuple(found)


def as_manifest(value, path):
    """Turn the lists that stand for maps on a path into maps."""
    if not path:
        return value
    head, *rest = path
    if isinstance(head, Each):
        return [as_manifest(value[0], rest)]
    inner = value[0] if isinstance(value, list) else value[head]
    return {**(value if isinstance(value, dict) else {}), head: as_manifest(inner, rest)}


def test_every_new_field_is_reported_for_the_release_before_and_not_for_its_own(shipped):
    catalog = load_catalog()
    counted, kinds = 0, set()
    wrong = []
    for gvk in catalog.kinds():
        for path, field, before, after in new_fields(catalog, gvk):
            place = map_steps(catalog, gvk, after, path)
            manifest = as_manifest(holding(gvk, path, field), place)
            told = shipped.losses.of_release(manifest, gvk, before)
            shown = [shown_at(catalog, gvk, before, place)]
            if [generalized(parse_path(loss.path)) for loss in told] != shown or told[0].since != after:
                wrong.append(f"{gvk} {path}: {before} of {after}: {[(loss.path, str(loss.since)) for loss in told]}")
            if shipped.losses.of_release(manifest, gvk, after):
                wrong.append(f"{gvk} {path}: a false alarm for {after}")
            counted += 1
            kinds.add(gvk)
    assert wrong == []
    assert counted > 1200  # fields whose gate is off in every release that has them are never new
    assert len(kinds) > 60


def test_every_new_value_is_reported_for_the_release_before_and_not_for_its_own(shipped):
    catalog = load_catalog()
    values, kinds, wrong = set(), set(), []
    for gvk in catalog.kinds():
        for path, field, value, before, after in new_values(catalog, gvk):
            place = map_steps(catalog, gvk, after, path)
            manifest = as_manifest(holding(gvk, path, field, value), place)
            at = (*place, *[EACH] * field.nesting)
            told = shipped.losses.of_release(manifest, gvk, before)
            said = [(generalized(parse_path(loss.path)), loss.value, loss.since, loss.refused) for loss in told]
            if said != [(at, value, after, True)]:
                wrong.append(f"{gvk} {path} = {value}: {before} of {after}: {[str(loss) for loss in told]}")
            if shipped.losses.of_release(manifest, gvk, after):
                wrong.append(f"{gvk} {path} = {value}: a false alarm for {after}")
            values.add(value)
            kinds.add(gvk)
    assert wrong == []
    assert values >= {
        "ReadWriteOncePod",
        "ContainerResource",
        "Recreate",
        "Gt",
        "CrossNamespacePodAffinity",
    }
    assert len(kinds) > 20


def test_values_that_no_release_knows_and_those_that_all_know_are_left_alone(shipped):
    catalog, wrong, counted = load_catalog(), [], 0
    for gvk in catalog.kinds():
        for release in catalog.releases_of(gvk):
            for path, values in enumerations(catalog.stored_type_of(release, gvk)):
                field = catalog.field_at(release, gvk, path)
                place = map_steps(catalog, gvk, release, path)
                condition = catalog.stored_type_of(release, gvk).field_at(path).condition
                known = [value for value in sorted(values.known) if condition is None or condition.stores(value, {})]
                for value in (*known, "Misspelt", ""):
                    manifest = as_manifest(holding(gvk, path, field, value), place)
                    wrong += [f"{gvk} {release}: {loss}" for loss in shipped.losses.of_release(manifest, gvk, release)]
                    counted += 1
    assert wrong == []
    assert counted > 1000


def test_a_refused_value_names_the_release_that_would_do(shipped):
    job = {"spec": {"podFailurePolicy": {"rules": [{"action": "Ignore"}, {"action": "FailIndex"}]}}}
    (loss,) = shipped.losses.of_release(job, GroupVersionKind.of("batch/v1", "Job"), Release(1, 27))
    assert (loss.path, loss.value) == ("spec.podFailurePolicy.rules[1].action", "FailIndex")
    assert (loss.refused, loss.severity, loss.since) == (True, "dangerous", Release(1, 29))  # v1.28 drops the rule
    assert loss.by_release.release == Release(1, 27)


def test_a_value_that_went_names_the_last_release_to_know_it(shipped):
    endpoints = GroupVersionKind.of("discovery.k8s.io/v1beta1", "EndpointSlice")
    (loss,) = shipped.losses.of_release({"addressType": "IP"}, endpoints, Release(1, 20))
    assert (loss.value, loss.refused, loss.since) == ("IP", True, None)
    assert loss.by_release.history.last == Release(1, 19)


def test_a_value_that_only_another_version_of_the_kind_came_to_know_names_that_version(shipped):
    pod = {"spec": {"template": {"spec": {"tolerations": [{"operator": "Gt"}]}}}}
    gvk = GroupVersionKind.of("extensions/v1beta1", "Deployment")
    (loss,) = shipped.losses.of_release(pod, gvk, Release(1, 16))
    assert (loss.since, loss.by_release.history.version) == (Release(1, 35), "apps/v1")


def test_a_kind_is_looked_into_where_a_field_or_value_is_missing_and_not_elsewhere(shipped):
    catalog = load_catalog()
    for gvk in some(catalog.kinds()):
        ever = frozenset().union(*(paths(catalog.type_of(release, gvk)) for release in catalog.releases_of(gvk)))
        sent = {path for path in ever if not path.startswith(("status", "metadata")) and ".metadata." not in path}
        for release in some(catalog.releases_of(gvk)):
            root = catalog.stored_type_of(release, gvk)
            missing = sent - paths(root)
            missing |= {path for path, values in enumerations(root) if path in sent and values.lacking}
            concerned = shipped.losses.may_lose(release, gvk.api_version, gvk.kind)
            assert concerned == bool(missing), f"{gvk} {release}: {sorted(missing)[:3]}"


@pytest.mark.parametrize("text", ["v1.24.6-eks-abc", "v1.23.3+k3s1", "v1.20.15-aliyun.1", "1.22"])
def test_vendors_releases_are_understood(shipped, text):
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"os": {"name": "linux"}}}
    told = shipped.losses.of_release(pod, gvk_of(pod), Release.parse(text))
    assert [loss.path for loss in told] == ([] if "1.24" in text else ["spec.os"])


@pytest.mark.parametrize("release", [None, Release(1, 5)])
def test_a_release_that_is_not_known_is_not_guessed(shipped, release):
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"timeZone": "UTC", "nonsense": 1}}
    assert shipped.losses.of_release(cron, gvk_of(cron), release) == ()
    assert not shipped.losses.may_lose(release, "batch/v1", "CronJob")


def test_a_release_newer_than_the_catalog_is_taken_for_the_newest(shipped):
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"timeZone": "UTC"}}
    assert shipped.losses.of_release(cron, gvk_of(cron), Release(1, 99)) == ()


@pytest.mark.parametrize("file", ["seeds.jsonl.gz", "collected.jsonl.gz"])
def test_nothing_that_a_server_stored_is_reported_for_that_server(shipped, file):
    wrong, counted = [], 0
    with gzip.open(ORACLE / file, "rt") as lines:
        for record in map(json.loads, lines):
            release = Release.parse(record["server"])
            for form in record["forms"].values():
                told = shipped.losses.of_release(form, gvk_of(form), release)
                wrong += [f"{record['kind']} {record['name']} {release}: {loss}" for loss in told]
                counted += 1
    assert wrong == []
    assert counted > 350


def test_paths_of_losses_can_be_read_again(shipped):
    gvk = GroupVersionKind.of("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    schema = {"properties": {"a.b/c": {"x-kubernetes-validations": [{"rule": "true"}]}}}
    crd = {"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}}
    (loss,) = shipped.losses.of_release(crd, gvk, Release(1, 20))
    assert format_path(parse_path(loss.path)) == loss.path
    assert loss.severity == "dangerous"
