"""A description reads the same wherever the lines of the code end."""

from lakehouse.contract.docstrings import description_of


def test_each_paragraph_is_one_line() -> None:
    def wrapped() -> None:
        """One row per order
        line.

        Returns are
        negative.
        """

    assert description_of(wrapped) == "One row per order line.\n\nReturns are negative."


def test_no_docstring_is_no_description() -> None:
    assert description_of(lambda: None) == ""
