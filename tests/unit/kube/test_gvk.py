import pytest

from converter.errors import ManifestError
from converter.kube import GroupVersionKind, split_api_version


@pytest.mark.parametrize(
    ("text", "group", "version"), [("v1", "", "v1"), ("apps/v1", "apps", "v1"), ("a.b.io/v1beta1", "a.b.io", "v1beta1")]
)
def test_an_api_version_splits_and_joins(text, group, version):
    assert split_api_version(text) == (group, version)
    assert GroupVersionKind.of(text, "Thing").api_version == text


@pytest.mark.parametrize("text", ["", "/v1", "a/b/c", "apps/"])
def test_what_is_not_an_api_version_is_refused(text):
    with pytest.raises(ManifestError, match="GROUP/VERSION"):
        split_api_version(text)


def test_it_reads_as_people_write_it():
    assert str(GroupVersionKind.of("batch/v1", "CronJob")) == "batch/v1 CronJob"
