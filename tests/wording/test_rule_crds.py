"""The descriptions of the CRDs of rules, which `kubectl explain` shows, are those of the schemas."""

from __future__ import annotations

from converter.yaml import load_all
from tools.rule_crds.__main__ import FILE, made
from tools.rule_crds.model import crds


def test_the_file_is_what_the_schemas_make():
    assert FILE.read_text("utf-8") == made()


def test_the_file_means_the_same_to_kubectl():
    """A plain ``n``, the unit of quantities, is false to sigs.k8s.io/yaml."""
    assert load_all(FILE.read_text("utf-8")) == list(crds())
