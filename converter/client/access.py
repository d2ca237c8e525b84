"""Finds the API server's address, its authority and our credentials: in a kubeconfig, or in the Pod.

The Python client (``kubernetes.aio``) reads both, and runs exec plugins. Token files are our own matter
(`converter.client.credentials`), because the client reads them only once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubernetes.aio import config as kube_config
from kubernetes.aio.client import Configuration
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME
from kubernetes.aio.config.kube_config import KubeConfigLoader, KubeConfigMerger

from converter.client.credentials import LoadedHeader, TokenFile
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
    except (kube_config.ConfigException, FileError, OSError) as error:
        where = "the Pod's service account" if kubeconfig is None else f"the kubeconfig {kubeconfig}"
        raise AccessError(f"cannot use {where}: {error}. Pass another one with --kubeconfig.") from error


def _of_pod() -> Access:
    configuration = Configuration()
    kube_config.load_incluster_config(configuration, try_refresh_token=False)  # type: ignore[no-untyped-call]
    return Access(configuration, TokenFile(Path(SERVICE_TOKEN_FILENAME)))


async def _of_kubeconfig(kubeconfig: str, context: str | None) -> Access:
    configuration, token_file = await _load(kubeconfig, context)
    if token_file is not None:
        return Access(configuration, TokenFile(token_file))

    async def load_again() -> str:
        try:
            return _header((await _load(kubeconfig, context))[0])
        except (kube_config.ConfigException, OSError):
            return ""

    return Access(configuration, LoadedHeader(_header(configuration), load_again))


async def _load(kubeconfig: str, context: str | None) -> tuple[Configuration, Path | None]:
    """Load a kubeconfig; also return the token file of its user, which counts more than a token (as in client-go)."""
    merged = KubeConfigMerger(kubeconfig).config  # type: ignore[no-untyped-call]
    if merged is None:
        raise kube_config.ConfigException("the file does not exist")
    loader = KubeConfigLoader(merged, active_context=context, config_base_path=None)  # type: ignore[no-untyped-call]
    configuration = Configuration()
    await loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
    user = merged["users"].get_with_name(loader.current_context["context"].get("user"), safe=True)
    found = user["user"].safe_get("tokenFile") if user is not None else None
    return configuration, Path(user.path).parent / found if found else None


def _header(configuration: Configuration) -> str:
    return configuration.api_key.get("BearerToken", "")
