"""Numbers whose point may stand between thousands: 2.037 is two thousand in German."""

from __future__ import annotations

import re

_GROUP = re.compile(r"-?(?:0|[1-9][0-9]{0,2}(?:\.[0-9]{3})?)")


def fits_thousands(text: str) -> bool:
    """Whether a text is a number under 1,000, or one that 2.037 may write for 2,037."""
    return _GROUP.fullmatch(text) is not None
