"""Writes deploy/karmada/interpreters.yaml from the description in converter/installation/interpreters.py."""

from __future__ import annotations

from converter.installation.interpreters import customizations_yaml
from converter.installation.manifests import KARMADA_PART

(KARMADA_PART / "interpreters.yaml").write_text(customizations_yaml(), encoding="utf-8")
