"""The comparison of granted and used rights finds both kinds of differences (tests/e2e/rights.py)."""

import pytest

from tests.e2e.rights import Right, compare, granted, used

ACCOUNT = "ns:one"
ROLE = {
    "kind": "Role",
    "metadata": {"name": "r", "namespace": "ns"},
    "rules": [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"], "verbs": ["get", "update"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
    ],
}
CLUSTER_ROLE = {
    "kind": "ClusterRole",
    "metadata": {"name": "c"},
    "rules": [{"apiGroups": ["g"], "resources": ["works", "works/status"], "verbs": ["patch"]}],
}


def binding(kind, role, namespace=""):
    place = {"namespace": namespace} if namespace else {}
    return {
        "kind": kind,
        "metadata": {"name": "x", **place},
        "roleRef": {"kind": role["kind"], "name": role["metadata"]["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": "one", "namespace": "ns"}],
    }


MANIFESTS = [
    ROLE, CLUSTER_ROLE, binding("RoleBinding", ROLE, "ns"), binding("ClusterRoleBinding", CLUSTER_ROLE),
]  # fmt: skip


def event(verb, resource, *, group="", namespace="ns", name="", sub="", code=200, account=ACCOUNT):
    what = {"resource": resource, "apiGroup": group, "namespace": namespace, "name": name, "subresource": sub}
    return {
        "verb": verb,
        "user": {"username": f"system:serviceaccount:{account}"},
        "objectRef": {key: value for key, value in what.items() if value},
        "responseStatus": {"code": code},
    }


ALL = [
    *(event(verb, "secrets", name=name) for verb in ("get", "update") for name in ("a", "b")),
    event("create", "leases", group="coordination.k8s.io"),
    event("patch", "works", group="g", namespace="elsewhere", name="w"),
    event("patch", "works", group="g", namespace="elsewhere", name="w", sub="status"),
]


def test_each_verb_each_resource_and_each_name_is_a_right():
    assert set(granted(MANIFESTS)) == {
        *(Right(ACCOUNT, verb, "/secrets", "ns", name) for verb in ("get", "update") for name in ("a", "b")),
        Right(ACCOUNT, "create", "coordination.k8s.io/leases", "ns"),
        Right(ACCOUNT, "patch", "g/works"),
        Right(ACCOUNT, "patch", "g/works/status"),
    }


def test_the_same_set_is_no_difference():
    found = compare(MANIFESTS, ALL)
    assert (found.missing, found.unused, found.used) == (frozenset(), frozenset(), len(ALL))


@pytest.mark.parametrize("left_out", range(len(ALL)))
def test_a_right_that_nothing_used_is_found(left_out):
    found = compare(MANIFESTS, [one for number, one in enumerate(ALL) if number != left_out])
    assert (len(found.unused), found.missing) == (1, frozenset())


@pytest.mark.parametrize(
    "more",
    [
        event("delete", "secrets", name="a"),
        event("get", "secrets", name="c"),
        event("get", "secrets", namespace="other", name="a"),
        event("list", "secrets"),
        event("update", "works", group="g", name="w"),
        event("patch", "works", group="h", name="w"),
        event("patch", "works", group="g", name="w", sub="scale"),
        event("patch", "works", group="g", name="w", code=201),  # server-side apply that created the object
    ],
)
def test_a_request_that_no_rule_covers_is_found(more):
    found = compare(MANIFESTS, [*ALL, more])
    assert (len(found.missing), found.unused) == (1, frozenset())


def test_other_accounts_and_what_every_account_may_ask_do_not_count():
    path = {"verb": "get", "user": {"username": f"system:serviceaccount:{ACCOUNT}"}, "requestURI": "/version"}
    others = [
        event("delete", "secrets", name="a", account="ns:two"),
        {**event("get", "secrets"), "user": {"username": "admin"}},
        event("create", "selfsubjectaccessreviews", group="authorization.k8s.io"),
        path,
    ]
    assert [right for one in others for right in used(one) if right.account == ACCOUNT] == []
    assert compare(MANIFESTS, [*ALL, *others]).missing == frozenset()


def test_a_review_of_somebody_else_is_a_use():
    review = event("create", "subjectaccessreviews", group="authorization.k8s.io", namespace="")
    (right,) = used(review)
    assert (right.verb, right.resource) == ("create", "authorization.k8s.io/subjectaccessreviews")


def test_bindings_of_both_scopes_are_one_resource():
    role = {
        "kind": "ClusterRole",
        "metadata": {"name": "b"},
        "rules": [
            {
                "apiGroups": ["w"],
                "resources": ["resourcebindings", "clusterresourcebindings", "clusterresourcebindings/status"],
                "verbs": ["patch"],
            }
        ],
    }
    manifests = [role, binding("ClusterRoleBinding", role)]
    asked = [
        event("patch", "clusterresourcebindings", group="w", namespace="", name="x"),
        event("patch", "resourcebindings", group="w", name="x", sub="status"),
    ]
    found = compare(manifests, asked)
    assert (found.missing, found.unused) == (frozenset(), frozenset())
    assert len(compare(manifests, asked[:1]).unused) == 1
