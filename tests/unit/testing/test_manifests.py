"""The manifests of a test: objects, texts, files and directories."""

import pytest

from converter.errors import ConverterError
from converter.testing import read_manifests
from tests.reviewkit import config_map, cronjob

TEXT = "kind: A\n---\n# nothing\n---\nkind: B\n"


@pytest.mark.parametrize(
    "source", [cronjob(), [cronjob()], iter([cronjob()]), {"kind": "List", "apiVersion": "v1", "items": [cronjob()]}]
)
def test_objects(source):
    assert read_manifests(source) == [cronjob()]


def test_a_text_of_several_documents():
    assert [one["kind"] for one in read_manifests(TEXT)] == ["A", "B"]


def test_a_file_and_a_directory(tmp_path):
    (tmp_path / "a.yaml").write_text(TEXT)
    assert len(read_manifests(tmp_path / "a.yaml")) == 2
    (tmp_path / "b.json").write_text('{"kind": "C"}')
    assert [one["kind"] for one in read_manifests(tmp_path)] == ["A", "B", "C"]


@pytest.mark.parametrize("source", ["manifests/", "a: [", "- 1", ["x"], [config_map(), None]])
def test_what_is_not_a_manifest(source):
    with pytest.raises(ConverterError):
        read_manifests(source)
