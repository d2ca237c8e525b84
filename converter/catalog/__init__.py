"""The catalog: what each Kubernetes release serves, and which fields its types have."""

from converter.catalog.data import CatalogDataError, Source
from converter.catalog.lookup import Catalog, Resource, load_catalog
from converter.catalog.release import CatalogError, Release, ReleaseFormatError, UnknownReleaseError
from converter.catalog.storage import is_stored
from converter.catalog.types import ANY, FieldKind, FieldType, ObjectType, Scalar, Values, walk

__all__ = [
    "ANY",
    "Catalog",
    "CatalogDataError",
    "CatalogError",
    "FieldKind",
    "FieldType",
    "ObjectType",
    "Release",
    "ReleaseFormatError",
    "Resource",
    "Scalar",
    "Source",
    "UnknownReleaseError",
    "Values",
    "is_stored",
    "load_catalog",
    "walk",
]
