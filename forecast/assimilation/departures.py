"""Observations against what the members said of the same hours, as logarithms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.assimilation.errors import observation_error
from forecast.assimilation.kernels.letkf import Observed
from forecast.config.assimilation import AssimilationConfig
from forecast.fields.arrays import Booleans, Float, Integers
from forecast.grid.stations import StationKind


@dataclass(frozen=True)
class Sites:
    """Stations inside the domain.

    Attributes:
        x: Position, m, (nstation,).
        y: Position, m, (nstation,).
        kinds: What they stand for.
        cell_size: Size of a cell of the model, m.
    """

    x: Float
    y: Float
    kinds: tuple[StationKind, ...]
    cell_size: float

    def take(self, rows: Integers) -> "Sites":
        """Some of the stations."""
        return Sites(self.x[rows], self.y[rows], tuple(self.kinds[k] for k in rows), self.cell_size)


@dataclass(frozen=True)
class Departures:
    """Observations of one pollutant that have passed the check against the forecast.

    Attributes:
        pollutant: Name.
        sites: Where, one an observation.
        departure: Logarithm of the observation minus the mean of the members, (nobs,).
        spread: Members minus their mean, (nobs, nmember).
        error: Standard error of the observation, (nobs,).
        refused: How many lay too far from the forecast.
    """

    pollutant: str
    sites: Sites
    departure: Float
    spread: Float
    error: Float
    refused: int

    @property
    def observed(self) -> Observed:
        """What the kernels take."""
        return Observed(
            self.sites.x, self.sites.y, self.departure, self.spread, 1.0 / self.error**2
        )

    def summary(self) -> dict[str, float]:
        """Statistics of departures: mean, root mean square, and what spread and error expect.

        `ratio` is the mean square of the departures over the mean of the variances that members
        and observations claim; one when they are honest (Desroziers et al. 2005).
        """
        if not self.departure.size:
            return {"count": 0, "refused": self.refused}
        freedom = max(self.spread.shape[1] - 1, 1)
        claimed = (self.spread**2).sum(axis=1) / freedom + self.error**2
        return {
            "count": int(self.departure.size),
            "refused": self.refused,
            "mean": float(self.departure.mean()),
            "rms": float(np.sqrt((self.departure**2).mean())),
            "claimed": float(np.sqrt(claimed.mean())),
            "ratio": float((self.departure**2).mean() / claimed.mean()),
        }


def compare(
    pollutant: str,
    observed: Float,
    modelled: Float,
    sites: Sites,
    options: AssimilationConfig,
) -> Departures:
    """Compare means over the hours of the window at which a station has values.

    Args:
        pollutant: Name in `options.pollutants`.
        observed: Product unit, NaN where there is none, (nstation, nhour).
        modelled: The members at the stations, (nmember, nstation, nhour).
        sites: The stations.
        options: Errors, offsets, limits.
    """
    given = np.isfinite(observed) & np.isfinite(modelled).all(axis=0)
    rows = np.flatnonzero(given.sum(axis=1) >= options.least_hours)
    value = _mean(observed[rows], given[rows])
    members = np.stack([_mean(member[rows], given[rows]) for member in modelled], axis=1)
    entry = options.pollutants[pollutant]
    logs = np.log(np.maximum(members, 0.0) + entry.offset)
    mean = logs.mean(axis=1)
    positive = np.maximum(value, 0.0)
    departure = np.log(positive + entry.offset) - mean
    spread = logs - mean[:, None]
    here = sites.take(rows)
    error = observation_error(
        positive, here.kinds, sites.cell_size, entry, options.representativeness
    )
    keep = _believable(departure, spread, error, options)
    return Departures(
        pollutant=pollutant,
        sites=here.take(np.flatnonzero(keep)),
        departure=departure[keep],
        spread=spread[keep],
        error=error[keep],
        refused=int((~keep).sum()),
    )


def _mean(values: Float, given: Booleans) -> Float:
    """Mean over the hours that count, (nstation,)."""
    total: Float = np.where(given, values, 0.0).sum(axis=1, dtype=np.float64)
    mean: Float = total / given.sum(axis=1)
    return mean


def _believable(
    departure: Float, spread: Float, error: Float, options: AssimilationConfig
) -> Booleans:
    """Tell which departures a forecast and an observation of these errors can have.

    Members may agree too well, so the forecast is granted at least the error that optimal
    interpolation assumes.
    """
    own = (spread**2).sum(axis=1) / max(spread.shape[1] - 1, 1)
    claimed = np.maximum(own, options.interpolation.deviation**2) + error**2
    keep: Booleans = np.abs(departure) <= options.largest_departure * np.sqrt(claimed)
    return keep


def joined(parts: Sequence[Departures]) -> Departures:
    """Put the departures of several pollutants together, for what all of them tell about."""
    return Departures(
        pollutant="+".join(part.pollutant for part in parts),
        sites=Sites(
            np.concatenate([part.sites.x for part in parts]),
            np.concatenate([part.sites.y for part in parts]),
            tuple(kind for part in parts for kind in part.sites.kinds),
            parts[0].sites.cell_size,
        ),
        departure=np.concatenate([part.departure for part in parts]),
        spread=np.concatenate([part.spread for part in parts]),
        error=np.concatenate([part.error for part in parts]),
        refused=sum(part.refused for part in parts),
    )
