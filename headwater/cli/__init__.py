"""The `headwater` command: every module here adds its commands to the one application, in the order
of their names.
"""

import importlib
import pkgutil

from headwater.cli.front import app, main

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["app", "main"]
