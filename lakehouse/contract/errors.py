"""What is wrong with a contract."""

from lakehouse.base.errors import UserError


class ContractError(UserError):
    """A table's function, columns or contract do not fit each other; the message lists every
    difference.
    """
