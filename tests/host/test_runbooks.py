"""Every command of the runbooks runs, in the order of their pages, on a host cluster and the Karmada beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplanes import toolchain
from tests.controlplanes.waiting import wait_until
from tests.docs.test_runbooks import PAGES, lines
from tests.e2e.propagated import Propagated
from tests.e2e.templates import template
from tests.host.ours import OLD, VERSIONS, of_ours, pods
from tests.nonempty import some
from tests.rulekit import rule_text

ROOT = Path(__file__).parents[2]
#: The pages in the order in which an administrator needs them; the first one installs.
ORDER = ("install", "alerts", "debug", "pull-mode", "scale", "upgrade", "rollback", "rotate", "emergency")
#: Pages and commands that this setting cannot follow.
ELSEWHERE = {
    "managed-karmada": "it has addresses of a vendor",
    "air-gap": "it has a registry of the administrator's",
}
INTERACTIVE = {"converter uninstall": "it asks; the end of this module runs it with --yes"}


@pytest.fixture(scope="module")
def first(session_setting):
    """A template, so that there is something to look at."""
    with Propagated(session_setting.fleet, template("CronJob", "runbook"), VERSIONS) as it:
        yield it


@pytest.fixture(scope="module")
def desk(session_setting, first, tmp_path_factory):
    """The administrator's folder: kubeconfigs, commands on the path, and the files that the pages name."""
    folder = tmp_path_factory.mktemp("desk")
    session_setting.kubeconfig_file(folder)
    (folder / "kubectl").symlink_to(toolchain.kubectl(session_setting.fleet.world.places))
    command = folder / "converter"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m converter "$@"\n')
    command.chmod(0o755)
    rules = folder / "rules"
    rules.mkdir()
    text = rule_text("steps:\n  - drop: {path: spec.zone, side: left, why: it has none}", name="runbook")
    (rules / "rules.yaml").write_text(text)
    (folder / "file.yaml").write_text(json.dumps(first.template))
    metadata = {"name": "converter-rules", "namespace": session_setting.namespace}
    book = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"rules.yaml": text}}
    (folder / "converter-rules.yaml").write_text(json.dumps(book))
    session_setting.host.client.put(book)  # who has rules of their own
    return folder


def run(desk, setting, line):
    variables = {
        "PATH": f"{desk}:{os.environ['PATH']}", "KUBECONFIG": str(setting.host.server.kubeconfig),
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    done = subprocess.run(
        line, shell=True, cwd=desk, env=os.environ | variables, capture_output=True, text=True, check=False,
        timeout=900,
    )  # fmt: skip
    return done.returncode, f"{line}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def filled(line, setting, first, next_image):
    """Put names of this setting where a page has a placeholder."""
    image = "registry.example/karmada-api-version-converter"
    values = {
        f"{image}:0.1.0": setting.image, f"{image}:0.2.0": next_image, "karmada-es-CLUSTER": f"karmada-es-{OLD}",
        "-n NAMESPACE": f"-n {first.namespace}", "resourcebinding NAME": f"resourcebinding {first.binding_name}",
        "pod NAME": f"pod {pods(setting)[0]['metadata']['name'] if 'pod NAME' in line else ''}", "DIR": "rules",
    }  # fmt: skip
    for placeholder, value in values.items():
        line = line.replace(placeholder, value)
    assert not re.search(r"\b(?!OOM)[A-Z]{4,}\b", line.partition("--raw")[0]), f"a placeholder is left: {line}"
    return line


def test_no_page_is_left_out():
    assert {page.stem for page in PAGES if list(lines(page))} == {*ORDER, *ELSEWHERE}


@pytest.mark.parametrize("page", ORDER)
def test_the_commands_of_a_page_run(setting, desk, first, next_image, page):
    (file,) = [one for one in PAGES if one.stem == page]
    for line in some(lines(file)):
        if line in INTERACTIVE:
            continue
        command = filled(line.partition(" | ")[0], setting, first, next_image)  # without what selects from the output
        code, said = run(desk, setting, command)
        assert code == 0, said
    code, said = run(desk, setting, "converter verify --wait 5m")
    assert code == 0, said


def test_what_the_pages_left_is_removed(setting, desk, first):
    code, said = run(desk, setting, "converter uninstall --yes")
    assert code == 0, said
    for client in some((setting.fleet.client, setting.host.client)):

        def nothing_left(client=client):
            assert of_ours(client) == []
            return True

        wait_until("the end of what drains", nothing_left, 120)
