"""The balance of emissions by province, sector and pollutant, for people to check."""

import csv
import io
from dataclasses import dataclass

import numpy as np

from forecast.fields.arrays import Float
from forecast.fields.inventory import POLLUTANTS, SECTORS, ProvincialTotals


@dataclass(frozen=True)
class EmissionTable:
    """What the inventory says and what the grid got.

    Attributes:
        totals: Totals of the case year, kt a year.
        placed: On the grid, kt a year, (nprovince, nsector, npollutant).
        notes: Remarks printed below the table.
    """

    totals: ProvincialTotals
    placed: Float
    notes: tuple[str, ...]

    @property
    def outside(self) -> Float:
        """Outside the domain, kt a year, (nprovince, nsector, npollutant)."""
        return self.totals.annual - self.placed

    def text(self) -> str:
        """Table in plain text: one block a province, one line a sector, kt a year."""
        width = max(len(name) for name in POLLUTANTS) + 3
        head = "".join(f"{name:>{width}}" for name in POLLUTANTS)
        lines = [
            f"Emissions of {self.totals.year}, kt a year (NOx as NO2), of the whole province; "
            "'on the grid' and 'outside' are parts of the sum."
        ]
        blocks = zip(self.totals.provinces, self.totals.names, strict=True)
        for p, (code, name) in enumerate(blocks):
            lines += ["", f"{f'{code} {name}':<16}{head}"]
            rows = [*zip(SECTORS, self.totals.annual[p], strict=True)]
            rows += [
                ("sum", self.totals.annual[p].sum(axis=0)),
                ("on the grid", self.placed[p].sum(axis=0)),
                ("outside", self.outside[p].sum(axis=0)),
            ]
            lines += [_line(label, values, width) for label, values in rows]
        lines += ["", f"{'All provinces':<16}{head}"]
        parts = (
            ("sum", self.totals.annual),
            ("on the grid", self.placed),
            ("outside", self.outside),
        )
        lines += [_line(label, values.sum(axis=(0, 1)), width) for label, values in parts]
        lines += ["", *self.notes]
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """Long table: province, sector, pollutant, total, on the grid, outside, kt a year."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(
            ("province", "sector", "pollutant", "year", "total_kt", "placed_kt", "outside_kt")
        )
        for p, s, c in np.ndindex(*self.placed.shape):
            values = (self.totals.annual[p, s, c], self.placed[p, s, c], self.outside[p, s, c])
            if values[0] == 0.0:
                continue
            place = (self.totals.provinces[p], SECTORS[s], POLLUTANTS[c], self.totals.year)
            writer.writerow((*place, *(f"{np.round(value, 9) + 0.0:.6g}" for value in values)))
        return stream.getvalue()


def _line(label: str, values: Float, width: int) -> str:
    return f"  {label:<14}" + "".join(f"{np.round(value, 1) + 0.0:>{width}.1f}" for value in values)
