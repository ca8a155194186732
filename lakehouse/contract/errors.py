"""What is wrong with a contract."""

from lakehouse.base.errors import Mendable


class ContractError(Mendable):
    """A table's function, columns or contract do not fit each other; the message lists every
    difference.
    """
