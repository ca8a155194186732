"""Plays the shops whose data come as packages: writes their deliveries into the landing zone, as each would deliver them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from jobs.landing import complete_journey, ta_feng
from lakehouse.landing import landing_of
from lakehouse.settings import Settings

SHOPS: dict[str, Callable[[Path, Settings, date, int | None], int]] = {
    "complete_journey": complete_journey.deliver,
    "ta_feng": ta_feng.deliver,
}


def land(settings: Settings, until: date | None = None, customers: int | None = None) -> int:
    """Write every delivery before `until` (default: the tenant's whole period); returns the number of files.

    `customers` makes a smaller shop: only the first so many by number, and the products they buy. A delivery already there is replaced,
    so that landing twice leaves the same files.

    Raises:
        ValueError: the tenant is not one of the packaged shops, or has no end.
    """
    name, end = settings.tenant.name, until or settings.tenant.active_until
    if name not in SHOPS:
        raise ValueError(f"{name} delivers its own files, into {landing_of(settings)}; only {' and '.join(SHOPS)} can be landed")
    if end is None:
        raise ValueError("--until is needed: the tenant has no active_until")
    return SHOPS[name](landing_of(settings), settings, end, customers)
