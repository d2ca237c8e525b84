"""Reads long lists page by page, as client-go's ``tools/pager`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from converter.client.rest import ApiServer, Collection

PAGE: Final = 500
"""Objects a page."""


class ListMeta(msgspec.Struct, rename="camel"):
    """The metadata of a list.

    Attributes:
        resource_version: the version from which a watch continues.
        continue_: the token of the next page; empty on the last page.
    """

    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct):
    """One page of a list; the objects stay JSON.

    Attributes:
        metadata: the metadata of the list.
        items: the objects.
    """

    metadata: ListMeta
    items: list[msgspec.Raw] | None = None


_pages = msgspec.json.Decoder(Page)


def decode_page(answer: bytes) -> Page:
    """Decode one page of a list.

    Raises:
        msgspec.MsgspecError: the answer is not a list.
    """
    return _pages.decode(answer)


async def each_item(
    server: ApiServer, collection: Collection, namespace: str = "", selector: str = "", *, metadata_only: bool = False
) -> AsyncIterator[bytes]:
    """Yield the JSON of each object in a collection, page by page.

    Args:
        server: the API server.
        collection: the collection to list.
        namespace: the namespace to list; empty for all namespaces.
        selector: a label selector; empty for all objects.
        metadata_only: read only the metadata of the objects (PartialObjectMetadata).

    Raises:
        ApiError: a page could not be read.
    """
    params = {"limit": str(PAGE)} | ({"labelSelector": selector} if selector else {})
    while True:
        page = decode_page(await server.get(collection.path(namespace), params, metadata_only=metadata_only))
        for raw in page.items or ():
            yield bytes(raw)
        if not page.metadata.continue_:
            return
        params["continue"] = page.metadata.continue_
