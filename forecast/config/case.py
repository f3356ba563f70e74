"""Which case is run and how far it looks."""

from typing import Annotated

from pydantic import Field

from forecast.config.base import Model


class CaseConfig(Model):
    """Name and nature of a case."""

    name: str = "january_2022"
    """Name of the case, the stem of its file in configs/cases."""
    title: str = "1 to 5 January 2022 on the NCEP/NCAR reanalysis"
    """Title in English."""
    title_zh: str = "2022年1月1—5日（NCEP/NCAR再分析驱动）"
    """Title in Chinese, printed in the bulletins."""
    cycle: str = "2021-12-31T16"
    """The cycle the case is made for, YYYY-MM-DDTHH in UTC."""
    exercise: bool = True
    """True when the product is no operational forecast (a replay or a made case); every bulletin
    then says so."""
    as_of: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2}T\d{2}(:\d{2})?)?$")] = ""
    """Only what was known at this time, UTC, may be used (YYYY-MM-DDTHH or YYYY-MM-DDTHH:MM), so
    that a hindcast does not look ahead; empty: everything."""


class ForecastConfig(Model):
    """How far the forecast looks and how it starts."""

    horizon_hours: Annotated[int, Field(ge=24, le=240, multiple_of=24)] = 168
    """Length of the forecast, hours; shortened, loudly, to what the meteorology covers."""
    hourly_hours: Annotated[int, Field(ge=24, le=168, multiple_of=24)] = 72
    """How many hours the hourly products show."""
    spin_up_hours: Annotated[int, Field(ge=0, le=240, multiple_of=24)] = 48
    """Length of the cold start before the cycle, hours; never in the products."""
