"""Checks the releases of Karmada and of both API servers against the oldest that the converter works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.doctor.finding import Finding, Result, Trouble, Unchecked
from converter.install.detect import find_installations
from converter.install.versions import FLOORS, OLDEST_HOST, OLDEST_KARMADA, OLDEST_KARMADA_API, parse, server_version

if TYPE_CHECKING:
    from converter.doctor.patient import Patient


async def check_releases(patient: Patient) -> Result:
    """Find releases that are too old.

    Raises:
        ConverterError: a request failed, or what is installed in the host cluster cannot be read.
    """
    result: Result = []
    result += _below("Karmada API server", await server_version(patient.karmada), OLDEST_KARMADA_API)
    if patient.host is None:
        return [*result, Unchecked("releases", "Karmada's release is in the images of the host cluster")]
    result += _below("API server of the host cluster", await server_version(patient.host), OLDEST_HOST)
    found = await find_installations(patient.host, patient.namespace)
    if not found or not found[0].release:
        return [*result, Unchecked("releases", "no image in the namespace names Karmada's release")]
    release = found[0].release
    parsed = parse(release) or OLDEST_KARMADA
    floor = next((floor for floor in FLOORS if parsed[:2] == floor[:2]), OLDEST_KARMADA)
    return [*result, *_below("Karmada", release, floor)]


def _below(what: str, release: str, oldest: tuple[int, ...]) -> list[Finding]:
    parsed = parse(release)
    if parsed is None or parsed[: len(oldest)] >= oldest:
        return []
    needed = "v" + ".".join(map(str, oldest))
    facts = {"release": release, "at least": needed}
    return [Finding(Trouble.KARMADA_TOO_OLD, what, facts, f"upgrade {what} to {needed} or newer")]
