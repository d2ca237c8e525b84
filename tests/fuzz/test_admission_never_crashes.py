"""Whatever is sent: an answer or an error with its reason, never a traceback, and the same each time."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.admission.review import ReviewError, ReviewProblem
from converter.catalog import Release, load_catalog
from converter.clusters import Cluster
from tests.reviewkit import CAPTURED, OLD, VAGUE, config_map, cronjob, ingress, review, webhook, work

if TYPE_CHECKING:
    from converter.admission.works import WorkWebhook
    from converter.engine import Engine

REVIEWS = [json.loads(path.read_bytes()) for path in CAPTURED]
BODIES = [json.dumps(item, separators=(",", ":")).encode() for item in REVIEWS]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3),
    max_leaves=8,
)
ODD = JSON | st.sampled_from(["", "true", "batch/v1", "Ingress", [], {}, [[]], [{}], 0, -1, 1e300, 10**30])


@pytest.fixture(scope="module")
def hook(shipped: Engine) -> WorkWebhook:
    v16 = Cluster.from_release("old", Release.parse("v1.16"), load_catalog())
    v36 = Cluster.from_release("new", Release.parse("v1.36"), load_catalog())
    return webhook(shipped, v16, v36, VAGUE)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, the root left out."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def check(hook: WorkWebhook, body: bytes) -> dict[str, Any] | None:
    """Answer a body; the response where there is one."""
    try:
        answer = hook.answer(body)
    except ReviewError as error:
        assert error.code in ReviewProblem  # noqa: PT017  both ways are right
        return None
    assert answer == hook.answer(body)
    assert answer == hook.answer(body)  # what was converted twice is remembered
    response = json.loads(answer)["response"]
    assert response["allowed"] or response["status"]["message"]
    assert response["allowed"] or "patch" not in response
    assert all(len(warning) <= 256 for warning in response.get("warnings", ()))  # may be empty
    return response


@given(st.sampled_from(REVIEWS), st.data())
def test_a_value_replaced_or_removed_anywhere(hook, original, data):
    mutated = json.loads(json.dumps(original))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(mutated)))
        holder = mutated
        for key in way:
            holder = holder[key]
        if data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = json.loads(json.dumps(data.draw(ODD)))  # drawn values are shared
        if not mutated:
            return
    response = check(hook, json.dumps(mutated).encode())
    if response is not None and "patch" in response:  # what is patched can be patched, and is then right
        patch = json.loads(base64.b64decode(response["patch"]))
        mutated["request"]["object"] = jsonpatch.apply_patch(mutated["request"]["object"], patch)
        again = check(hook, json.dumps(mutated).encode())
        assert again is not None
        assert again["allowed"]
        assert "patch" not in again


@given(st.sampled_from(BODIES), st.data())
def test_bytes_changed_anywhere(hook, body, data):
    at = data.draw(st.integers(0, len(body) - 1))
    count = data.draw(st.integers(0, 4))
    check(hook, body[:at] + data.draw(st.binary(max_size=4)) + body[at + count :])


@given(st.sampled_from(BODIES), st.data())
def test_a_body_cut_off_anywhere_is_an_error(hook, body, data):
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    assert check(hook, cut) is None


@given(st.binary())
def test_any_bytes(hook, body):
    assert check(hook, body) is None


NAMES = st.sampled_from(
    [
        f"apiconverter.dev/{name}"
        for name in (
            "source-versions",
            "conversion-data",
            "conversion-data-ref",
            "suspended-before",
            "losses",
            "losses-text",
            "policy",
        )
    ]
)


@given(st.dictionaries(NAMES, st.text() | JSON.map(json.dumps)), st.booleans())
def test_bookkeeping_that_someone_has_spoilt(hook, annotations, marked):
    """Whatever stands there, the answer is a Work with right bookkeeping."""
    given_work = work(
        config_map(),
        cronjob(),
        ingress(),
        annotations=annotations,
        labels={"apiconverter.dev/converted": "x"} if marked else {},
    )
    response = check(hook, json.dumps(review(given_work)).encode())
    assert response is not None
    stored = jsonpatch.apply_patch(given_work, json.loads(base64.b64decode(response["patch"])))
    entries = json.loads(stored["metadata"]["annotations"]["apiconverter.dev/source-versions"])
    assert [entry and entry["from"] for entry in entries] == [None, "batch/v1", "networking.k8s.io/v1"]
    assert stored["metadata"]["labels"]["apiconverter.dev/converted"] == "true"


@given(st.lists(st.sampled_from([config_map(), cronjob(), cronjob("batch/v1beta1"), ingress()]), max_size=6))
def test_each_manifest_is_seen_to_by_itself(shipped, manifests):
    hook = webhook(shipped, OLD)
    response = check(hook, json.dumps(review(work(*manifests))).encode())
    assert response is not None
    wanted = [item for item in manifests if not OLD.serves(item["apiVersion"], item["kind"])]
    patch = json.loads(base64.b64decode(response["patch"])) if "patch" in response else []
    assert sum(item["op"] == "replace" for item in patch) == len(wanted)
    assert bool(patch) == bool(wanted)
