"""The rule language: parses rules, checks them, and compiles them into a rule book."""

from converter.rules.lens import LensError, Note, Side
from converter.rules.rule import API_VERSION, Example, Rule
from converter.rules.rule_book import Edge, RuleBook

__all__ = ["API_VERSION", "Edge", "Example", "LensError", "Note", "Rule", "RuleBook", "Side"]
