"""Admission reviews: reads the fields that the webhooks need, and writes answers.

Only the declared fields are decoded. All other fields, such as the user and the options, are skipped.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec
from msgspec import Raw

from converter.errors import ConverterError
from converter.kube import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.kube.json_patch import Operation

API_VERSION: Final = "admission.k8s.io/v1"
KIND: Final = "AdmissionReview"

LONGEST_WARNING: Final = 256
"""The longest warning in characters; the API server cuts longer ones (AdmissionResponse, k8s.io/api/admission/v1)."""

ALL_WARNINGS: Final = 4096
"""The length of all warnings together, from the same source."""

LONGEST_DENIAL: Final = 8192
"""Characters of the longest denial; one about 2,000 manifests helps nobody, and Events hold 1,024."""

ObjectT = TypeVar("ObjectT")

_NULL: Final = Raw(b"null")


class ReviewProblem(StrEnum):
    """Why a request is not an AdmissionReview."""

    EMPTY = "Empty"
    ENCODING = "Encoding"
    TOO_DEEP = "TooDeep"
    MALFORMED = "Malformed"
    KIND = "Kind"
    VERSION = "Version"
    NO_REQUEST = "NoRequest"


class ReviewError(ConverterError):
    """A request that is not an AdmissionReview: an HTTP error, not a denial.

    Attributes:
        code: why it is not one.
        problem: the same for people.
    """

    def __init__(self, code: ReviewProblem, problem: str) -> None:
        self.code = code
        self.problem = problem
        super().__init__(f"not an AdmissionReview of {API_VERSION}: {problem}")


class Request(msgspec.Struct, Generic[ObjectT], rename="camel"):
    """What is asked.

    Attributes:
        uid: names the review; the answer repeats it.
        object: the object as it would be stored; on DELETE there is none.
        operation: CREATE, UPDATE, DELETE or CONNECT.
        namespace: of the object; empty for cluster-scoped ones.
        name: of the object; may be empty on CREATE.
        sub_resource: ``status`` and the like; empty for the object itself.
    """

    uid: str
    object: ObjectT
    operation: str = ""
    namespace: str = ""
    name: str = ""
    sub_resource: str = ""


class Review(msgspec.Struct, Generic[ObjectT], rename="camel"):
    """One AdmissionReview (k8s.io/api/admission/v1)."""

    api_version: str
    kind: str
    request: Request[ObjectT]


class RawRequest(msgspec.Struct, rename="camel"):
    """What is asked, with the objects left as bytes."""

    uid: str
    operation: str = ""
    namespace: str = ""
    name: str = ""
    sub_resource: str = ""
    raw_object: Raw = msgspec.field(name="object", default=_NULL)
    raw_old_object: Raw = msgspec.field(name="oldObject", default=_NULL)

    @property
    def object(self) -> Raw | None:
        """The object as it would be stored; None where there is none."""
        return None if bytes(self.raw_object) == b"null" else self.raw_object

    @property
    def old_object(self) -> Raw | None:
        """The object as it is stored; None where there is none."""
        return None if bytes(self.raw_old_object) == b"null" else self.raw_old_object


class RawReview(msgspec.Struct, rename="camel"):
    """One AdmissionReview, with the objects left as bytes."""

    api_version: str
    kind: str
    request: RawRequest


class _Head(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    request: Raw = _NULL


_raw_reviews = msgspec.json.Decoder(RawReview)
_heads = msgspec.json.Decoder(_Head)


def decode_review(body: bytes) -> RawReview:
    """Read a review and leave its objects as bytes.

    Raises:
        ReviewError: it is not a review; the message says why.
    """
    check_text(body)
    try:
        review = _raw_reviews.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise explain(body, error) from None
    if review.api_version != API_VERSION or review.kind != KIND:
        raise explain(body, None)
    return review


def check_text(body: bytes) -> None:
    """Check that a body is UTF-8, which the decoder does not check in skipped fields.

    Raises:
        ReviewError: it is not UTF-8.
    """
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} of the body is not UTF-8 ({error.reason})"
            raise ReviewError(ReviewProblem.ENCODING, problem) from None


def explain(body: bytes, error: Exception | None) -> ReviewError:
    """Explain why a body could not be read as a review; the most likely reason comes first."""
    if not body.strip():
        return ReviewError(ReviewProblem.EMPTY, "the body is empty")
    if isinstance(error, RecursionError):
        return ReviewError(ReviewProblem.TOO_DEEP, "it is nested deeper than any Kubernetes object")
    try:
        head = _heads.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as failure:
        return ReviewError(ReviewProblem.MALFORMED, f"it cannot be read: {failure}")
    return _explain_head(head, error)


def _explain_head(head: _Head, error: Exception | None) -> ReviewError:
    if head.kind != KIND:
        return ReviewError(ReviewProblem.KIND, f"its kind is {head.kind!r}, not {KIND!r}")
    if head.api_version != API_VERSION:
        problem = (
            f"its apiVersion is {head.api_version!r}; set admissionReviewVersions: [v1] in the webhook configuration"
        )
        return ReviewError(ReviewProblem.VERSION, problem)
    if bytes(head.request) == b"null":
        return ReviewError(ReviewProblem.NO_REQUEST, "it has no request")
    return ReviewError(ReviewProblem.MALFORMED, f"it cannot be read: {error}")


class _Status(msgspec.Struct):
    message: str
    reason: str = "Invalid"
    code: int = 422
    status: str = "Failure"


class _Response(msgspec.Struct, omit_defaults=True, rename="camel"):
    uid: str
    allowed: bool
    patch_type: str = ""
    patch: bytes = b""  # encoded as base64, as the API wants it
    status: _Status | None = None
    warnings: list[str] = []


class _Answer(msgspec.Struct, rename="camel"):
    response: _Response
    api_version: str = API_VERSION
    kind: str = KIND


_encode = msgspec.json.encode
_ALLOWED_HEAD = b'{"response":{"uid":'
_ALLOWED_TAIL = b',"allowed":true},"apiVersion":"%s","kind":"%s"}' % (API_VERSION.encode(), KIND.encode())


def allow_as_is(uid: str) -> bytes:
    """Allow an object unchanged, without warnings: the answer to nearly every review."""
    return b"%b%b%b" % (_ALLOWED_HEAD, _encode(uid), _ALLOWED_TAIL)


def allow(review: RawReview | Review[Any], warnings: Sequence[str] = ()) -> bytes:
    """Allow an object unchanged, with warnings for the user."""
    if not warnings:
        return allow_as_is(review.request.uid)
    return _encode(_Answer(_Response(review.request.uid, allowed=True, warnings=bounded(warnings))))


def patched(
    review: RawReview | Review[Any],
    operations: Sequence[Operation | dict[str, Any]],
    warnings: Sequence[str] = (),
) -> bytes:
    """Allow an object with a JSON Patch, with warnings for the user."""
    response = _Response(
        review.request.uid,
        allowed=True,
        patch_type="JSONPatch",
        patch=_encode(operations),
        warnings=bounded(warnings) if warnings else [],
    )
    return _encode(_Answer(response))


def deny(review: RawReview | Review[Any], message: str, warnings: Sequence[str] = ()) -> bytes:
    """Deny an object; the API server shows the message to the client."""
    status = _Status(cut(message, LONGEST_DENIAL))
    response = _Response(review.request.uid, allowed=False, status=status, warnings=bounded(warnings))
    return _encode(_Answer(response))


def bounded(warnings: Sequence[str], more: str = "see the object's annotations") -> list[str]:
    """Cut warnings to the limits of the API server, and count the ones that are left out.

    Args:
        warnings: the warnings, however many and long.
        more: where to find the rest.
    """
    kept: list[str] = []
    left = ALL_WARNINGS - LONGEST_WARNING
    for index, warning in enumerate(warnings):
        text = warning if len(warning) <= LONGEST_WARNING else warning[: LONGEST_WARNING - 1] + "…"
        left -= len(text)
        if left < 0:
            kept.append(f"and {len(warnings) - index} more; {more}")
            break
        kept.append(text)
    return kept
