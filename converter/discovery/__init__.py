"""The discovery-only API server for versions that only member clusters serve.

Karmada maps every manifest of a Work through the control plane's own discovery. A version that only a member serves
is unknown there, so an aggregated API names its resources, without verbs. Clients that map kinds see them; clients
that list or watch ignore them.
"""

from converter.discovery.documents import Discovery, Named, named_resources
from converter.discovery.registered import annotations_of, read_registered, with_registered

__all__ = ["Discovery", "Named", "annotations_of", "named_resources", "read_registered", "with_registered"]
