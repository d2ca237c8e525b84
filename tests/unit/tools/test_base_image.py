"""The base image is pinned by digest, and a release checks that it has both architectures."""

import re
from pathlib import Path

import pytest

from tools.base_image import DOCKERFILE, PLATFORMS, base_images, missing_platforms

RELEASE = Path(__file__).parents[3] / ".github" / "workflows" / "release.yml"


def test_the_image_is_built_on_one_image_with_tag_and_digest():
    (image,) = base_images(DOCKERFILE.read_text())
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", image)


@pytest.mark.parametrize("image", ["python", "python:3.13-slim", "python@sha256:" + 64 * "0", "python:3@sha256:12"])
def test_an_image_without_tag_or_digest_is_refused(image):
    with pytest.raises(ValueError, match="sha256"):
        base_images(f"FROM {image} AS base\nFROM base\n")


def test_the_platforms_are_those_of_the_release():
    (named,) = re.findall(r"platforms: (.*)$", RELEASE.read_text(), re.MULTILINE)
    assert tuple(named.split(",")) == PLATFORMS


def test_an_index_has_platforms_and_a_manifest_has_none():
    entries = [{"platform": dict(zip(("os", "architecture"), one.split("/"), strict=True))} for one in PLATFORMS]
    assert missing_platforms({"manifests": entries}) == []
    assert missing_platforms({"manifests": entries[1:]}) == [PLATFORMS[0]]
    assert missing_platforms({"config": {}, "layers": []}) == list(PLATFORMS)
