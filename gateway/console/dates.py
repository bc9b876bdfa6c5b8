"""Days as people type them: fields for days read alike in every browser, whatever its language."""

import re
from datetime import date, timedelta
from typing import Final

# `2026-05-01`, `2026/5/1`, `2026年5月1日`, `20260501`; without its year (`5-1`, `5月1日`) the newest one that is over.
_WHOLE: Final = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))\Z", re.ASCII)
_SHORT: Final = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?\Z", re.ASCII)
_WORDS: Final = {"今天": 0, "昨天": 1, "前天": 2, "today": 0, "yesterday": 1}
YEARS: Final = range(2000, 2100)


def day_of(written: str, here: date) -> date | None:
    """Return the day that somebody wrote on the day `here`; None for nothing. Raises `ValueError` for no day."""
    text = "".join(written.split()).lower()
    if not text:
        return None
    if text in _WORDS:
        return here - timedelta(days=_WORDS[text])
    if whole := _WHOLE.match(text):
        year, month, day = (int(part) for part in whole.groups() if part)
        if year not in YEARS:
            raise ValueError("no year that the service has seen")
        return date(year, month, day)
    if short := _SHORT.match(text):
        found = date(here.year, int(short[1]), int(short[2]))
        return found if found <= here else found.replace(year=here.year - 1)
    raise ValueError("no day")
