"""The interpreters that are generated for old versions; `karmadactl` runs them in tests/integration."""

from converter.install.manifests import KARMADA_PART
from tests.nonempty import some
from tools.interpretations import INTERPRETATIONS
from tools.interpreters import customizations, customizations_yaml


def test_every_old_version_of_every_described_kind_has_one():
    targets = {(item["spec"]["target"]["apiVersion"], item["spec"]["target"]["kind"]) for item in customizations()}
    assert targets == {(version, entry.kind) for entry in INTERPRETATIONS for version in entry.other_versions}


def test_names_are_unique_and_sorted():
    names = [item["metadata"]["name"] for item in customizations()]
    assert names == sorted(set(names))


def test_rules_convert_every_version_that_is_interpreted(shipped):
    for entry in some(INTERPRETATIONS):
        assert set(entry.other_versions) < set(shipped.book.versions(entry.kind)), entry.kind


def test_no_version_that_rules_convert_is_forgotten(shipped):
    for entry in some(INTERPRETATIONS):
        groups = {version.partition("/")[0] for version in entry.other_versions}  # OpenKruise has a StatefulSet, too
        versions = {one for one in shipped.book.versions(entry.kind) if one.partition("/")[0] in groups}
        newest = versions - set(entry.other_versions)
        assert len(newest) == 1, f"{entry.kind}: {sorted(newest)} should be the one that Karmada knows"


def test_the_file_that_is_applied_is_the_one_that_is_generated():
    written = (KARMADA_PART / "interpreters.yaml").read_text()
    assert written == customizations_yaml(), "run `make interpreters`"
