"""What a cluster would drop without a word, or refuse: found, weighed, and named with the release that would do."""

from converter.losses.evaluate import FieldLoss, LossEvaluator
from converter.losses.messages import told_by_release

__all__ = ["FieldLoss", "LossEvaluator", "told_by_release"]
