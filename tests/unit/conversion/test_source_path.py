"""Errors name places of the manifest as it was given, not as some step saw it."""

import pytest

from converter.errors import ConverterError


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (
            {"defaultBackend": {"service": {"name": "a", "port": {"number": 80, "name": "http"}}}},
            "spec.defaultBackend.service.port.number",
        ),
        ({"defaultBackend": {"service": "text"}}, "spec.defaultBackend.service"),
        ({"rules": [{}, {"http": {"paths": ["text"]}}]}, "spec.rules[1].http.paths[0]"),
        ({"rules": "text"}, "spec.rules"),
    ],
)
@pytest.mark.parametrize("to", ["networking.k8s.io/v1beta1", "extensions/v1beta1"])
def test_a_place_is_named_as_the_user_wrote_it(shipped, spec, path, to):
    manifest = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "x"}, "spec": spec}
    with pytest.raises(ConverterError) as caught:
        shipped.convert(manifest, to=to)
    assert caught.value.path == path


def test_the_manifest_itself_is_reported_with_an_empty_path(shipped):
    with pytest.raises(ConverterError) as caught:
        shipped.convert({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": []}, to="extensions/v1beta1")
    assert caught.value.path == "spec"
