"""Writes deploy/karmada/interpreters.yaml from the description in converter/install/interpreters.py."""

from __future__ import annotations

from converter.install.interpreters import customizations_yaml
from converter.install.manifests import KARMADA_PART

(KARMADA_PART / "interpreters.yaml").write_text(customizations_yaml(), encoding="utf-8")
