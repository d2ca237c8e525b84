"""YAML and JSON as kubectl reads and writes them: one loader and one dumper for everything users give or get."""

from converter.yaml.dump import dump, dump_all
from converter.yaml.errors import (
    AliasError,
    AmbiguousError,
    BinaryError,
    DuplicateKeyError,
    SyntaxProblemError,
    TooDeepError,
    TrailingContentError,
    YamlError,
)
from converter.yaml.limits import MAX_DEPTH
from converter.yaml.lines import Place
from converter.yaml.stream import Document, decode, load, load_all, read_documents

__all__ = [
    "MAX_DEPTH",
    "AliasError",
    "AmbiguousError",
    "BinaryError",
    "Document",
    "DuplicateKeyError",
    "Place",
    "SyntaxProblemError",
    "TooDeepError",
    "TrailingContentError",
    "YamlError",
    "decode",
    "dump",
    "dump_all",
    "load",
    "load_all",
    "read_documents",
]
