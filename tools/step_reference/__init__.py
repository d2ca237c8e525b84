"""Makes the reference page of the steps from their schemas, their notes, and the examples in docs/examples/steps."""
