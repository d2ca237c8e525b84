"""Named functions: conversions that steps cannot express, written in Python.

Each module registers its functions, and a rule names one with ``call``. They are lenses: they rewrite one object in
place, add a note for each value that they cannot carry over, and read only that object.
"""

from __future__ import annotations

from converter.rules.functions import (  # noqa: F401  # importing a module registers its functions
    apiextensions,
    autoscaling,
    certificates,
    cluster_api,
    coordination,
    discovery,
    flowcontrol,
    flux,
    kueue,
    openkruise,
    policy,
    rbac,
    resource,
    snapshots,
    tekton,
)
from converter.rules.functions.registry import FUNCTIONS, Function

__all__ = ["FUNCTIONS", "Function"]
