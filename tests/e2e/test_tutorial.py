"""The tutorial about rolling a rule out: its commands run as they are written, on a real Karmada."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.controlplanes import kubeconfig, toolchain
from tests.docs.reader import Reader, steps
from tests.e2e.installation import Installation
from tests.nonempty import some

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "roll-out-a-rule.md"


@pytest.fixture(scope="module")
def converter(session_fleet):
    installed = Installation(session_fleet)
    yield installed
    installed.stop()


@pytest.fixture
def reader(fleet, converter, tmp_path):
    """The root of a checkout, with what the page asks for: the kubeconfig, and both commands on the path."""
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "kubectl").symlink_to(toolchain.kubectl(fleet.world.places))
    command = programs / "converter"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m converter "$@"\n')
    command.chmod(0o755)
    config = kubeconfig.merge(tmp_path / "fleet.kubeconfig", fleet.kubeconfigs())
    path = f"{programs}:{os.environ['PATH']}"
    yield Reader(tmp_path, PATH=path, KUBECONFIG=str(config), PYTHONPATH=str(ROOT))
    tidy_up(fleet)


def tidy_up(fleet):
    """Delete what a page that stopped half-way leaves; its own last commands delete all of it.

    A CRD takes its objects with it.
    """
    fleet.client.delete("policy.karmada.io/v1alpha1", "PropagationPolicy", "sessions", "default")
    fleet.client.delete("apiconverter.dev/v1alpha1", "ConversionRule", "cache-v1beta1-v1")
    for client in some((fleet.client, fleet.members["new"].client, fleet.members["old"].client)):
        client.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", "caches.acme.io")


def test_the_commands_run_as_written(reader):
    for step in some(steps(PAGE.read_text("utf-8"))):
        reader.follow(step)
    print(f"the tutorial's commands took {sum(reader.seconds.values()):.0f} s")
    for command, seconds in sorted(reader.seconds.items(), key=lambda each: -each[1])[:6]:
        print(f"  {seconds:5.1f} s  {command}")
