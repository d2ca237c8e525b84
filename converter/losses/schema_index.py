"""What losses depend on that comes from the catalog alone: compiled once for all rule books of a process."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from converter.catalog import NeutralValues
from converter.losses.affected_kinds import AffectedKinds
from converter.losses.field_history import FieldHistories
from converter.losses.schema_decoders import SchemaDecoders
from converter.losses.schema_path import SchemaPaths
from converter.losses.unknown_fields import UnknownFieldFinder
from converter.refusals import RefusalFinder

if TYPE_CHECKING:
    from converter.catalog import Catalog


class SchemaIndex:
    """The compiled forms of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.oldest = catalog.releases[0]
        self.newest = catalog.releases[-1]
        self.names = catalog.field_names
        self.kinds = frozenset((gvk.api_version, gvk.kind) for gvk in catalog.kinds())
        self.finder = UnknownFieldFinder(catalog)
        self.decoders = SchemaDecoders(catalog)
        self.affected = AffectedKinds(catalog)
        self.histories = FieldHistories(catalog)
        self.neutral = NeutralValues(catalog)
        self.paths = SchemaPaths(catalog)
        self.refusals = RefusalFinder(catalog)


@lru_cache(maxsize=4)
def schema_index(catalog: Catalog) -> SchemaIndex:
    """Give the index of a catalog, always the same one."""
    return SchemaIndex(catalog)
