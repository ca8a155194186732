"""The docstring of a function or class as a description that people read outside the code."""

import inspect
import re


def description_of(described: object) -> str:
    """The docstring with each paragraph on one line; empty where there is none.

    Where a line of code ends says nothing to who reads it in a table or on a page.
    """
    paragraphs = re.split(r"\n\s*\n", inspect.getdoc(described) or "")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
