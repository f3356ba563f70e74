"""What is published when a cycle has no member that can be used."""

from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class FallbackConfig(Model):
    """The forecast of an earlier cycle in place of one that could not be made."""

    earlier_forecast: bool = True
    """Whether the forecast of an earlier cycle is shifted, marked as not updated and published. If
    not, and when none can be used, the product says that there is no forecast."""
    oldest_hours: Annotated[int, Field(ge=1, le=168)] = 48
    """Greatest age of a forecast that is taken over: from the start of its cycle to the start of
    this one, hours."""
