"""What the discovery-only API server says to those who send it objects."""

from __future__ import annotations

import pytest

from converter.discovery import Discovery, named_resources
from tests.unit.discovery.test_advice import BOOK, CATALOG


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize(
    ("path", "version", "namespaced"),
    [
        ("/apis/batch/v1beta1/namespaces/x/cronjobs", b"batch/v1", True),
        ("/apis/policy/v1beta1/namespaces/x/poddisruptionbudgets/one/status", b"policy/v1", True),
        ("/apis/networking.k8s.io/v1beta1/ingressclasses/nginx", b"networking.k8s.io/v1", False),
    ],
)
def test_every_answer_names_both_ways_out(method, path, version, namespaced):
    body = Discovery(named_resources(BOOK, CATALOG)).answer(method, path, {}).body
    assert b"converter convert -f FILE --to " + version + b" |" in body
    assert b"converter promote " in body
    assert (b"-n NAMESPACE" in body) == namespaced
