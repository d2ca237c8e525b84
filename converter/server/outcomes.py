"""How the answer to a review ends, for metrics and traces."""

from __future__ import annotations


def outcome_of(answer: bytes) -> str:
    """Return the outcome of an answered review.

    Only fields of the answer can match: inside a JSON string, these quotes would be escaped.
    """
    if b'"allowed":true' not in answer:
        return "denied"
    if b'"patch":' in answer:
        return "changed"
    return "warned" if b'"warnings":' in answer else "unchanged"
