"""A program that uses the library's public API: tests type-check it and run it against the installed wheel."""

from __future__ import annotations

from typing import Any

from converter import Conversion, Converter, ConverterError, Loss, NoRouteError

CLAIM: dict[str, Any] = {
    "apiVersion": "resource.k8s.io/v1beta1",
    "kind": "ResourceClaim",
    "metadata": {"name": "gpu", "namespace": "ml"},
    "spec": {},
    "status": {"devices": [{"driver": "gpu.example.com", "pool": "one", "device": "gpu-0", "shareID": "a671734a"}]},
}


def report(loss: Loss) -> str:
    """Describe a loss in one line."""
    return f"{loss.path} = {loss.value}"


def main() -> None:
    """Convert down and back, report what the old version cannot hold, and handle an error."""
    library = Converter.from_rules()
    down: Conversion = library.convert(CLAIM, to="resource.k8s.io/v1alpha3")
    for loss in down.losses:
        print("lost", report(loss))
    back: Conversion = library.convert(
        down.manifest, to="resource.k8s.io/v1beta1", conversion_data=down.conversion_data
    )
    print("target", down.manifest["apiVersion"])
    print("round trip", back.manifest == CLAIM)
    try:
        library.convert({"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "g"}}, to="v9")
    except NoRouteError as error:
        print("no route for", error.kind)
    except ConverterError as error:
        print("another error:", error)


if __name__ == "__main__":
    main()
