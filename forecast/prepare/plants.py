"""Power plants on the grid: who shares a stack, in which cell it stands, what air it meets."""

from dataclasses import dataclass

import numpy as np

from forecast.common.constants import GAS_CONSTANT_AIR, HEAT_CAPACITY_AIR
from forecast.fields.arrays import Booleans, Float, Integers, Reals
from forecast.fields.inventory import Inventory
from forecast.fields.meteorology import MeteorologySeries
from forecast.grid.domain import Domain
from forecast.prepare.plume_rise import AirColumns, Stacks

_KAPPA = GAS_CONSTANT_AIR / HEAT_CAPACITY_AIR
_PRESSURE_0 = 1e5


@dataclass(frozen=True)
class StackGroups:
    """Like stacks of one plant inside the domain, each axis (npoint,) unless said.

    Attributes:
        row: Cell index to the north.
        column: Cell index to the east.
        share: Share of each province's listed power emission, (npoint, nprovince).
        stacks: One stack of the group.
        notes: What was left out, in words.
    """

    row: Integers
    column: Integers
    share: Float
    stacks: Stacks
    notes: tuple[str, ...]


def group_stacks(inventory: Inventory, domain: Domain, year: int) -> StackGroups:
    """Put the units that run in a year together by plant and stack class.

    A province's listed emission is shared by capacity times capacity factor over all its units,
    those outside the domain included, so their part is left out of the grid.

    Args:
        inventory: Units and stack classes.
        domain: Model cells.
        year: Units that started later are left out.
    """
    units, classes = inventory.units, inventory.stacks
    running = units.start_year <= year
    inside = domain.horizontal.contains(units.longitude, units.latitude)
    load = units.capacity * units.capacity_factor * running
    share = np.zeros((units.capacity.size, len(inventory.totals.provinces)))
    for p, code in enumerate(inventory.totals.provinces):
        member = np.array([name == code for name in units.province])
        total = load[member].sum()
        if total > 0.0:
            share[member, p] = load[member] / total
    size = np.clip(
        np.searchsorted(classes.up_to, units.capacity), 0, classes.up_to.size - 1
    ).astype(np.int64)
    used = np.flatnonzero(inside & running)
    keys = np.column_stack([units.longitude[used], units.latitude[used], size[used]])
    groups, first, member = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    count = np.bincount(member, minlength=len(groups))
    capacity = np.zeros(len(groups))
    np.add.at(capacity, member, units.capacity[used])
    shared = np.zeros((len(groups), share.shape[1]))
    np.add.at(shared, member, share[used])
    start = used[first]
    row, column = domain.horizontal.cell_of(units.longitude[start], units.latitude[start])
    return StackGroups(
        row=row,
        column=column,
        share=shared,
        stacks=_stacks(inventory, size[start], capacity, count),
        notes=_notes(inventory, running, inside, year),
    )


def _stacks(inventory: Inventory, kind: Integers, capacity: Float, count: Integers) -> Stacks:
    """Dimensions of a stack that carries its share of the group's flue gas."""
    classes = inventory.stacks
    stacks = np.ceil(count / classes.units_per_stack[kind])
    flow = capacity / stacks * 1000.0 * classes.flue_gas[kind] / 3600.0
    velocity = classes.exit_velocity[kind]
    return Stacks(
        height=classes.height[kind],
        diameter=np.sqrt(4.0 * flow / (np.pi * velocity)),
        exit_velocity=velocity,
        exit_temperature=classes.exit_temperature[kind],
    )


def _notes(inventory: Inventory, running: Booleans, inside: Booleans, year: int) -> tuple[str, ...]:
    notes = []
    late, outside = int((~running).sum()), int((running & ~inside).sum())
    if late:
        notes.append(f"{late} coal unit(s) started after {year} and are left out.")
    if outside:
        megawatt = inventory.units.capacity[running & ~inside].sum()
        notes.append(f"{outside} coal unit(s), {megawatt:.0f} MW, lie outside the domain.")
    return tuple(notes)


def air_over(meteorology: MeteorologySeries, domain: Domain, groups: StackGroups) -> AirColumns:
    """Cut the columns of air over the stacks, for every hour but the last bound.

    Wind speed follows from the mass fluxes through the faces of the cell, the mean of both sides
    over the mass of the layer and the width of the cell.

    Args:
        meteorology: Hourly meteorology over the domain.
        domain: Cells and layers.
        groups: Stacks.
    """
    hours = slice(0, meteorology.times.size - 1)
    row, column = groups.row, groups.column
    fields = meteorology.hour_fields

    def cut(field: Reals) -> Float:
        return np.asarray(field[hours, ..., row, column], np.float64)

    surface = cut(fields.surface_pressure)
    temperature, humidity = cut(fields.air_temperature), cut(fields.specific_humidity)
    # advanced indices move behind the slices: (nt, nz, npoint) -> (nz, nt, npoint)
    t_zxp, q_zxp = temperature.swapaxes(0, 1), humidity.swapaxes(0, 1)
    z_half, z_full = domain.levels.heights(surface, t_zxp, q_zxp)
    width = domain.horizontal.cell_size / domain.horizontal.map_factor[row, column]
    mass = domain.levels.layer_mass(surface) * width
    flux_x, flux_y = fields.mass_flux_x, fields.mass_flux_y
    east = 0.5 * (
        np.asarray(flux_x[hours, :, row, column], np.float64) + flux_x[hours, :, row, column + 1]
    )
    north = 0.5 * (
        np.asarray(flux_y[hours, :, row, column], np.float64) + flux_y[hours, :, row + 1, column]
    )
    wind = np.hypot(east.swapaxes(0, 1), north.swapaxes(0, 1)) / mass
    theta = t_zxp * (_PRESSURE_0 / domain.levels.pressure_full(surface)) ** _KAPPA
    return AirColumns(
        z_half=np.moveaxis(z_half, 0, -1),
        z_full=np.moveaxis(z_full, 0, -1),
        temperature=np.moveaxis(t_zxp, 0, -1),
        potential_temperature=np.moveaxis(theta, 0, -1),
        wind_speed=np.moveaxis(wind, 0, -1),
        boundary_layer_height=cut(fields.boundary_layer_height),
        inverse_obukhov_length=cut(fields.inverse_obukhov_length),
    )
