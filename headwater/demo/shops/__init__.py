"""Plays the shops whose data come as packages: writes their deliveries into the landing zone, as
each would deliver them.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from headwater.demo.shops import complete_journey, ta_feng
from lakehouse.intake.landing import landing_of
from settings.model import Settings

SHOPS: dict[str, Callable[[Path, Settings, date, int | None], int]] = {
    "complete_journey": complete_journey.deliver,
    "ta_feng": ta_feng.deliver,
}


def land(
    settings: Settings,
    until: date | None = None,
    customers: int | None = None,
    *,
    promotions: bool = False,
) -> int:
    """Write every delivery before `until` (default: the tenant's whole period); returns the number
    of files.

    `customers` makes a smaller shop: only the first so many by number, and the products they buy. A
    delivery already there is replaced, so that landing twice leaves the same files. `promotions`
    are 20.9 million rows for which the demo has no use.

    Raises:
        ValueError: the tenant is not one of the packaged shops, has no end, or no promotions.
    """
    name, end = settings.tenant.name, until or settings.tenant.active_until
    if name not in SHOPS:
        raise ValueError(
            f"{name} delivers its own files, into {landing_of(settings)}; only"
            f" {' and '.join(SHOPS)} can be landed"
        )
    if end is None:
        raise ValueError("--until is needed: the tenant has no active_until")
    if promotions and "promotions" not in settings.tenant.sources:
        raise ValueError(f"{name} has no promotions")
    count = SHOPS[name](landing_of(settings), settings, end, customers)
    return count + (
        complete_journey.deliver_promotions(landing_of(settings), settings, end)
        if promotions
        else 0
    )
