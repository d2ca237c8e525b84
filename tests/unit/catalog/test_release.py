"""Reading a release from what clusters and vendors call their version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.catalog import Release, ReleaseFormatError
from converter.errors import ConverterError


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("v1.24", 24),
        ("1.20", 20),
        ("v1.24.6-eks-abc", 24),
        ("v1.27.3+k3s1", 27),
        ("v1.20.15-aliyun.1", 20),
        ("v1.24+", 24),
        ("v1.29.4-gke.1043002", 29),
        ("v1.30.0-alpha.1.12+0a1b2c-dirty", 30),
        (" v1.36.3\n", 36),
    ],
)
def test_versions_as_vendors_write_them(text, minor):
    assert Release.parse(text) == (1, minor)


@pytest.mark.parametrize("text", ["", "v1", "1.", "v1.x", "latest", "v1.2beta", "1.99999", "v-1.20", "٣.٤"])
def test_what_is_not_a_release_is_refused_with_its_text(text):
    with pytest.raises(ReleaseFormatError) as caught:
        Release.parse(text)
    assert caught.value.text == text
    assert isinstance(caught.value, ConverterError)
    assert "v1.24" in str(caught.value)


@given(st.integers(0, 9999), st.integers(0, 9999), st.text(max_size=20))
def test_patch_and_vendor_never_matter(major, minor, rest):
    assert Release.parse(f"v{major}.{minor}.{rest}") == Release(major, minor)


def test_releases_sort_as_they_came_out():
    assert Release.parse("v1.9") < Release.parse("v1.10") < Release.parse("v2.0")
    assert str(Release(1, 9)) == "v1.9"
