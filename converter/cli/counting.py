"""Counts things in messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 rule``, ``2 rules``.

    Args:
        number: how many.
        noun: the singular of a regular noun.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
