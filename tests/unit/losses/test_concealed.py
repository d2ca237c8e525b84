"""Losses of Secrets say which field of the Secret, and nothing that a user wrote into it."""

import pytest

from converter.catalog import Release
from converter.kube import gvk_of
from converter.losses.concealed import CONCEALED
from converter.losses.record import LossRecord
from tests.nonempty import some

OLD = Release(1, 16)


def secret(**fields):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token", "namespace": "demo"}, **fields}


def losses(shipped, manifest):
    return shipped.losses.of_release(manifest, gvk_of(manifest), OLD)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"immutable": True}, "immutable"),
        ({"stringdata": {"password": "hunter2"}}, "stringdata"),
        ({"metadata": {"name": "token", "password": "hunter2"}}, "metadata"),
    ],
)
def test_a_loss_names_the_field_alone(shipped, fields, path):
    (loss,) = losses(shipped, secret(**fields))
    assert (loss.path, loss.value) == (path, CONCEALED)
    assert "hunter2" not in loss.line
    assert "password" not in loss.line


def test_another_value_is_the_same_loss(shipped):
    """A digest of the value would give a short password away, so the identity leaves it out."""
    one, two = (losses(shipped, secret(stringdata={"a": value})) for value in ("hunter2", "hunter3"))
    assert [loss.key for loss in one] == [loss.key for loss in two]


def test_what_is_recorded_reads_back(shipped):
    found = losses(shipped, secret(immutable=True, stringdata={"a": "hunter2"}))
    text = LossRecord(OLD, found).to_json()
    assert "hunter2" not in text
    assert [loss.key for loss in LossRecord.read(text).losses] == [loss.key for loss in found]
    assert {loss.key.value for loss in some(found)} == {"sha256:"}


def test_other_kinds_show_their_values(shipped):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "immutable": True}
    (loss,) = losses(shipped, config)
    assert loss.value is True
