"""Rules as objects of the control plane: reads them, and combines them with the rules of files."""

from converter.rule_objects.combine import Combination, Combiner, rules_of
from converter.rule_objects.model import KINDS, RuleKey, RuleObject, RuleState, Verdict, read_object

__all__ = [
    "KINDS",
    "Combination",
    "Combiner",
    "RuleKey",
    "RuleObject",
    "RuleState",
    "Verdict",
    "read_object",
    "rules_of",
]
