"""Recognizes suspended Works: nothing in them is denied, because they go to no member.

Users suspend the dispatching of a template. Karmada's own controllers store objects in suspended Works, for instance a
MultiClusterService, whose kind no member serves. The write that resumes a Work passes admission again, which then
decides about every manifest as if it were new (`converter.works.plan.decide`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.karmada.names import SUSPENDED_BEFORE_ANNOTATION
from converter.works.overflow import Suspension

if TYPE_CHECKING:
    from msgspec import Raw

    from converter.karmada.work import Work


def is_suspended(work: Work[Raw], carried: bytes | None) -> bool:
    """Whether somebody else than the converter has suspended a Work.

    The converter itself suspends a Work while it carries conversion data; the annotation says what was there before.

    Args:
        work: the Work.
        carried: the conversion data that it carries to its overflow object; None if it carries none.
    """
    if carried is None:
        return work.suspended is True
    return Suspension.parse((work.metadata.annotations or {}).get(SUSPENDED_BEFORE_ANNOTATION)) is Suspension.TRUE


def is_resumed(work: Work[Raw], old: Work[Raw] | None) -> bool:
    """Whether a write resumes a Work that somebody else than the converter had suspended.

    Args:
        work: the Work as it is written.
        old: the Work as it is stored; None if it is new.
    """
    if old is None or old.suspended is not True or work.suspended is True:
        return False
    return SUSPENDED_BEFORE_ANNOTATION not in (old.metadata.annotations or {})
