"""What the discovery-only API server answers to those who ask it."""

import json

import pytest

from converter.discovery import Discovery, Named
from converter.kube import GroupVersionKind

RESOURCES = (
    Named(GroupVersionKind("batch", "v1beta1", "CronJob"), "cronjobs", namespaced=True),
    Named(GroupVersionKind("extensions", "v1beta1", "Ingress"), "ingresses", namespaced=True),
    Named(GroupVersionKind("networking.k8s.io", "v1beta1", "Ingress"), "ingresses", namespaced=True),
    Named(GroupVersionKind("networking.k8s.io", "v1beta1", "IngressClass"), "ingressclasses", namespaced=False),
)
V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
V2BETA1 = V2.replace("v=v2", "v=v2beta1")


@pytest.fixture
def server():
    return Discovery(RESOURCES)


def get(server, path, accept="application/json", **headers):
    answer = server.answer("GET", path, {"Accept": accept, **headers})
    return answer, json.loads(answer.body) if answer.content_type.startswith(
        "application/json"
    ) and answer.body else None


def test_a_version_lists_its_resources_without_verbs(server):
    answer, document = get(server, "/apis/networking.k8s.io/v1beta1")
    assert answer.status == 200
    assert document["kind"] == "APIResourceList"
    assert document["groupVersion"] == "networking.k8s.io/v1beta1"
    assert [(r["name"], r["kind"], r["namespaced"], r["verbs"]) for r in document["resources"]] == [
        ("ingresses", "Ingress", True, []),
        ("ingressclasses", "IngressClass", False, []),
    ]


@pytest.mark.parametrize("path", ["/apis", "/apis/"])
def test_the_plain_list_of_groups(server, path):
    _, document = get(server, path)
    assert document["kind"] == "APIGroupList"
    assert [group["name"] for group in document["groups"]] == ["batch", "extensions", "networking.k8s.io"]


def test_one_group(server):
    _, document = get(server, "/apis/batch")
    assert document["kind"] == "APIGroup"
    assert document["preferredVersion"] == {"groupVersion": "batch/v1beta1", "version": "v1beta1"}


@pytest.mark.parametrize(
    ("accept", "version"),
    [(V2, "v2"), (V2BETA1, "v2beta1"), (f"{V2},{V2BETA1},application/json", "v2"), (f"{V2BETA1}, {V2}", "v2beta1")],
)
def test_the_aggregated_document_is_the_first_one_asked_for(server, accept, version):
    answer, document = get(server, "/apis", accept)
    assert answer.content_type == f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    assert document["apiVersion"] == f"apidiscovery.k8s.io/{version}"
    networking = document["items"][2]
    assert networking["metadata"]["name"] == "networking.k8s.io"
    assert networking["versions"][0]["resources"][1] == {
        "resource": "ingressclasses",
        "responseKind": {"group": "networking.k8s.io", "version": "v1beta1", "kind": "IngressClass"},
        "scope": "Cluster",
        "singularResource": "ingressclass",
        "verbs": [],
    }


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", V2.replace("v=v2", "v=v9"), "application/vnd.x;=;"])
def test_who_asks_for_nothing_aggregated_gets_the_plain_list(server, accept):
    assert get(server, "/apis", accept)[1]["kind"] == "APIGroupList"


@pytest.mark.parametrize(("path", "has"), [("/openapi/v2", "swagger"), ("/openapi/v3", "paths")])
def test_openapi_is_answered_and_empty(server, path, has):
    answer, document = get(server, path)
    assert answer.status == 200
    assert has in document
    assert document["paths"] == {}


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v1", "/apis/apps/v1", "/apis/batch/v1beta1/namespaces/x/cronjobs", "/apis/batch/v1"]
)
def test_what_it_does_not_serve_is_not_found_as_a_status(server, path):
    answer, document = get(server, path)
    assert answer.status == 404
    assert document["kind"] == "Status"
    assert document["reason"] == "NotFound"
    assert document["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(server, method):
    assert server.answer(method, "/apis/batch/v1beta1/namespaces/x/cronjobs", {}).status == 405


def test_an_unchanged_document_is_not_sent_again(server):
    first, _ = get(server, "/apis/batch/v1beta1")
    again, _ = get(server, "/apis/batch/v1beta1", **{"If-None-Match": first.etag})
    assert (again.status, again.body) == (304, b"")


def test_the_same_resources_give_the_same_bytes_in_any_order(server):
    turned = Discovery(reversed(RESOURCES))
    for path in ("/apis", "/apis/networking.k8s.io", "/apis/networking.k8s.io/v1beta1"):
        assert get(turned, path)[0] == get(server, path)[0]
    assert get(turned, "/apis", V2)[0] == get(server, "/apis", V2)[0]


def test_an_empty_server_answers_too():
    assert get(Discovery(()), "/apis")[1]["groups"] == []
