"""The steps a rule can take, each a two-way lens: a family a module.

`converter.rules.parse` knows which word in a rule file makes which step; `docs/reference/rules.md` is their reference.
"""
