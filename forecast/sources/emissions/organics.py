"""What NMVOC is made of, and what stands for its compounds in mechanisms."""

from pathlib import Path

import numpy as np

from forecast.fields.inventory import SECTORS, OrganicCompound, OrganicProfiles
from forecast.sources.emissions.table import Column, Table

SCHEMES = ("cb6", "cb05")
"""Columns of lumping.csv, the richer one first."""
UNREACTIVE = "UNR"
"""Carbon that no mechanism carries."""
_ROUNDING = 2e-4
_CARBON = 1e-6
_SHARE = Column("share", True, 0.0, 1.0)


def read_organics(folder: Path) -> OrganicProfiles:
    """Read sources.csv, profiles.csv, compounds.csv, lumping.csv and lumps.csv.

    Raises:
        InputError: A file is wrong, shares do not add up to 1, a name is not known, or a compound
            and its lumps differ in carbon.
    """
    carbon = _lumps(folder / "lumps.csv")
    compounds = _compounds(folder / "lumping.csv", carbon)
    profiles = _profiles(folder / "profiles.csv")
    names = [compound.name for compound in compounds]
    members = _members(folder / "compounds.csv", tuple(profiles), names)
    mixes = _sources(folder / "sources.csv", tuple(profiles))
    check = Table(folder / "profiles.csv", [])
    share = np.zeros((len(SECTORS), len(names)))
    for (sector, profile), part in mixes.items():
        for group, weight in profiles[profile].items():
            found = members.get((profile, group), members.get(("*", group), {}))
            if not found:
                check.add(None, f"compounds.csv has nothing for group '{group}' of '{profile}'")
            for name, inner in found.items():
                share[SECTORS.index(sector), names.index(name)] += part * weight * inner
    check.finish()
    return OrganicProfiles(
        compounds=compounds,
        share=share / share.sum(axis=1, keepdims=True),
        schemes=SCHEMES,
        carbon=carbon,
        unreactive=UNREACTIVE,
    )


def _lumps(path: Path) -> dict[str, float]:
    """Carbon atoms of lumped species."""
    table = Table(path, [Column("species"), Column("carbon", True, 0.0, 40.0)])
    table.no_repeats("species")
    table.finish()
    return dict(zip(table.text["species"], map(float, table.number["carbon"]), strict=True))


def _compounds(path: Path, carbon: dict[str, float]) -> tuple[OrganicCompound, ...]:
    """Compounds with their lumps; carbon of both must agree."""
    table = Table(
        path,
        [
            Column("compound"),
            Column("molar_mass", True, 1.0, 1000.0),
            Column("carbon", True, 1.0, 40.0),
            *map(Column, (*SCHEMES, "source")),
        ],
    )
    table.no_repeats("compound")
    compounds = []
    for row, name in enumerate(table.text["compound"]):
        parts = {scheme: _parts(table, row, table.text[scheme][row], carbon) for scheme in SCHEMES}
        atoms = float(table.number["carbon"][row])
        for scheme, lumps in parts.items():
            found = sum(moles * carbon[lump] for lump, moles in lumps)
            if lumps and abs(found - atoms) > _CARBON:
                table.add(
                    row, f"'{name}' has {atoms:g} carbon atoms, its {scheme} species have {found:g}"
                )
        mass = float(table.number["molar_mass"][row]) / 1000.0
        compounds.append(OrganicCompound(name, mass, atoms, parts))
    table.finish()
    return tuple(compounds)


def _parts(
    table: Table, row: int, text: str, carbon: dict[str, float]
) -> tuple[tuple[str, float], ...]:
    """Read a text such as PAR:1.5 UNR:1.5."""
    parts = []
    for item in text.split():
        lump, _, moles = item.partition(":")
        if lump not in carbon:
            table.add(row, f"'{lump}' is not in lumps.csv; it has {', '.join(carbon)}")
            continue
        try:
            parts.append((lump, float(moles)))
        except ValueError:
            table.add(row, f"'{item}' is not of the form SPECIES:MOLES")
    return tuple(parts)


def _profiles(path: Path) -> dict[str, dict[str, float]]:
    """Groups by profile."""
    table = Table(path, [Column("profile"), Column("group"), _SHARE])
    table.no_repeats("profile", "group")
    profiles: dict[str, dict[str, float]] = {}
    for row in range(len(table)):
        groups = profiles.setdefault(table.text["profile"][row], {})
        groups[table.text["group"][row]] = float(table.number["share"][row])
    for name, groups in profiles.items():
        _add_up(table, f"'{name}'", sum(groups.values()))
    table.finish()
    return profiles


def _members(
    path: Path, profiles: tuple[str, ...], names: list[str]
) -> dict[tuple[str, str], dict[str, float]]:
    """Compounds by profile and group."""
    table = Table(
        path,
        [
            Column("profile", choices=("*", *profiles)),
            Column("group"),
            Column("compound", choices=tuple(names)),
            _SHARE,
        ],
    )
    table.no_repeats("profile", "group", "compound")
    members: dict[tuple[str, str], dict[str, float]] = {}
    for row in range(len(table)):
        key = table.text["profile"][row], table.text["group"][row]
        inner = members.setdefault(key, {})
        inner[table.text["compound"][row]] = float(table.number["share"][row])
    for (profile, group), inner in members.items():
        _add_up(table, f"'{profile} {group}'", sum(inner.values()))
    table.finish()
    return members


def _sources(path: Path, profiles: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Shares of the profiles in each sector."""
    table = Table(
        path, [Column("sector", choices=SECTORS), Column("profile", choices=profiles), _SHARE]
    )
    table.no_repeats("sector", "profile")
    keys = list(zip(table.text["sector"], table.text["profile"], strict=True))
    mixes = dict(zip(keys, map(float, table.number["share"]), strict=True))
    for sector in SECTORS:
        _add_up(
            table, f"'{sector}'", sum(part for (name, _), part in mixes.items() if name == sector)
        )
    table.finish()
    return mixes


def _add_up(table: Table, what: str, total: float) -> None:
    if abs(total - 1.0) > _ROUNDING:
        table.add(None, f"the shares of {what} add up to {total:.5f}, not to 1")
