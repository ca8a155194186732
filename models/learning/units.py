"""Numbers with their units as people write them: never without one, never a wrong plural, and never
0 for what is not 0.
"""

from __future__ import annotations

import re

CURRENCY = re.compile(r"[A-Z]{3}")  # an ISO 4217 code
NO_CURRENCY = "XXX"  # ISO 4217 for none: the shop has not said which
MONEY, SHARE, RATIO, HOUR = "currency", "share", "ratio", "hour"


def in_unit(number: float, unit: str) -> str:
    """The number in words: `1 order`, `2.5 days`, `12.50 USD`, `25 %`, `0.4 times`, `17 o'clock`;
    alone where the unit is empty.
    """
    if unit == MONEY or CURRENCY.fullmatch(unit):
        return in_currency(_money(number), unit)
    if unit == SHARE:
        return _share(number)
    if unit == RATIO:
        return _times(number)
    if unit == HOUR:
        return f"{round(number) % 24} o'clock"
    return counted(plain(number), unit)


def in_currency(amount: str, currency: str) -> str:
    """A written amount and its currency: `12.50 USD`, or whose it is where the shop has not said
    which.
    """
    return (
        f"{amount} in the shop's currency"
        if currency in (MONEY, NO_CURRENCY)
        else f"{amount} {currency}"
    )


def counted(number: str, unit: str) -> str:
    """A written number and its unit, which is declared in the plural: `1 category`, `0 orders`."""
    if not unit:
        return number
    return f"{number} {singular(unit) if number.lstrip('-') in ('1', 'about 1') else unit}"


def singular(plural: str) -> str:
    """One of an English plural: `categories` -> `category`, `boxes` -> `box`, `orders` ->
    `order`.
    """
    if plural.endswith("ies"):
        return plural.removesuffix("ies") + "y"
    return re.sub(r"(?<=ss)es$|(?<=x)es$|(?<=[cs]h)es$|s$", "", plural)


def plain(number: float) -> str:
    """No needless decimals: two below 1, one below 100, none from there on; thousands are parted by
    commas.
    """
    return _without_zeros(_rounded(number, 2 if abs(number) < 1 else 1 if abs(number) < 100 else 0))


def _money(amount: float) -> str:
    """Cents below a thousand, unless there are none."""
    written = _rounded(amount, 2 if abs(amount) < 1000 else 0)
    return written.removesuffix(".00")


def _share(share: float) -> str:
    """Whole percents; a decimal near nothing and near all, so that neither is said of what is only
    close to it.
    """
    percent = 100 * share
    if 0.999 < share < 1:
        return "more than 99.9 %"
    is_near_an_end = abs(percent) < 1 or 99 < percent < 100
    return f"{_without_zeros(_rounded(percent, 1 if is_near_an_end else 0))} %"


def _times(ratio: float) -> str:
    """One decimal always, as `1.0 times` is no plural of one; two below a tenth, none from ten
    on.
    """
    if ratio == 0:
        return "0 times"
    return f"{_rounded(ratio, 2 if abs(ratio) < 0.1 else 1 if abs(ratio) < 10 else 0)} times"


def _rounded(number: float, decimals: int) -> str:
    """With thousands parted; what rounds to 0 but is not is `less than 0.01` or `just below 0`."""
    written = f"{number:,.{decimals}f}"
    if float(written.replace(",", "")) != 0:
        return written
    if number == 0:
        return "0"
    return f"less than {10.0**-decimals:.{decimals}f}" if number > 0 else "just below 0"


def _without_zeros(written: str) -> str:
    return written.rstrip("0").rstrip(".") if "." in written else written
