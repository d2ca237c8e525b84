"""Misses: answers of the converter that differ from a server's."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from converter.rules.differences import Difference
    from tests.controlplanes.client import ApiError


@dataclass(frozen=True)
class Way:
    """A conversion that was compared with a server's answer.

    Attributes:
        source: from which apiVersion.
        target: to which.
        defaulted: whether the manifest is as a server returns it, and not as a person writes it.
        back: whether the manifest was converted back, and compared with itself.
        original: if the manifest itself came from a conversion, the version before; else empty.
    """

    source: str
    target: str
    defaulted: bool = False
    back: bool = False
    original: str = ""

    def there_and_back(self) -> Way:
        """The same conversion, and back."""
        return replace(self, back=True)

    def __str__(self) -> str:
        given = "defaulted" if self.defaulted else "undefaulted"
        came = f", from {self.original}" if self.original else ""
        return f"{given}{came} {self.source} -> {self.target}{' and back' if self.back else ''}"


@dataclass(frozen=True)
class Miss:
    """What is wrong with one conversion: a difference, a server that refuses the result, or another problem.

    Attributes:
        way: the conversion.
        difference: one place where the result differs from the server's answer.
        refusal: the server's error.
        sent: what it refused.
        problem: anything else, in words.
    """

    way: Way
    difference: Difference | None = None
    refusal: ApiError | None = None
    sent: dict[str, Any] | None = None
    problem: str = ""

    @property
    def causes(self) -> list[tuple[str, str]]:
        """For each cause that the server's Status gives: the field and the reason."""
        body = self.refusal.body if self.refusal is not None and isinstance(self.refusal.body, dict) else {}
        causes = (body.get("details") or {}).get("causes") or []
        return [(cause.get("field", ""), cause.get("reason", "")) for cause in causes]

    def __str__(self) -> str:
        if self.difference is not None:
            return f"{self.way}: {self.difference}"
        if self.refusal is not None:
            return f"{self.way}: the conversion is refused: {self.refusal}; sent {json.dumps(self.sent)}"
        return f"{self.way}: {self.problem}"
