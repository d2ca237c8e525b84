"""The image runs: by runc, as an unprivileged user, on a root file system that nobody can write to."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from tests.controlplanes.places import Places
from tests.controlplanes.ports import Ports
from tests.controlplanes.waiting import wait_until

PYTHON = ["/opt/converter/bin/python"]
NOBODY = 65532
IMPORT_ALL = """
import importlib, pkgutil, converter
names = [m.name for m in pkgutil.walk_packages(converter.__path__, "converter.") if not m.name.endswith("__main__")]
for name in ("converter.server.tracing", "converter.testing.plugin"):  # the image leaves out their extras
    names.remove(name)
for name in names: importlib.import_module(name)
print(len(names))
"""
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "karmada", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "converter", "user": {"tokenFile": "/mnt/token"}}],
    "contexts": [{"name": "karmada", "context": {"cluster": "karmada", "user": "converter"}}],
    "current-context": "karmada",
}


@pytest.fixture
def port():
    ports = Ports(Places.from_environment().cache)
    yield ports.take()
    ports.close()


def answers(child, port, path):
    """The status of a GET on 127.0.0.1, as long as the container lives."""
    assert child.poll() is None or pytest.fail("the container ended")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def wait_for(child, port, path, status):
    wait_until(path, lambda: answers(child, port, path) == status, 60, ignore=(OSError, http.client.HTTPException))


def test_the_user_and_the_command_are_in_its_configuration(image):
    assert image.config["User"] == f"{NOBODY}:{NOBODY}"
    assert image.config["Entrypoint"] == ["converter"]


def test_it_has_no_privilege_and_cannot_write(image):
    script = (
        "import os, pathlib\n"
        "print(os.getuid(), os.getgid())\n"
        "lines = pathlib.Path('/proc/self/status').read_text().splitlines()\n"
        "print(*[int(line.split()[1], 16) for line in lines if line.startswith('Cap')])\n"
        "for place in ('/', '/opt/converter', '/etc'):\n"
        "    try: pathlib.Path(place, 'new').touch()\n"
        "    except OSError as error: print(error.errno)\n"
    )
    done = image.run("-c", script, entrypoint=PYTHON)
    assert done.returncode == 0, done.stderr
    read_only = 30  # EROFS
    assert [int(word) for word in done.stdout.split()] == [NOBODY, NOBODY, *[0] * 5, *[read_only] * 3]


def test_every_module_of_the_converter_imports(image):
    done = image.run("-c", IMPORT_ALL, entrypoint=PYTHON)
    assert done.returncode == 0, done.stderr
    modules = [path for path in (Path(__file__).parents[2] / "converter").rglob("*.py") if path.name != "__main__.py"]
    assert int(done.stdout) == len(modules) - 3  # the package itself, and those of extras


def test_the_version_and_the_rules(image):
    done = image.run("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "converter"), done.stderr
    done = image.run("rules", "test")
    assert done.returncode == 0, done.stderr


def test_it_converts(image):
    manifest = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": {}}
    files = {"cron.json": json.dumps(manifest)}
    done = image.run("convert", "-f", "/mnt/cron.json", "--to", "batch/v1beta1", "-o", "json", files=files)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["apiVersion"] == "batch/v1beta1"


def test_it_serves(image, port):
    places = ["--listen", "127.0.0.1:0", "--metrics-listen", f"127.0.0.1:{port}"]
    with image.running("serve", "--sample", *places) as child:
        wait_for(child, port, "/readyz", 200)


def test_the_controller_starts_without_karmada_and_is_not_ready(image, port):
    """It reads the kubeconfig and the token with what is left of the kubernetes package."""
    files = {"kubeconfig": json.dumps(KUBECONFIG), "token": "a.b.c"}
    options = ["--kubeconfig", "/mnt/kubeconfig", "--metrics-listen", f"127.0.0.1:{port}"]
    with image.running("controller", *options, files=files) as child:
        wait_for(child, port, "/healthz", 200)
        wait_for(child, port, "/readyz", 503)
