"""The message that carries a status: exact where it fits, cut with a note where it does not."""

import base64
import random
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.errors import ManifestError
from converter.karmada.carried_status import LONGEST_MESSAGE, CarriedStatus, ManifestReport, pack, unpack
from converter.karmada.names import STATUS_MARKER

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def status_of(value, message=""):
    report = ManifestReport("batch/v1", "CronJob", "nightly", "shop", "Healthy", value)
    return CarriedStatus(applied=True, message=message, manifests=(report,))


@given(JSON, st.booleans(), st.text(max_size=100))
def test_whatever_fits_comes_back_exactly(value, applied, message):
    status = CarriedStatus(applied, message, status_of(value).manifests)
    assert unpack(pack(status)) == status


def test_a_long_status_is_compressed_and_comes_back_exactly():
    status = status_of({"active": [{"name": f"nightly-{n}", "uid": "x" * 36} for n in range(900)]})
    message = pack(status)
    assert len(message) <= LONGEST_MESSAGE
    assert message.startswith(STATUS_MARKER + "z:")
    assert unpack(message) == status


def test_what_does_not_fit_compressed_is_cut_and_says_so():
    noise = random.Random(7)
    status = status_of({"noise": "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=200_000))})
    message = pack(status)
    assert len(message) <= LONGEST_MESSAGE
    read = unpack(message)
    assert read.applied
    assert read.manifests[0].health == "Healthy"
    assert read.manifests[0].status is msgspec.UNSET
    assert "200" in read.message  # the size of what is left out


def test_a_message_that_alone_is_too_long_is_cut_as_well():
    noise = random.Random(8)
    long = "".join(noise.choices([chr(code) for code in range(0x4E00, 0x9000)], k=40_000))
    message = pack(CarriedStatus(applied=False, message=long))
    assert len(message) <= LONGEST_MESSAGE
    assert unpack(message).message.startswith(long[:100])


def test_equal_statuses_give_equal_messages():
    assert pack(status_of({"a": 1, "b": 2})) == pack(status_of({"b": 2, "a": 1}))


def test_other_messages_are_not_ours():
    assert unpack("Failed to apply all manifests (0/1): no") is None
    assert unpack("") is None


@pytest.mark.parametrize(
    "rest", ["", "{", "[]", '{"applied":"yes"}', "z:", "z:AAAA", "z:é", '{"applied":true', "[" * 5000]
)
def test_a_marker_with_nonsense_behind_it_is_an_error(rest):
    with pytest.raises(ManifestError):
        unpack(STATUS_MARKER + rest)


def test_a_bomb_is_refused():
    bomb = base64.b64encode(zlib.compress(b" " * (64 << 20))).decode()
    with pytest.raises(ManifestError):
        unpack(f"{STATUS_MARKER}z:{bomb}")


def test_a_report_is_found_by_the_object_it_is_of():
    status = status_of({"active": []})
    assert status.of("batch/v1", "CronJob", "shop", "nightly") is status.manifests[0]
    assert status.of("batch/v1beta1", "CronJob", "shop", "nightly") is None
    assert status.of("batch/v1", "CronJob", "", "nightly") is None
