"""Checks the releases of Karmada and of both API servers against the oldest that the converter works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.doctor.finding import Finding, Result, Thing, Trouble, Unchecked
from converter.install.detect import Method, find_installations
from converter.install.versions import FLOORS, OLDEST_HOST, OLDEST_KARMADA, OLDEST_KARMADA_API, parse, server_version

if TYPE_CHECKING:
    from converter.doctor.patient import Patient
    from converter.install.detect import KarmadaInstallation


async def check_releases(patient: Patient) -> Result:
    """Find releases that are too old.

    Raises:
        ConverterError: a request failed, or what is installed in the host cluster cannot be read.
    """
    commands = patient.commands
    result: Result = []
    edit = commands.on_host("edit", "deployment", "karmada-apiserver")
    result += _below("karmada-apiserver", await server_version(patient.karmada), OLDEST_KARMADA_API, edit)
    if patient.host is None:
        return [*result, Unchecked("releases", "Karmada's release is in the images of the host cluster")]
    result += _below("host", await server_version(patient.host), OLDEST_HOST, ("kubeadm", "upgrade", "plan"))
    found = await find_installations(patient.host, patient.namespace)
    if not found or not found[0].release:
        return [*result, Unchecked("releases", "no image in the namespace names Karmada's release")]
    release = found[0].release
    parsed = parse(release) or OLDEST_KARMADA
    floor = next((floor for floor in FLOORS if parsed[:2] == floor[:2]), OLDEST_KARMADA)
    return [*result, *_below("karmada", release, floor, _upgrade(patient, found[0], floor))]


def _upgrade(patient: Patient, found: KarmadaInstallation, floor: tuple[int, ...]) -> tuple[str, ...]:
    """Write the command that upgrades Karmada, or where its images are set."""
    if found.method is Method.HELM:
        version = ".".join(map(str, floor))
        chart = ("karmada-charts/karmada", "--namespace", found.namespace, "--reuse-values", "--version", version)
        return ("helm", "upgrade", found.name, *chart)
    if found.method is Method.OPERATOR:
        return patient.commands.on_host("edit", "karmadas.operator.karmada.io")
    return patient.commands.on_host("edit", "deployment", "karmada-controller-manager", "karmada-scheduler")


def _below(what: str, release: str, oldest: tuple[int, ...], command: tuple[str, ...]) -> list[Finding]:
    parsed = parse(release)
    if parsed is None or parsed[: len(oldest)] >= oldest:
        return []
    facts = {"release": release, "oldest": "v" + ".".join(map(str, oldest))}
    return [Finding(Trouble.KARMADA_TOO_OLD, Thing("Release", what), facts, command)]
