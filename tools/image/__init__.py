"""Builds the image without a container engine, twice the same, and writes its list of contents (SBOM)."""
