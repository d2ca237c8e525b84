"""Certificate signing requests: the signer that v1beta1 infers and v1 requires.

Sources in Kubernetes: pkg/apis/certificates/v1beta1/defaults.go and pkg/apis/certificates/helpers.go.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from converter.rules.functions.registry import register
from converter.rules.lens import Notes, get_object, wrong_type

if TYPE_CHECKING:
    from cryptography.x509 import CertificateSigningRequest

_UNKNOWN = "kubernetes.io/legacy-unknown"
_KUBELET_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"
_KUBELET_SERVING = "kubernetes.io/kubelet-serving"

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]+?)-----END \1-----")
_NODES = "system:nodes"
_NODE = "system:node:"
# Later releases let a kubelet go without key encipherment (v1.25), but v1.21 was the last that served v1beta1.
_CLIENT_USAGES = {"digital signature", "key encipherment", "client auth"}
_SERVER_USAGES = {"digital signature", "key encipherment", "server auth"}


def _tell(csr: dict[str, Any], _notes: Notes) -> None:
    """Set the signer that v1beta1 would infer."""
    spec = get_object(csr, ("spec",))
    if spec is None or spec.get("signerName") is not None:
        return
    spec["signerName"] = _signer(_request(spec), _usages(spec))


def _leave(_csr: dict[str, Any], _notes: Notes) -> None:
    """Leave the object as it is: both versions have the signer."""


def _request(spec: dict[str, Any]) -> CertificateSigningRequest | None:
    """Read the request as API servers do: the first PEM block, which must be of the right type."""
    text = spec.get("request")
    if text is not None and type(text) is not str:
        raise wrong_type(("spec", "request"), "a string", text)
    try:
        found = _PEM.search(base64.b64decode(text or "", validate=False))
        if found is None or found[1] != b"CERTIFICATE REQUEST":
            return None
        from cryptography import x509  # noqa: PLC0415  # slow to load, and hardly any manifest needs it

        return x509.load_der_x509_csr(base64.b64decode(found[2]))
    except (binascii.Error, ValueError):
        return None


def _usages(spec: dict[str, Any]) -> set[str]:
    usages = spec.get("usages")
    if usages is None:
        return set()
    if type(usages) is not list or not all(type(usage) is str for usage in usages):
        raise wrong_type(("spec", "usages"), "a list of strings", usages)
    return set(usages)


def _signer(request: CertificateSigningRequest | None, usages: set[str]) -> str:
    """Infer the signer of a kubelet's request; of any other it is unknown."""
    try:
        names = None if request is None else _alternative_names(request)
        if request is None or names is None or not _of_a_node(request):
            return _UNKNOWN
    except ValueError:  # a request that cannot be read is not a kubelet's
        return _UNKNOWN
    if not names and usages == _CLIENT_USAGES:
        return _KUBELET_CLIENT
    if names and names <= {"dns", "ip"} and usages == _SERVER_USAGES:
        return _KUBELET_SERVING
    return _UNKNOWN


def _of_a_node(request: CertificateSigningRequest) -> bool:
    from cryptography.x509.oid import NameOID  # noqa: PLC0415  # as above

    groups = [name.value for name in request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    names = [str(name.value) for name in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return groups == [_NODES] and bool(names) and names[-1].startswith(_NODE)


def _alternative_names(request: CertificateSigningRequest) -> set[str]:
    """List which types of alternative names a request has."""
    from cryptography import x509  # noqa: PLC0415  # as above

    try:
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    sorts = ((x509.DNSName, "dns"), (x509.IPAddress, "ip"), (x509.RFC822Name, "email"))
    uri = {"uri"} if names.get_values_for_type(x509.UniformResourceIdentifier) else set()
    return uri | {called for sort, called in sorts if any(isinstance(name, sort) for name in names)}


register(
    "certificatesigningrequest-signer",
    "v1beta1 infers a missing signerName from the request (a kubelet's client or serving certificate, else "
    "kubernetes.io/legacy-unknown); v1 requires it",
    to_right=_leave,
    to_left=_tell,
    left_fields=["spec.signerName"],
    right_fields=["spec.signerName", "spec.request", "spec.usages"],
)
