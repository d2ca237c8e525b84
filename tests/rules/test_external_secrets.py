"""External Secrets: from v1 to v1alpha1, over v1beta1, whose fields are those of v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from converter.errors import RefusedError

if TYPE_CHECKING:
    from converter.engine import Engine

NEW, MIDDLE, OLD = (f"external-secrets.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))


def manifest(kind: str, version: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec}


def test_fields_that_came_after_v1alpha1_are_lost_with_a_report(shipped: Engine) -> None:
    given = manifest("ExternalSecret", NEW, {"refreshPolicy": "OnChange", "dataFrom": [{"extract": {"key": "a"}}]})
    made = shipped.convert(given, to=OLD)
    assert made.manifest["spec"] == {"dataFrom": [{"key": "a"}]}
    assert [loss.path for loss in made.losses] == ["spec.refreshPolicy"]
    assert shipped.convert(made.manifest, to=NEW, conversion_data=made.conversion_data).manifest == given


@pytest.mark.parametrize("kind", ["SecretStore", "ClusterSecretStore"])
@pytest.mark.parametrize(
    ("provider", "version"),
    [
        ({"onepasswordSDK": {"vault": "a"}}, MIDDLE),
        ({"onepasswordSDK": {}}, OLD),
        ({"github": {"appID": 1}}, OLD),
        ({"beyondtrust": {}}, OLD),
        ({"cloudrusm": {}}, OLD),
        ({"previder": {}}, OLD),
        ({"secretserver": {}}, OLD),
        ({"aws": {"service": "SecretsManager", "prefix": "shop/"}}, OLD),
    ],
)
def test_a_store_that_would_not_read_the_same_secrets_is_refused(
    kind: str, provider: dict[str, Any], version: str, shipped: Engine
) -> None:
    with pytest.raises(RefusedError):
        shipped.convert(manifest(kind, NEW, {"provider": provider}), to=version)


@pytest.mark.parametrize(
    ("kind", "wrap"),
    [("ExternalSecret", lambda spec: spec), ("ClusterExternalSecret", lambda spec: {"externalSecretSpec": spec})],
)
def test_a_template_for_the_first_engine_is_refused_toward_v1_only(kind: str, wrap: Any, shipped: Engine) -> None:
    first = wrap({"target": {"template": {"engineVersion": "v1"}}})
    second = wrap({"target": {"template": {"engineVersion": "v2"}}})
    with pytest.raises(RefusedError):
        shipped.convert(manifest(kind, MIDDLE, first), to=NEW)
    assert shipped.convert(manifest(kind, MIDDLE, second), to=NEW).manifest["spec"] == second
