"""Losses: what a conversion or a cluster's release does not carry over, from the manifest to the text about it.

The path of one lost field, in the order of the modules:

1. `affected_kinds` decides from the catalog whether a release may lose something of a kind at all.
2. `schema_decoders` accepts, in C, manifests that a release knows completely: nearly all of them end here.
3. `unknown_fields` finds each field that the release does not know, and each value that it refuses.
4. `evaluate` makes a `model.Loss` of it, or of a value that a conversion could not carry: identity, `severity`, facts.
5. `decide` applies the `policy`: deny, warn or ignore. A loss that was let pass before is not denied.
6. `record` stores the identities on the Work, as JSON, and reads them back.
7. `messages` renders texts. Nothing reads a text back.
"""

from converter.losses.evaluate import LossEvaluator
from converter.losses.model import Loss, ManifestId, Origin

__all__ = ["Loss", "LossEvaluator", "ManifestId", "Origin"]
