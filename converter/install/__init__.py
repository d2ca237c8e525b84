"""The Karmada part of the installation: reads, applies, checks and deletes its objects."""
