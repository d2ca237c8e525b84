"""What a cluster would drop without a word: found, weighed, and named with the release that would do."""

from converter.losses.analysis import FieldLoss, LossAnalysis

__all__ = ["FieldLoss", "LossAnalysis"]
