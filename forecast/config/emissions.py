"""Which inventory is used and how it becomes emissions."""

from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class EmissionsConfig(Model):
    """The inventory and the layers that take emissions."""

    inventory: str = "data/emissions"
    """Folder of the inventory's tables; a relative path starts at the checkout."""
    year: Annotated[int, Field(ge=1950, le=2100)] = 2022
    """Year to which the trend table scales the inventory."""
    top_height: Annotated[float, Field(ge=200.0, le=5000.0)] = 1000.0
    """Layers that start below this height take emissions, m above ground in the standard
    atmosphere; plumes that rise higher end in the highest of them."""
