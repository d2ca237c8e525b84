"""Reads kubeconfigs: merges several files as client-go does, and loads the address and credentials of a context.

The Python client (``kubernetes.aio``) loads what an entry names. Its own merging quotes whole entries in messages,
tokens and keys included. So files are merged here, and each entry gets a name that is fit for a message.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.exec_provider import ExecProvider
from kubernetes.aio.config.kube_config import ConfigNode, FileOrData, KubeConfigLoader

from converter.client.credentials import bearer
from converter.errors import ConverterError
from converter.yaml import DuplicateKeyError, YamlError, decode, load

_KINDS: Final = ("clusters", "contexts", "users")
_MOST_NAMES = 10


class KubeconfigError(ConverterError):
    """A file that is not a kubeconfig, or one that does not lead to an API server. No value of it is in the text."""


async def load_kubeconfig(paths: str, context: str | None) -> tuple[Configuration, Path | None]:
    """Load a kubeconfig, and the token file of its user, which counts more than a token (as in client-go).

    Args:
        paths: the file, or several as in ``$KUBECONFIG``.
        context: the context; None for the current one.

    Raises:
        KubeconfigError: it cannot be used.
        OSError: a file cannot be read.
    """
    merged = _merge(paths)
    _check(merged, context)
    configuration = Configuration()
    try:
        loader = _Loader(ConfigNode("kubeconfig", merged), active_context=context, config_base_path=None)  # type: ignore[no-untyped-call]
        await loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
        user = loader.user_of_context
        found = user["user"].safe_get("tokenFile") if user is not None else None
    except ConfigException as error:
        raise KubeconfigError(str(error).rstrip(".")) from error
    except (TypeError, ValueError, KeyError, AttributeError) as error:  # such as data that is not base64
        raise KubeconfigError(
            f"the cluster or the user of its context has a value that cannot be read ({type(error).__name__}); "
            "certificates and keys have to be base64"
        ) from error
    return configuration, Path(user.path).parent / found if found else None


def _merge(paths: str) -> dict[str, Any]:
    """Merge files: of two entries with one name, and of two current contexts, the first one counts."""
    files = [Path(path).expanduser() for path in paths.split(os.pathsep) if path]
    existing = [file for file in files if file.exists()]
    if not existing:
        raise KubeconfigError("the file does not exist")
    merged: dict[str, Any] = {"current-context": "", **{kind: [] for kind in _KINDS}}
    for file in existing:
        where = f"{file}: " if len(existing) > 1 else ""
        content = _read(file, where)
        merged["current-context"] = merged["current-context"] or content.get("current-context")
        for kind in _KINDS:
            known = {entry["name"] for entry in merged[kind]}
            for entry in _entries(content, kind, where):
                if entry["name"] not in known:
                    known.add(entry["name"])
                    merged[kind].append(ConfigNode(f"{kind}[name={entry['name']}]", entry, str(file)))  # type: ignore[no-untyped-call]
    return merged


def _read(file: Path, where: str) -> dict[str, Any]:
    try:
        content: Any = load(decode(file.read_bytes()))
    except DuplicateKeyError as error:
        raise KubeconfigError(f"{where}{error}") from error
    except YamlError as error:  # its text can quote the line
        raise KubeconfigError(f"{where}line {error.line} is not valid YAML") from error
    except UnicodeDecodeError as error:
        raise KubeconfigError(f"{where}it is not text in UTF-8") from error
    if not isinstance(content, dict):
        raise KubeconfigError(f"{where}{'it is empty' if content is None else 'it is not a mapping with clusters'}")
    return content


def _entries(content: dict[str, Any], kind: str, where: str) -> list[dict[str, Any]]:
    entries = content.get(kind) or []
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries
    ):
        raise KubeconfigError(f"{where}{kind} is not a list in which each item has a name")
    return entries


def _check(merged: dict[str, Any], context: str | None) -> None:
    """Check the entries that a context uses.

    Raises:
        KubeconfigError: it names one that does not exist, or that has not the shape of its kind.
    """
    present = {kind: {entry["name"]: entry.value for entry in merged[kind]} for kind in _KINDS}
    names = [*present["contexts"]]
    listed = ", ".join(names[:_MOST_NAMES]) + (" …" if len(names) > _MOST_NAMES else "") or "none"
    name = context or merged["current-context"]
    if not name:
        raise KubeconfigError(f"it has no current-context; select a context with --context (there are: {listed})")
    if name not in present["contexts"]:
        raise KubeconfigError(f"it does not have the context {name} (there are: {listed})")
    used = _part(present["contexts"][name], "context", f"contexts[name={name}]")
    cluster = used.get("cluster")
    if cluster not in present["clusters"]:
        raise KubeconfigError(f"its context {name} names the cluster {cluster}, which it does not have")
    url = _part(present["clusters"][cluster], "cluster", f"clusters[name={cluster}]").get("server")
    if not isinstance(url, str) or urlsplit(url).scheme not in {"https", "http"} or not urlsplit(url).hostname:
        raise KubeconfigError(f"the server of its cluster {cluster} is not a URL such as https://HOST:PORT")
    user = used.get("user")
    if user in present["users"]:
        _part(present["users"][user], "user", f"users[name={user}]")


def _part(entry: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    part = entry.get(key)
    if not isinstance(part, dict):
        raise KubeconfigError(f"{where} has no mapping {key}; check the indentation")
    return part


class _Loader(KubeConfigLoader):
    """The client's loader. It reports an exec plugin that gives no credentials; the client only logs it."""

    def set_active_context(self, context_name: str | None = None) -> None:
        """Choose the entries; a context without a user gets one without credentials, which the client expects."""
        super().set_active_context(context_name)  # type: ignore[no-untyped-call]
        if self._user is None:
            self._user = ConfigNode("user", {})  # type: ignore[no-untyped-call]

    @property
    def user_of_context(self) -> Any:
        """The entry of the user; None if the context names none, or one that does not exist."""
        context: Any = self._current_context
        return self._config["users"].get_with_name(context["context"].safe_get("user"), safe=True)

    async def load_from_exec_plugin(self) -> bool:
        """Run the plugin.

        Raises:
            KubeconfigError: it cannot be run, failed, or gave no credentials.
        """
        plugin = self.user_of_context["user"]["exec"]
        named = f"its exec plugin {plugin.safe_get('command')}"
        try:
            status = await ExecProvider(plugin).run()  # type: ignore[no-untyped-call]
        except (ConfigException, OSError) as error:
            raise KubeconfigError(f"{named} failed: {error}") from error
        if "clientCertificateData" in status and "clientKeyData" in status:
            self.cert_file = self._file_of(status, "clientCertificateData")
            self.key_file = self._file_of(status, "clientKeyData")
        elif "token" not in status:
            raise KubeconfigError(f"{named} gave neither a token nor a client certificate with its key")
        if "token" in status:
            self.token = bearer(status["token"])
        return True

    def _file_of(self, status: Any, key: str) -> Any:
        content: Any = FileOrData(  # type: ignore[no-untyped-call]
            status, None, data_key_name=key, base64_file_content=False, temp_file_path=self._temp_file_path
        )
        return content.as_file()
