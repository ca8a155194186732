"""The report: one self-contained page that shows a person what a release says."""
