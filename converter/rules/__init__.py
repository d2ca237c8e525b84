"""The rule language: read, check, compile to functions, keep as a book."""

from converter.rules.lens import LensError, Note, Side
from converter.rules.rule import Example, Rule
from converter.rules.rule_book import Edge, RuleBook, Source

__all__ = ["Edge", "Example", "LensError", "Note", "Rule", "RuleBook", "Side", "Source"]
