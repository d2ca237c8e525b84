"""The reviews of authentication.k8s.io and authorization.k8s.io."""

import pytest

from converter.errors import RefusedError
from tests.nonempty import some

V1, BETA = "authorization.k8s.io/v1", "authorization.k8s.io/v1beta1"
KINDS = ("SubjectAccessReview", "LocalSubjectAccessReview")


def review(api_version, kind, **spec):
    return {"apiVersion": api_version, "kind": kind, "spec": {"user": "jane", **spec}, "status": {"allowed": True}}


@pytest.mark.parametrize("kind", KINDS)
def test_groups_were_called_group(shipped, kind):
    new, old = review(V1, kind, groups=["dev"]), review(BETA, kind, group=["dev"])
    assert shipped.convert(new, to=BETA).manifest == old
    assert shipped.convert(old, to=V1).manifest == new


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_versions_name_is_refused(shipped, kind):
    with pytest.raises(RefusedError):
        shipped.convert(review(V1, kind, group=["dev"]), to=BETA)


@pytest.mark.parametrize(
    ("kind", "group", "versions"),
    [
        ("SelfSubjectAccessReview", "authorization.k8s.io", ("v1", "v1beta1")),
        ("SelfSubjectRulesReview", "authorization.k8s.io", ("v1", "v1beta1")),
        ("TokenReview", "authentication.k8s.io", ("v1", "v1beta1")),
        ("SelfSubjectReview", "authentication.k8s.io", ("v1", "v1beta1", "v1alpha1")),
    ],
)
def test_the_others_are_the_same_in_every_version(shipped, kind, group, versions):
    for source in some(versions):
        for target in some(versions):
            given = review(f"{group}/{source}", kind)
            assert shipped.convert(given, to=f"{group}/{target}").manifest == {
                **given,
                "apiVersion": f"{group}/{target}",
            }
