"""From what inventories count to the species of the model, mass by mass."""

from dataclasses import dataclass

import numpy as np

from forecast.fields.arrays import Float
from forecast.fields.inventory import POLLUTANTS, SECTORS, ProvincialTotals, SpeciationNumbers
from forecast.fields.species import SpeciesTable

_SAME = {"CO": "CO", "SO2": "SO2", "NH3": "NH3", "NMVOC": "NMVOC"}
"""Pollutants that are a species by themselves."""
_TINY = 1e-12


@dataclass(frozen=True)
class SpeciatedTotals:
    """Annual totals by species.

    Attributes:
        annual: kt a year, (nprovince, nsector, nspecies); NOx is NO and NO2 by their own masses.
        notes: Which totals had to be adjusted, in words.
    """

    annual: Float
    notes: tuple[str, ...]


def speciate(
    totals: ProvincialTotals, numbers: SpeciationNumbers, species: SpeciesTable
) -> SpeciatedTotals:
    """Split pollutants into species.

    * NOx counts as NO2; its moles go to NO and NO2.
    * PM2.5 is black carbon (AEC), organic matter (AOC, OC times a ratio) and a rest, of which
      fixed shares are primary ASO4, ANO3 and ANH4 and the remainder is AOTHR. Where black carbon
      and organic matter would exceed PM2.5, both are reduced by one factor to fill it, so the sum
      of the fine species is always PM2.5 and no species is negative.
    * ACORS is PM10 less PM2.5, and zero where the table has less PM10 than PM2.5.
    * SO2 stays SO2: the primary sulfate of stacks is in PM2.5 already.

    Args:
        totals: Annual totals by pollutant.
        numbers: Shares and ratios by sector; their sources stand in the table they come from.
        species: Species of the model.

    Raises:
        ConfigurationError: The model lacks one of the species.
    """
    annual = np.zeros((*totals.annual.shape[:2], len(species)))
    mass = {name: totals.annual[..., POLLUTANTS.index(name)] for name in POLLUTANTS}
    for pollutant, name in _SAME.items():
        annual[..., species.index(name)] = mass[pollutant]
    no, no2 = species.index("NO"), species.index("NO2")
    ratio = species.entries[no].molar_mass / species.entries[no2].molar_mass
    annual[..., no] = mass["NOx"] * numbers.no_mole_share * ratio
    annual[..., no2] = mass["NOx"] * (1.0 - numbers.no_mole_share)

    fine = mass["PM2.5"]
    carbon = mass["BC"] + mass["OC"] * numbers.om_oc_ratio
    fit = np.minimum(1.0, fine / np.maximum(carbon, _TINY))
    black, organic = mass["BC"] * fit, mass["OC"] * numbers.om_oc_ratio * fit
    rest = np.maximum(fine - black - organic, 0.0)
    parts = {
        "AEC": black,
        "AOC": organic,
        "ASO4": rest * numbers.so4_share,
        "ANO3": rest * numbers.no3_share,
        "ANH4": rest * numbers.nh4_share,
        "ACORS": np.maximum(mass["PM10"] - fine, 0.0),
    }
    ions = numbers.so4_share + numbers.no3_share + numbers.nh4_share
    parts["AOTHR"] = rest * (1.0 - ions)
    for name, values in parts.items():
        annual[..., species.index(name)] = values
    notes = (
        *_notes(totals, carbon, fine, "carbon, {:.2f} kt, reduced to the PM2.5 of {:.2f} kt"),
        *_notes(totals, fine, mass["PM10"], "PM2.5, {:.2f} kt, above the PM10 of {:.2f} kt"),
    )
    return SpeciatedTotals(annual, notes)


def _notes(totals: ProvincialTotals, part: Float, whole: Float, text: str) -> tuple[str, ...]:
    """Name the provinces and sectors where a part exceeds its whole."""
    return tuple(
        f"{totals.provinces[p]} {SECTORS[s]}: " + text.format(part[p, s], whole[p, s])
        for p, s in np.argwhere(part > whole * (1.0 + 1e-9) + _TINY)
    )
