"""How a member uses its ranks."""

from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class ComputingConfig(Model):
    """Arrangement of ranks; their number is `workflow.ranks`."""

    rank_rows: Annotated[int, Field(ge=1)] | None = None
    """Blocks of the domain from south to north; null lets the model choose."""
