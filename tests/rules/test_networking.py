"""Ingress backends in both shapes, the type of a path, and network policies, which have one shape."""

import pytest

from converter.errors import ManifestError, RefusedError

V1, BETA, OLD = "networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1"


def ingress(version, default=None, backend=None, **path):
    name = "defaultBackend" if version == V1 else "backend"
    spec = {} if default is None else {name: default}
    if backend is not None:
        path["backend"] = backend
    if path:
        spec["rules"] = [{"host": "a.example", "http": {"paths": [path]}}]
    return {"apiVersion": version, "kind": "Ingress", "spec": spec}


@pytest.mark.parametrize("old", [BETA, OLD])
@pytest.mark.parametrize(
    ("new_backend", "old_backend"),
    [
        ({"service": {"name": "web", "port": {"number": 80}}}, {"serviceName": "web", "servicePort": 80}),
        ({"service": {"name": "web", "port": {"name": "http"}}}, {"serviceName": "web", "servicePort": "http"}),
        ({"service": {"name": "web"}}, {"serviceName": "web", "servicePort": 0}),
        (
            {"resource": {"kind": "Bucket", "name": "b"}},
            {"resource": {"kind": "Bucket", "name": "b"}, "servicePort": 0},
        ),
    ],
)
def test_backends_both_ways(shipped, old, new_backend, old_backend):
    new = ingress(V1, new_backend, new_backend, pathType="Prefix")
    then = ingress(old, old_backend, old_backend, pathType="Prefix")
    assert shipped.convert(new, to=old).manifest == then
    assert shipped.convert(then, to=V1).manifest == new


@pytest.mark.parametrize("old", [BETA, OLD])
def test_a_path_without_a_type_gets_the_old_versions_own(shipped, old):
    made = shipped.convert(ingress(old, path="/"), to=V1).manifest
    assert made == ingress(V1, path="/", pathType="ImplementationSpecific")
    assert shipped.convert(ingress(V1, path="/"), to=old).manifest == ingress(old, path="/")


def test_the_status_passes(shipped):
    status = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1", "ports": [{"port": 80, "protocol": "TCP"}]}]}}
    assert shipped.convert({**ingress(V1), "status": status}, to=OLD).manifest["status"] == status


def test_a_number_and_a_name_are_refused(shipped):
    port = {"number": 80, "name": "http"}
    with pytest.raises(RefusedError, match=r"spec\.rules\[0\]\.http\.paths\[0\]\.backend\.service\.port\.number"):
        shipped.convert(ingress(V1, backend={"service": {"name": "web", "port": port}}), to=BETA)


@pytest.mark.parametrize(
    ("version", "backend", "field"),
    [
        (V1, {"serviceName": "web"}, "serviceName"),
        (BETA, {"service": {"port": {"number": 5}}, "servicePort": 5}, "service.port.number"),
    ],
)
def test_fields_of_the_other_version_are_dropped(shipped, version, backend, field):
    given = ingress(version, backend={**backend})
    made = shipped.convert(given, to=BETA if version == V1 else V1)
    assert f"spec.rules[0].http.paths[0].backend.{field}" in [loss.path for loss in made.losses]
    assert shipped.convert(made.manifest, version, made.conversion_data).manifest == given


@pytest.mark.parametrize(
    ("backend", "path"),
    [
        ("web", ""),
        ({"service": "web"}, ".service"),
        ({"service": {"port": {"number": "80"}}}, ".service.port.number"),
        ({"service": {"port": {"name": 80}}}, ".service.port.name"),
    ],
)
def test_wrong_types_are_reported_where_they_stand(shipped, backend, path):
    with pytest.raises(ManifestError) as caught:
        shipped.convert(ingress(V1, backend=backend), to=BETA)
    assert caught.value.path == f"spec.rules[0].http.paths[0].backend{path}"


@pytest.mark.parametrize(("paths", "below"), [("x", ""), (5, ""), ({"a": "b"}, ".a")])
def test_paths_that_are_not_lists_are_reported(shipped, paths, below):
    manifest = {"apiVersion": V1, "kind": "Ingress", "spec": {"rules": [{"http": {"paths": paths}}]}}
    with pytest.raises(ManifestError) as caught:
        shipped.convert(manifest, to=BETA)
    assert caught.value.path == f"spec.rules[0].http.paths{below}"


def test_network_policies_have_one_shape_and_nothing_is_filled_in(shipped):
    """Both fill in policyTypes, and TCP: extensions' own default for it has no effect, its storage version's has."""
    spec = {"podSelector": {}, "ingress": [{"ports": [{"port": 80}], "from": None}], "egress": [{}]}
    given = {"apiVersion": OLD, "kind": "NetworkPolicy", "spec": spec}
    assert shipped.convert(given, to=V1).manifest == {**given, "apiVersion": V1}


def test_the_fixture_of_kubectl_convert_is_converted_as_its_server_takes_it(shipped):
    """test/fixtures/pkg/kubectl/cmd/convert/v1beta1ingress.yaml of Kubernetes v1.36, with a field of v1."""
    rule = {"http": {"paths": [{"path": "/testpath", "backend": {"serviceName": "test", "servicePort": 80}}]}}
    stray = {"service": {"name": "default-backend", "port": {"number": 80}}}
    given = {"apiVersion": BETA, "kind": "Ingress", "metadata": {"name": "example"}}
    given["spec"] = {"defaultBackend": stray, "rules": [rule]}
    made = shipped.convert(given, to=V1)
    assert [(loss.path, loss.value) for loss in made.losses] == [("spec.defaultBackend", stray)]
    assert "defaultBackend" not in made.manifest["spec"]
    (path,) = made.manifest["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"] == {"service": {"name": "test", "port": {"number": 80}}}
    assert shipped.convert(made.manifest, BETA, made.conversion_data).manifest == given
