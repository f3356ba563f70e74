"""From what inventories count to the species of the model: mass, moles and carbon are kept.

Which species a pollutant becomes follows from the table of the model: those of one carbon bond
mechanism or another, with HONO or without.
"""

from dataclasses import dataclass

import numpy as np

from forecast.common.errors import ConfigurationError
from forecast.fields.arrays import Float
from forecast.fields.inventory import (
    POLLUTANTS,
    SECTORS,
    OrganicProfiles,
    ProvincialTotals,
    SpeciationNumbers,
)
from forecast.fields.species import SpeciesTable

_SAME = {"CO": "CO", "SO2": "SO2", "NH3": "NH3"}
"""Pollutants that are a species by themselves."""
_NEEDED = (
    *_SAME.values(), "NO", "NO2", "AEC", "AOC", "AOTHR", "ASO4", "ANO3", "ANH4", "ACORS",
)  # fmt: skip
"""Species that every model must have."""
_CARBON_MASS = 0.0120107
"""kg mol-1."""
_TINY = 1e-12


@dataclass(frozen=True)
class SpeciatedTotals:
    """Annual totals by species.

    Attributes:
        annual: kt a year, (nprovince, nsector, nspecies); NOx is NO, NO2 and HONO by their own
            masses, lumped organic species are moles times their molar mass in the model.
        organic_carbon: Carbon of NMVOC, kt a year, (nprovince, nsector).
        unreactive_carbon: The part of it that no species of the model carries.
        notes: Which totals had to be adjusted or are left out in part, in words.
    """

    annual: Float
    organic_carbon: Float
    unreactive_carbon: Float
    notes: tuple[str, ...]


def speciate(
    totals: ProvincialTotals,
    numbers: SpeciationNumbers,
    organics: OrganicProfiles,
    species: SpeciesTable,
) -> SpeciatedTotals:
    """Split pollutants into species.

    * NOx counts as NO2; its moles go to NO, HONO (NO2 where the model has none) and NO2.
    * PM2.5 is black carbon (AEC), organic matter (AOC, OC times a ratio) and a rest, of which
      fixed shares are primary ASO4, ANO3 and ANH4 and the remainder is AOTHR. Where black carbon
      and organic matter would exceed PM2.5, both are reduced by one factor to fill it, so the sum
      of the fine species is always PM2.5 and no species is negative.
    * ACORS is PM10 less PM2.5, and zero where the table has less PM10 than PM2.5.
    * SO2 stays SO2: the primary sulfate of stacks is in PM2.5 already.
    * NMVOC is split into compounds by sector, and these into the lumped species of the first
      scheme whose species the model has; their carbon is kept, and what does not react is counted
      and left out.
    * IVOC, where the model has it, comes on top of NMVOC, in proportion to organic matter.

    Args:
        totals: Annual totals by pollutant.
        numbers: Shares and ratios by sector; their sources stand in the table they come from.
        organics: Compounds and lumped species of NMVOC.
        species: Species of the model.

    Raises:
        ConfigurationError: The model lacks species that the inventory emits; all are named.
    """
    scheme = choose_scheme(organics, species)
    mass = {name: totals.annual[..., POLLUTANTS.index(name)] for name in POLLUTANTS}
    parts = {name: mass[pollutant] for pollutant, name in _SAME.items()}
    parts |= _nitrogen_oxides(mass["NOx"], numbers, species)
    particles, notes = _particles(totals, mass, numbers)
    parts |= particles
    if "IVOC" in species.names:
        parts["IVOC"] = particles["AOC"] * numbers.ivoc_ratio
    lumps, carbon, lost = _organics(mass["NMVOC"], organics, scheme, species)
    parts |= lumps
    notes += _organic_notes(totals, carbon, lost, scheme)
    annual = np.zeros((*totals.annual.shape[:2], len(species)))
    for name, values in parts.items():
        annual[..., species.index(name)] = values
    return SpeciatedTotals(annual, carbon, lost, notes)


def choose_scheme(organics: OrganicProfiles, species: SpeciesTable) -> str:
    """Choose the first scheme of organic species that the model has.

    Raises:
        ConfigurationError: The model lacks species that the inventory emits; all are named.
    """
    missing = [name for name in _NEEDED if name not in species.names]
    lacking = _lacking(organics, species)
    chosen = next((scheme for scheme, names in lacking.items() if not names), None)
    problems = []
    if missing:
        problems.append(f"the species {', '.join(missing)}")
    if chosen is None:
        ways = " or ".join(f"{', '.join(names)} ({scheme})" for scheme, names in lacking.items())
        problems.append(f"for NMVOC the species {ways}")
    if problems or chosen is None:
        msg = (
            f"The inventory emits what the model does not have: it lacks {'; '.join(problems)}. "
            "Choose another mechanism, or add an extension that has them."
        )
        raise ConfigurationError(msg)
    return chosen


def _lacking(organics: OrganicProfiles, species: SpeciesTable) -> dict[str, list[str]]:
    """Species of each scheme that the model does not have."""
    found = {}
    for scheme in organics.schemes:
        lumps = {name for compound in organics.compounds for name, _ in compound.parts[scheme]}
        found[scheme] = sorted(lumps - {organics.unreactive, *species.names})
    return found


def _nitrogen_oxides(
    mass: Float, numbers: SpeciationNumbers, species: SpeciesTable
) -> dict[str, Float]:
    """Divide the moles of NOx, kt as NO2."""
    shares: dict[str, Float] = {"NO": numbers.no_mole_share}
    if "HONO" in species.names:
        shares["HONO"] = numbers.hono_mole_share
    shares["NO2"] = np.asarray(1.0 - sum(shares.values()))
    molar = {name: species.entries[species.index(name)].molar_mass for name in shares}
    return {name: mass * share * molar[name] / molar["NO2"] for name, share in shares.items()}


def _particles(
    totals: ProvincialTotals, mass: dict[str, Float], numbers: SpeciationNumbers
) -> tuple[dict[str, Float], tuple[str, ...]]:
    """Divide PM10, and say where its parts did not fit."""
    fine = mass["PM2.5"]
    carbon = mass["BC"] + mass["OC"] * numbers.om_oc_ratio
    fit = np.minimum(1.0, fine / np.maximum(carbon, _TINY))
    black, organic = mass["BC"] * fit, mass["OC"] * numbers.om_oc_ratio * fit
    rest = np.maximum(fine - black - organic, 0.0)
    ions = numbers.so4_share + numbers.no3_share + numbers.nh4_share
    parts = {
        "AEC": black,
        "AOC": organic,
        "ASO4": rest * numbers.so4_share,
        "ANO3": rest * numbers.no3_share,
        "ANH4": rest * numbers.nh4_share,
        "AOTHR": rest * (1.0 - ions),
        "ACORS": np.maximum(mass["PM10"] - fine, 0.0),
    }
    notes = (
        *_notes(totals, carbon, fine, "carbon, {:.2f} kt, reduced to the PM2.5 of {:.2f} kt"),
        *_notes(totals, fine, mass["PM10"], "PM2.5, {:.2f} kt, above the PM10 of {:.2f} kt"),
    )
    return parts, notes


def _organics(
    mass: Float, organics: OrganicProfiles, scheme: str, species: SpeciesTable
) -> tuple[dict[str, Float], Float, Float]:
    """Lumped species, kt a year, and all carbon and what of it does not react, kt a year."""
    molar = np.array([compound.molar_mass for compound in organics.compounds])
    moles = mass[..., None] * organics.share / molar  # Mmol a year: kt over kg mol-1
    atoms = np.array([compound.carbon for compound in organics.compounds])
    amounts: dict[str, Float] = {}
    for place, compound in enumerate(organics.compounds):
        for name, number in compound.parts[scheme]:
            amounts[name] = amounts.get(name, np.zeros(mass.shape)) + moles[..., place] * number
    lost = amounts.pop(organics.unreactive, np.zeros(mass.shape))
    lumps = {
        name: amount * species.entries[species.index(name)].molar_mass
        for name, amount in amounts.items()
    }
    per_mole = organics.carbon[organics.unreactive] * _CARBON_MASS
    return lumps, np.asarray(moles @ atoms * _CARBON_MASS), lost * per_mole


def _notes(totals: ProvincialTotals, part: Float, whole: Float, text: str) -> tuple[str, ...]:
    """Name the provinces and sectors where a part exceeds its whole."""
    return tuple(
        f"{totals.provinces[p]} {SECTORS[s]}: " + text.format(part[p, s], whole[p, s])
        for p, s in np.argwhere(part > whole * (1.0 + 1e-9) + _TINY)
    )


def _organic_notes(
    totals: ProvincialTotals, carbon: Float, lost: Float, scheme: str
) -> tuple[str, ...]:
    """Say for each province how much carbon of NMVOC is left out."""
    return tuple(
        f"{code}: of {carbon[p].sum():.1f} kt carbon in NMVOC, {lost[p].sum():.1f} kt do not react "
        f"in the species of {scheme} and are left out"
        for p, code in enumerate(totals.provinces)
        if carbon[p].sum() > 0.0
    )
