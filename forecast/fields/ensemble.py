"""What the members say together on the grid, hour by hour."""

from dataclasses import dataclass, replace

from forecast.fields.arrays import Float, Integers, Single, Times


@dataclass(frozen=True)
class EnsembleFields:
    """Mean, percentiles and exceedance of the hourly surface fields.

    Attributes:
        cycle: Name of the cycle.
        members: Names of the members counted.
        labels: Ends of the hours, UTC, (nt,).
        member_count: Members that cover each hour, (nt,).
        pollutants: Names, first axis of `mean`.
        mean: In the units of the registry, (npollutant, nt, ny, nx).
        ranked: Names, first axis of `percentiles`.
        percentiles: At `forecast.fields.variables.PERCENTILES`, (nranked, 3, nt, ny, nx).
        thresholds: Hourly PM2.5, ug m-3, (nthreshold,).
        exceedance: Share of members above each threshold, (nthreshold, nt, ny, nx).
    """

    cycle: str
    members: tuple[str, ...]
    labels: Times
    member_count: Integers
    pollutants: tuple[str, ...]
    mean: Single
    ranked: tuple[str, ...]
    percentiles: Single
    thresholds: Float
    exceedance: Single

    def first(self, hours: int) -> "EnsembleFields":
        """Keep the first hours."""
        return replace(
            self,
            labels=self.labels[:hours],
            member_count=self.member_count[:hours],
            mean=self.mean[:, :hours],
            percentiles=self.percentiles[:, :, :hours],
            exceedance=self.exceedance[:, :hours],
        )
