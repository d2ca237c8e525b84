"""The maker: how it reads clients, and that what it writes depends on nothing else."""

import ast
import hashlib
import json
import lzma
import zipfile
from pathlib import Path

import pytest

from converter.catalog.data import FILE, read_document
from tests.nonempty import some
from tools.catalog import distil, make, wheels
from tools.catalog.defaults import on_by_default
from tools.catalog.lost import restored_type

OLD_MODEL = """
class V1beta1Thing(object):
    swagger_types = {'api_version': 'str', 'kind': 'str', 'metadata': 'V1ObjectMeta', 'data': 'RuntimeRawExtension',
                     '_not': 'list[V1beta1Thing]', 'sizes': 'dict(str, list[int])'}
    attribute_map = {'api_version': 'apiVersion', 'kind': 'kind', 'metadata': 'metadata', 'data': 'data',
                     '_not': 'not', 'sizes': 'sizes'}
class V1ObjectMeta(object):
    swagger_types = {'name': 'str'}
    attribute_map = {'name': 'name'}
class RuntimeRawExtension(object):
    swagger_types = {'raw': 'str'}
    attribute_map = {'raw': 'Raw'}
"""
NEW_MODEL = """
class V1Thing(BaseModel):
    name: Optional[StrictStr] = Field(default=None)
    openapi_types: ClassVar[Dict[str, str]] = {"at": "datetime", "parts": "List[V1Thing]", "data": "Dict[str, bytes]"}
    attribute_map: ClassVar[Dict[str, str]] = {"at": "at", "parts": "parts", "data": "data"}
"""
OLD_API = '''
class ThingsV1beta1Api(object):
    def list_namespaced_thing_with_http_info(self, namespace, **kwargs):
        """
        list or watch objects of kind Thing
        """
        return self.api_client.call_api('/apis/things.io/v1beta1/namespaces/{namespace}/things', 'GET',
                                        response_type='V1beta1ThingList')
    def read_namespaced_thing_with_http_info(self, name, namespace, **kwargs):
        """
        read the specified Thing
        """
        return self.api_client.call_api('/apis/things.io/v1beta1/namespaces/{namespace}/things/{name}', 'GET',
                                        response_type='V1beta1Thing')
    def read_namespaced_thing_status_with_http_info(self, name, namespace, **kwargs):
        """
        read status of the specified Thing
        """
        return self.api_client.call_api('/apis/things.io/v1beta1/namespaces/{namespace}/things/{name}/status', 'GET',
                                        response_type='V1beta1Thing')
    def replace_namespaced_ghost_scale_with_http_info(self, name, namespace, body, **kwargs):
        """
        replace scale of the specified Ghost
        """
        return self.api_client.call_api('/apis/things.io/v1beta1/namespaces/{namespace}/ghosts/{name}/scale', 'PUT',
                                        response_type='V1Scale')
'''
NEW_API = '''
class CoreV1Api:
    def create_thing_with_http_info(self, body) -> Tuple[V1Thing, int, Any]:
        """create_thing

        create a Thing

        """ # noqa: E501
        _param = self._create_thing_serialize(body=body)
        _response_types_map: Dict[str, Optional[str]] = {'200': "V1Thing", '401': None}
    def _create_thing_serialize(self, body) -> RequestSerialized:
        return self.api_client.param_serialize(method='POST', resource_path='/api/v1/things', body=body)
'''


def client(folder, release, modules):
    path = folder / "kubernetes-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        imports = "\n".join(f"from kubernetes.client.{name.replace('/', '.')} import X" for name in modules)
        archive.writestr("kubernetes/client/__init__.py", imports)
        archive.writestr(
            "kubernetes/client/api_client.py", f"    The version of the OpenAPI document: release-{release}"
        )
        archive.writestr("kubernetes/client/models/stale.py", NEW_MODEL.replace("V1Thing", "V1Stale"))
        for name, text in modules.items():
            archive.writestr(f"kubernetes/client/{name}.py", text)
    return wheels.read(path)


def test_an_old_client(tmp_path):
    wheel = client(tmp_path, "1.13", {"models/thing": OLD_MODEL, "apis/things_v1beta1_api": OLD_API})
    assert wheel.release == "v1.13"
    assert wheel.sha256 == hashlib.sha256(wheel.path.read_bytes()).hexdigest()
    assert distil.types_of(wheel)["V1beta1Thing"] == {
        "apiVersion": "string", "data": "any", "kind": "string", "metadata": "#V1ObjectMeta",
        "not": "[#V1beta1Thing", "sizes": "{[int",
    }  # fmt: skip
    ((group, version, plural, kind, found),) = distil.resources_of(wheel)
    assert (group, version, plural, kind) == ("things.io", "v1beta1", "things", "Thing")
    assert (found.namespaced, found.roots, found.subresources) == (True, {"V1beta1Thing"}, {"status"})


def test_a_new_client(tmp_path):
    wheel = client(tmp_path, "1.37", {"models/thing": NEW_MODEL, "api/core_v1_api": NEW_API})
    assert distil.types_of(wheel) == {"V1Thing": {"at": "date-time", "data": "{bytes", "parts": "[#V1Thing"}}
    ((group, version, plural, kind, found),) = distil.resources_of(wheel)
    assert (group, version, plural, kind) == ("", "v1", "things", "Thing")
    assert (found.namespaced, found.roots) == (False, {"V1Thing"})


def test_modules_left_over_from_an_earlier_release_are_passed_over(tmp_path):
    wheel = client(tmp_path, "1.31", {"models/thing": NEW_MODEL})
    assert "V1Stale" not in distil.types_of(wheel)


def test_operations_that_disagree_are_refused(tmp_path):
    two = OLD_API.replace("read the specified Thing", "read the specified Other")
    wheel = client(tmp_path, "1.13", {"models/thing": OLD_MODEL, "apis/things_v1beta1_api": two})
    with pytest.raises(SystemExit, match=r"things\.io/v1beta1 things is unclear"):
        list(distil.resources_of(wheel))


def test_a_client_is_never_run():
    for module in (wheels, distil):
        imported = {
            alias.name
            for node in ast.walk(ast.parse(Path(module.__file__).read_text()))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert not imported & {"importlib", "runpy", "kubernetes"}


@pytest.mark.parametrize(
    ("name", "field", "text", "restored"),
    [
        ("V1ServicePort", "targetPort", "any", "int-or-string"),
        ("ExtensionsV1beta1IngressBackend", "servicePort", "any", "int-or-string"),
        ("V1ResourceRequirements", "limits", "{string", "{quantity"),
        ("V1CapacityRequestPolicy", "validValues", "[string", "[quantity"),
        ("V1Secret", "data", "{string", "{bytes"),
        ("V1Secret", "data", "{bytes", "{bytes"),
        ("V1JSONSchemaProps", "items", "any", "~#V1JSONSchemaProps"),
        ("V1beta1JSONSchemaProps", "dependencies", "{any", "{~#V1beta1JSONSchemaProps"),
        ("V1JSONSchemaProps", "default", "any", "any"),
        ("V1ConfigMap", "data", "{string", "{string"),
        ("V1Container", "name", "string", "string"),
    ],
)
def test_types_that_clients_lose(name, field, text, restored):
    assert restored_type(name, field, text) == restored


@pytest.mark.parametrize(
    ("minor", "resource", "on"),
    [
        (15, ("apps", "v1beta1", "deployments"), True),
        (16, ("apps", "v1beta1", "deployments"), False),
        (16, ("extensions", "v1beta1", "ingresses"), True),
        (17, ("extensions", "v1beta1", "replicasets"), False),
        (23, ("storage.k8s.io", "v1beta1", "anything"), True),
        (24, ("storage.k8s.io", "v1beta1", "anything"), False),
        (24, ("batch", "v1beta1", "cronjobs"), True),
        (30, ("flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas"), True),
        (36, ("resource.k8s.io", "v1", "resourceclaims"), True),
        (12, ("batch", "v2alpha1", "cronjobs"), False),
    ],
)
def test_what_is_on_by_default(minor, resource, on):
    assert on_by_default(minor, *resource) is on


def test_only_types_that_objects_can_hold_are_kept():
    types = {"A": {"b": "[{#B"}, "B": {"a": "~#A"}, "C": {"a": "#A"}}
    assert make.reachable(types, {"A"}) == {"A", "B"}
    with pytest.raises(SystemExit, match="Gone"):
        make.reachable({"A": {"x": "#Gone"}}, {"A"})


def test_the_shipped_file_is_what_its_own_document_encodes_to():
    packed = (make.ROOT / "converter" / "catalog" / FILE).read_bytes()
    document = json.loads(lzma.decompress(packed))
    assert make.encoded(document) == packed
    assert len(packed) < 100_000


def test_the_shipped_file_names_the_clients_of_the_list():
    named = [source.wheel.split("-")[1] for source in read_document().sources]
    assert tuple(named) == wheels.CLIENTS
    assert all(len(source.sha256) == 64 for source in some(read_document().sources))
