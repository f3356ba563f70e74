"""From the base year of an inventory to the year of a case, factor by factor."""

from collections.abc import Sequence
from dataclasses import replace

from forecast.common.errors import InputError
from forecast.fields.inventory import POLLUTANTS, SECTORS, ProvincialTotals, TrendFactor

ALL = "*"
"""Stands for all provinces in a trend table."""


def scale_to_year(
    totals: ProvincialTotals, trend: Sequence[TrendFactor], year: int
) -> ProvincialTotals:
    """Multiply the totals by every step up to a year.

    The steps for all provinces of one sector and pollutant must follow each other without a gap
    from the base year to `year`; where nothing is known, the table says 1 and why. Steps of single
    provinces correct a level in between.

    Args:
        totals: Of the base year.
        trend: All steps, in any order.
        year: Year wanted.

    Raises:
        InputError: The steps of a sector and pollutant with emissions leave a gap; all at once.
    """
    annual = totals.annual.copy()
    gaps: list[str] = []
    for i, sector in enumerate(SECTORS):
        for j, pollutant in enumerate(POLLUTANTS):
            if not annual[:, i, j].any():
                continue
            steps = sorted(
                (
                    step
                    for step in trend
                    if (step.sector, step.pollutant) == (sector, pollutant) and step.year_to <= year
                ),
                key=lambda step: (step.year_from, step.year_to),
            )
            gap = _gap([step for step in steps if step.province == ALL], totals.year, year)
            if gap:
                gaps.append(f"  {sector} {pollutant}: {gap}")
            for step in steps:
                rows = (
                    slice(None) if step.province == ALL else totals.provinces.index(step.province)
                )
                annual[rows, i, j] *= step.factor
    if gaps:
        msg = (
            f"The trend table does not lead from {totals.year} to {year}; add the missing steps "
            "(a factor of 1 with its reason where nothing is known):\n" + "\n".join(gaps)
        )
        raise InputError(msg)
    return replace(totals, year=year, annual=annual)


def _gap(steps: Sequence[TrendFactor], start: int, end: int) -> str:
    """Say in words where a chain of steps breaks; empty when it holds."""
    reached = start
    for step in steps:
        if step.year_from != reached:
            return f"step '{step.step}' starts in {step.year_from} but {reached} was reached"
        reached = step.year_to
    return "" if reached == end else f"the steps end in {reached}"
