"""What versions lack that older releases of Headwater registered, and its values then.

A version is never written anew: what it lacks is added each time it is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# By the kind that model.json names. Until a model said it itself, every churn model was of a label
# of 28 days and told of risk.
THEN: dict[str, dict[str, Any]] = {
    "churn": {"label_days": 28, "direction": ["raises risk", "lowers risk"], "words": {}},
}


def completed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a version as today's code writes them; those of today stay as they are."""
    about = json.loads(files["model.json"])
    whole = {**THEN.get(about["kind"], {}), **about}
    return {**files, "model.json": json.dumps(whole, indent=1).encode()}
