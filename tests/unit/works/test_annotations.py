"""What the annotations of a stored Work say about its manifests: which of them the cluster's release cut."""

from __future__ import annotations

import json

import pytest

from converter.catalog import Release
from converter.karmada.names import LOSSES_ANNOTATION
from converter.kube.partial_object import read_partial_object
from converter.losses.model import ByConversion, ByRelease, Loss, ManifestId
from converter.losses.record import fit
from converter.losses.severity import Severity
from converter.works.annotations import NO_RECORD, StoredRecord

RELEASE = Release(1, 20)
BY_RELEASE = ByRelease(RELEASE)
BY_CONVERSION = ByConversion("batch/v1beta1")


def head(kind="CronJob", namespace="demo", name="report"):
    manifest = {"apiVersion": "batch/v1beta1", "kind": kind, "metadata": {"namespace": namespace, "name": name}}
    return read_partial_object(json.dumps(manifest).encode())


REPORT = ManifestId("batch", "CronJob", "demo", "report")


def lost(cause, field="a", manifest=REPORT):
    return Loss(manifest, f"spec.{field}", 1, Severity.DEGRADING, cause)


def stored(*losses):
    return StoredRecord.read({LOSSES_ANNOTATION: fit(losses, RELEASE).to_json()})


@pytest.mark.parametrize(
    ("causes", "lossy"),
    [
        ([], False),
        ([BY_CONVERSION], False),
        ([BY_RELEASE], True),
        ([BY_CONVERSION, BY_RELEASE], True),
    ],
)
def test_only_losses_by_the_release_make_a_manifest_lossy(causes, lossy):
    """What a conversion lost is gone from the manifest: the release does not find it again."""
    assert stored(*(lost(cause, f"f{at}") for at, cause in enumerate(causes))).was_lossy(head()) is lossy


def test_a_loss_by_conversion_does_not_count_next_to_one_by_the_release():
    record = stored(lost(BY_CONVERSION), lost(BY_RELEASE, manifest=REPORT._replace(name="other")))
    assert not record.was_lossy(head())
    assert record.was_lossy(head(name="other"))


@pytest.mark.parametrize("other", [{"kind": "Job"}, {"namespace": "prod"}, {"namespace": ""}, {"name": "other"}])
def test_a_manifest_is_not_lossy_because_another_one_is(other):
    assert not stored(lost(BY_RELEASE)).was_lossy(head(**other))


def test_a_manifest_is_lossy_by_its_generated_name_and_in_any_version():
    raw = b'{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"generateName":"report","namespace":"demo"}}'
    assert stored(lost(BY_RELEASE)).was_lossy(read_partial_object(raw))


def test_nothing_is_lossy_in_a_work_without_a_readable_record():
    assert not NO_RECORD.was_lossy(head())
    assert not StoredRecord.read({LOSSES_ANNOTATION: "x"}).was_lossy(head())
