"""The stages of the pipeline: what Spark applications do, in their order."""
