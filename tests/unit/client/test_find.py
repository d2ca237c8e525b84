"""An object that exists, one that does not, and an API server that does not answer."""

import pytest

from converter.client import UnavailableError, find_object
from tests.fakes.apiserver import FakeApiServer

PATH = "/api/v1/namespaces/a/configmaps/b"
OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b", "namespace": "a"}}


async def test_an_object_and_none():
    server = FakeApiServer()
    assert await find_object(server, PATH) is None
    server.put(PATH, OBJECT)
    assert (await find_object(server, PATH))["metadata"]["name"] == "b"


async def test_no_answer_does_not_mean_that_it_does_not_exist():
    class Silent:
        async def get(self, _path):
            raise UnavailableError(f"GET {PATH}", 0, "", "no answer")

    with pytest.raises(UnavailableError):
        await find_object(Silent(), PATH)
