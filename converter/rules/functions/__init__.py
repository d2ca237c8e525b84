"""Named functions: conversions that steps cannot say, written in Python and named by rules.

Each module registers its own; a rule names them with ``call``. They are lenses like any other: they rewrite
one object in place, note what they cannot carry over, and read nothing but that object.
"""

from __future__ import annotations

from converter.rules.functions import (  # noqa: F401  # importing a module registers its own
    apiextensions,
    autoscaling,
    certificates,
    coordination,
    discovery,
    flowcontrol,
    policy,
    rbac,
    resource,
)
from converter.rules.functions.registry import FUNCTIONS, Function

__all__ = ["FUNCTIONS", "Function"]
