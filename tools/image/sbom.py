"""Lists what an image contains, as a CycloneDX document: Python's packages and Debian's.

The list comes from the image's files, not from the locks, so it is what runs. Each Python package must then be one of
the lock, in that version.
"""

from __future__ import annotations

import datetime as dt
import email
import re
import uuid
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tools.image.programs import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SITE = "opt/converter/lib/python3.*/site-packages"
PROJECT = "karmada-api-version-converter"
_SPACE = uuid.UUID("5a3f9c86-58c9-4a8b-9a53-5d0d1f3d5e57")
_REQUIREMENT = re.compile(r"[\w.-]+")
_LOCKED = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


class NotLockedError(ImageError):
    """The image has Python packages that are not in the lock, or in other versions.

    Attributes:
        packages: name and version of each.
    """

    def __init__(self, packages: Iterable[tuple[str, str]]) -> None:
        self.packages = sorted(packages)
        listed = ", ".join(f"{name} {version}" for name, version in self.packages)
        super().__init__(f"not in requirements/run.txt: {listed}. Run `make lock`, and build the image again.")


@dataclass(frozen=True)
class Package:
    """One installed package.

    Attributes:
        name: normalized.
        version: its version.
        purl: its address in the world of packages.
        license: an SPDX expression or a name; empty if the package names none.
        needs: the names of packages that it requires.
    """

    name: str
    version: str
    purl: PackageURL
    license: str = ""
    needs: tuple[str, ...] = ()


def python_packages(root: Path) -> list[Package]:
    """List the Python packages of an image's converter, by name.

    Args:
        root: the image's files.

    Raises:
        ImageError: the image has no such environment.
    """
    places = [str(place) for place in root.glob(SITE)]
    found = sorted((_python_package(one) for one in metadata.distributions(path=places)), key=lambda one: one.name)
    if not found:
        raise ImageError(f"{root} has no packages in {SITE}: is this the converter's image?")
    return found


def debian_packages(root: Path) -> list[Package]:
    """List the Debian packages of an image, by name; none if its base is not a Debian.

    Args:
        root: the image's files.
    """
    status = root / "var/lib/dpkg/status"
    if not status.is_file():
        return []
    entries = [email.message_from_string(entry) for entry in status.read_text().strip().split("\n\n")]
    release = root / "etc/os-release"
    named = re.search(r"^VERSION_CODENAME=(\w+)$", release.read_text(), re.MULTILINE) if release.exists() else None
    distro = {"distro": named[1]} if named else {}
    found = []
    for entry in entries:
        if entry["Status"] == "install ok installed":
            about = {"arch": entry["Architecture"], **distro}
            purl = PackageURL("deb", "debian", entry["Package"], entry["Version"], about)
            found.append(Package(entry["Package"], entry["Version"], purl))
    return sorted(found, key=lambda one: one.name)


def check_lock(packages: Iterable[Package], lock: str) -> None:
    """Compare installed Python packages with a lock.

    Raises:
        NotLockedError: one of them is not in it; the project itself needs no entry.
    """
    locked = {_normalized(name): version for name, version in _LOCKED.findall(lock)}
    others = {
        (one.name, one.version) for one in packages if one.name != PROJECT and locked.get(one.name) != one.version
    }
    if others:
        raise NotLockedError(others)


def document(packages: Iterable[Package], debian: Iterable[Package], *, version: str, digest: str, epoch: int) -> str:
    """Return the CycloneDX document of an image as JSON; the same image gives the same bytes.

    Args:
        packages: of Python.
        debian: of Debian.
        version: the image's tag.
        digest: the image's digest, to which the document belongs.
        epoch: the time of the image, in seconds since 1970.

    Raises:
        ImageError: the document does not follow CycloneDX' schema.
    """
    bom = Bom(serial_number=uuid.uuid5(_SPACE, digest))
    bom.metadata.timestamp = dt.datetime.fromtimestamp(epoch, dt.UTC)
    purl = PackageURL("oci", None, PROJECT, digest, {"tag": version})
    image = Component(name=PROJECT, version=version, type=ComponentType.CONTAINER, bom_ref=str(purl), purl=purl)
    bom.metadata.component = image
    python = {one.name: _component(one) for one in packages}
    system = [_component(one) for one in debian]
    for component in (*python.values(), *system):
        bom.components.add(component)
    bom.register_dependency(image, [*([python[PROJECT]] if PROJECT in python else python.values()), *system])
    for one in packages:
        bom.register_dependency(python[one.name], [python[name] for name in one.needs if name in python])
    text = JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise ImageError(f"the list of contents is not CycloneDX: {problem}")
    return text


def _python_package(found: metadata.Distribution) -> Package:
    facts: Mapping[str, str] = found.metadata.json  # type: ignore[attr-defined]
    name = _normalized(found.metadata["Name"])
    needs = {
        _normalized(match[0])
        for need in found.requires or ()
        if "extra ==" not in need
        for match in [_REQUIREMENT.match(need)]
        if match
    }
    license_ = facts.get("license_expression") or facts.get("license", "")
    one_line = license_ if "\n" not in license_ and len(license_) < _LONGEST_LICENSE else ""
    return Package(name, found.version, PackageURL("pypi", None, name, found.version), one_line, tuple(sorted(needs)))


def _component(package: Package) -> Component:
    licenses = [LicenseFactory().make_from_string(package.license)] if package.license else []
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=package.purl.to_string(),
        purl=package.purl,
        licenses=licenses,
    )


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


_LONGEST_LICENSE = 100
"""Some packages have the whole text of their license in this field."""
