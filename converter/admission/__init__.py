"""The webhooks: each takes an admission review's bytes and gives its answer's bytes."""
