"""The `headwater` command: every module here adds its commands to the one application, in the order
of their names.
"""

from headwater.cli.front import app, main
from lakehouse.base.modules import modules_of

modules_of(__name__)

__all__ = ["app", "main"]
