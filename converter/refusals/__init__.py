"""Refusals: what the validation of a release is known to refuse, found before the manifest is sent.

`table` has one entry for each check of Kubernetes' validation that some release or version has and another has not,
with its source. `finder` runs the entries that apply to one kind, version and release, and says when a dropped field
leaves behind what the release refuses (`unions`, `dropped`). Everything is pure. `converter.losses` makes a loss of
each refusal, so that a refusal takes the way of every other loss: severity, policy, annotation and text.
"""

from converter.refusals.finder import RefusalFinder
from converter.refusals.model import Found, Refusal, RefusalReason, Server

__all__ = ["Found", "Refusal", "RefusalFinder", "RefusalReason", "Server"]
