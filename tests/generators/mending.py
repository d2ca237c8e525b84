"""Mends a manifest by what an API server says against it.

A forbidden or invalid value goes, and a missing one is made. An unsupported one becomes one of those that the message
lists.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.controlplanes.client import ApiError
    from tests.generators.valid_values import ValidValues

Json = Any
_Steps = tuple[str | int, ...]

_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(?:(\d+)|([^\]]*))\]")
_SUPPORTED = re.compile(r"supported values: (.*)$")


def mend(maker: ValidValues, seed: int, manifest: dict[str, Json], refusal: ApiError) -> bool:
    """Change a manifest by what its refusal says; False where it says nothing of use."""
    rng = random.Random(seed)
    causes = ((refusal.body or {}).get("details") or {}).get("causes") if isinstance(refusal.body, dict) else None
    for cause in causes or ():
        cause["field"] = str(cause.get("field")).replace("matchResouces", "matchResources")  # as v1.30 spells it
        # A few fields are named without the `metadata` before them.
        if str(cause.get("field")).startswith("annotations."):
            cause["field"] = f"metadata.{cause['field']}".replace(".annotations.", ".annotations[") + "]"
    missing = {cause.get("field") for cause in causes or () if cause.get("reason") == "FieldValueRequired"}
    changed = False
    for cause in sorted(causes or (), key=lambda cause: str(cause.get("field")), reverse=True):
        if cause.get("reason") == "FieldValueRequired" or cause.get("field") not in missing:
            changed |= _mend_one(maker, rng, manifest, cause)
    maker.finish(rng, manifest)
    return changed


def _mend_one(maker: ValidValues, rng: random.Random, manifest: dict[str, Json], cause: dict[str, str]) -> bool:
    steps = _steps(str(cause.get("field") or ""))
    if not steps or steps == ("<nil>",):
        return False
    message, reason = str(cause.get("message") or ""), cause.get("reason")
    listed = _SUPPORTED.search(message)
    if listed and reason == "FieldValueNotSupported":
        values = re.findall(r'"([^"]*)"', listed.group(1)) or re.split(r",\s*", listed.group(1))
        return _write(manifest, steps, rng.choice(values)) or _remove(manifest, steps)
    if reason == "FieldValueRequired":
        found = maker.root.field_at(steps)
        if found is not None and len(steps) > 1:
            path = "".join("[*]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
            value = maker.value(rng, found, path, 4, ())
            if value in ("", None, {}, []) or not _write(manifest, steps, value):
                return _remove(manifest, steps[:-1])
            return True
    return _remove(manifest, steps)


def _steps(field: str) -> _Steps:
    return tuple(int(number) if number else key or name for name, number, key in _STEP.findall(field))


def _write(manifest: dict[str, Json], steps: _Steps, value: Json) -> bool:
    """Write a value where its parent is there, or can be made one level deep."""
    at: Json = manifest
    for place, step in enumerate(steps[:-1]):
        if isinstance(at, dict):
            if at.get(step) is None:
                if place < len(steps) - 2 or isinstance(steps[-1], int):
                    return False
                at[step] = {}
            at = at[step]
        elif _within(at, step):
            at = at[step]
        else:
            return False
    last = steps[-1]
    if isinstance(at, dict) or (isinstance(at, list) and isinstance(last, int) and last < len(at)):
        at[last] = value
    else:
        return False
    return True


def _remove(manifest: dict[str, Json], steps: _Steps) -> bool:
    """Take away what stands at a path, or else the nearest thing around it; never a whole top-level field."""
    for length in range(len(steps), 1, -1):
        at: Json = manifest
        for step in steps[: length - 1]:
            at = at.get(step) if isinstance(at, dict) else at[step] if _within(at, step) else None
        last = steps[length - 1]
        if (isinstance(at, dict) and last in at) or _within(at, last):
            if steps[0] == "metadata" and length == 2:
                at.pop(last) if last in ("annotations", "labels") else None
                return last in ("annotations", "labels")
            del at[last]
            return True
    return False


def _within(at: Json, step: str | int) -> bool:
    return isinstance(at, list) and isinstance(step, int) and step < len(at)
