"""The steps of rules, one module for each group of steps. Each step is a two-way lens.

`converter.rules.parse_steps` maps keywords to steps; `docs/reference/steps.md` describes them.
"""
