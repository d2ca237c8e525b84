"""What the rules do otherwise than the projects' own code, on purpose. docs/reference/ecosystem.md says why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Way = tuple[str, str, str]
"""A kind, the version converted from, and the version converted to."""

_CERT, _GATEWAY = "cert-manager.io", "gateway.networking.k8s.io"

REFUSED: Final[frozenset[Way]] = frozenset(
    {
        ("Certificate", f"{_CERT}/v1", f"{_CERT}/v1beta1"),
    }
)
"""Ways on which some objects are refused, because their meaning would change."""

REQUIRED: Final[Mapping[Way, re.Pattern[str]]] = {
    ("TLSRoute", f"{_GATEWAY}/v1alpha2", f"{_GATEWAY}/v1"): re.compile(r"spec\.hostnames: Required value"),
    ("TLSRoute", f"{_GATEWAY}/v1alpha2", f"{_GATEWAY}/v1alpha3"): re.compile(r"spec\.hostnames: Required value"),
}
"""Fields that a version requires, that the other one lets out, and for which there is no right value."""
