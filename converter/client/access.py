"""Finds the API server's address, its authority and our credentials: in a kubeconfig, or in the Pod.

The Python client (``kubernetes.aio``) loads both. Token files are our own matter (`converter.client.credentials`),
because the client reads them only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubernetes.aio import config as kube_config
from kubernetes.aio.client import Configuration
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from converter.client.credentials import LoadedHeader, TokenFile
from converter.client.kubeconfig import KubeconfigError, load_kubeconfig
from converter.errors import ConverterError
from converter.files import FileError

if TYPE_CHECKING:
    import os

    from converter.client.credentials import Credentials


class AccessError(ConverterError):
    """The API server's address or credentials cannot be read: no kubeconfig, and not in a Pod."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an API server.

    Attributes:
        configuration: its address, the TLS files and a proxy.
        credentials: the Authorization header.
    """

    configuration: Configuration
    credentials: Credentials


async def find_access(kubeconfig: str | os.PathLike[str] | None = None, context: str | None = None) -> Access:
    """Read a kubeconfig; without one, the files of the Pod's service account.

    Raises:
        AccessError: neither is there, or it cannot be read.
    """
    try:
        return await _of_kubeconfig(str(kubeconfig), context) if kubeconfig is not None else _of_pod()
    except (kube_config.ConfigException, KubeconfigError, FileError, OSError) as error:
        raise unusable(kubeconfig, error) from error


def unusable(kubeconfig: str | os.PathLike[str] | None, problem: object) -> AccessError:
    """Make the error for a kubeconfig, or for the Pod's service account without one, that cannot be used.

    Args:
        kubeconfig: the file.
        problem: what is wrong with it.
    """
    said = str(problem).rstrip(".")
    if kubeconfig is None:
        return AccessError(
            f"no kubeconfig is given, and this process does not run in a Pod with a service account ({said}). "
            "Pass a kubeconfig with --kubeconfig."
        )
    return AccessError(f"cannot use the kubeconfig {kubeconfig}: {said}. Correct it, or pass another one.")


def _of_pod() -> Access:
    configuration = Configuration()
    kube_config.load_incluster_config(configuration, try_refresh_token=False)  # type: ignore[no-untyped-call]
    return Access(configuration, TokenFile(Path(SERVICE_TOKEN_FILENAME)))


async def _of_kubeconfig(kubeconfig: str, context: str | None) -> Access:
    configuration, token_file = await load_kubeconfig(kubeconfig, context)
    if token_file is not None:
        return Access(configuration, TokenFile(token_file))

    async def load_again() -> str:
        try:
            return _header((await load_kubeconfig(kubeconfig, context))[0])
        except (KubeconfigError, OSError):
            return ""

    return Access(configuration, LoadedHeader(_header(configuration), load_again))


def _header(configuration: Configuration) -> str:
    return configuration.api_key.get("BearerToken", "")
