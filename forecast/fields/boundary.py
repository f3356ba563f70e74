"""Concentrations outside the domain and at the start."""

from dataclasses import dataclass

from forecast.fields.arrays import Single, Times


@dataclass(frozen=True)
class BoundaryHour:
    """Mixing ratios just outside each side, kg kg-1, float32.

    Attributes:
        west: (nspecies, nz, ny).
        east: (nspecies, nz, ny).
        south: (nspecies, nz, nx).
        north: (nspecies, nz, nx).
    """

    west: Single
    east: Single
    south: Single
    north: Single


@dataclass(frozen=True)
class BoundarySeries:
    """Boundary values in time, and the initial state of a cold start.

    Attributes:
        times: From when each record holds, UTC, (nt,); one record means constant.
        species: Names, first axis of the arrays after time.
        west: kg kg-1, (nt, nspecies, nz, ny).
        east: kg kg-1, (nt, nspecies, nz, ny).
        south: kg kg-1, (nt, nspecies, nz, nx).
        north: kg kg-1, (nt, nspecies, nz, nx).
        initial: Cold-start state, kg kg-1, (nspecies, nz, ny, nx).
        attribution: Sources of the profiles.
    """

    times: Times
    species: tuple[str, ...]
    west: Single
    east: Single
    south: Single
    north: Single
    initial: Single
    attribution: str

    def record(self, index: int) -> BoundaryHour:
        """Return one record over the whole domain."""
        return BoundaryHour(
            self.west[index], self.east[index], self.south[index], self.north[index]
        )
