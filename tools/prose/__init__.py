"""Checks that texts of this repository are plain English: ``python -m tools.prose``.

`tools.prose.habits` has the rules, `tools.prose.sources` finds the texts, and `tools.prose.check` applies the rules.
"""
