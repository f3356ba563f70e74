"""The gas chemistry of many cells, a fixed sequence of sub-steps, with a guard behind it."""

from dataclasses import dataclass, field

import numpy as np

from forecast.chemistry.codegen.cache import generated_module
from forecast.chemistry.gas.definition import GasMechanism
from forecast.chemistry.kernels.blocks import Cells, Guard
from forecast.chemistry.lanes import BLOCK, LANES, padded_length
from forecast.chemistry.reference import ReferenceSolver, Tolerance
from forecast.chemistry.sub_steps import default_sub_steps, refined
from forecast.common.errors import ModelError
from forecast.fields.arrays import Booleans, Float, Integers, Single

__all__ = ["GasSolver", "SolveReport", "default_sub_steps"]

GUARD = Guard(share=np.float32(0.03), floor=np.float32(1e6))
"""A cell fails when sub-steps set to zero more of a species: docs/science/solver.md."""
CACHE_LINE = 64
"""Bytes at whose multiples the work array starts: no vector crosses a line of the cache."""


@dataclass
class SolveReport:
    """What the guard saw; reports of several calls can be added.

    Attributes:
        cells: Cell-steps solved.
        refined: Cells solved again with shorter sub-steps.
        adaptive: Cells of these solved again with the adaptive solver.
        clipped: Densities below zero that were set to zero, summed over cells, molecules cm-3,
            (nspecies,).
    """

    cells: int
    refined: int
    adaptive: int
    clipped: Float = field(repr=False)

    def __add__(self, other: "SolveReport") -> "SolveReport":
        return SolveReport(
            self.cells + other.cells,
            self.refined + other.refined,
            self.adaptive + other.adaptive,
            self.clipped + other.clipped,
        )


class GasSolver:
    """Advances gases by one step of chemistry with code made for the mechanism.

    One object serves one thread: it owns the work array.

    Args:
        mechanism: The mechanism.
        sub_steps: Sub-steps, s; their sum is the step. `default_sub_steps` chooses them.
    """

    lanes = LANES

    def __init__(self, mechanism: GasMechanism, sub_steps: tuple[float, ...]) -> None:
        if not sub_steps or min(sub_steps) <= 0.0:
            msg = (
                f"The sub-steps of the gas chemistry are {sub_steps}; expected a sequence of"
                " positive numbers of seconds, such as (10, 40, 100, 150)."
            )
            raise ModelError(msg)
        self.mechanism = mechanism
        self.sub_steps = tuple(float(step) for step in sub_steps)
        self.step = sum(self.sub_steps)
        self._module = generated_module(mechanism)
        self._places = self._module.PLACES
        self._work = _aligned(self._module.ROWS * BLOCK)
        self._still = self._module.STILL
        self._adaptive: ReferenceSolver | None = None
        self._empty = np.zeros((0, 0), np.float32)

    def solve(
        self,
        density: Single,
        temperature: Single,
        air: Single,
        water: Single,
        photolysis: Single,
        uptake: Single,
        sources: Single | None = None,
    ) -> SolveReport:
        """Advance cells by the step, in place.

        Every array is float32 and C-contiguous, n is a multiple of `LANES`. Cells that fill up a
        block must be like others: repeat one.

        Args:
            density: molecules cm-3, (nspecies, n).
            temperature: K, (n,).
            air: molecules cm-3, (n,).
            water: Water vapour, molecules cm-3, (n,).
            photolysis: In the order of `mechanism.photolysis`, s-1, (nphotolysis, n).
            uptake: In the order of `mechanism.uptake`, s-1, (nuptake, n).
            sources: Constant sources during the step, molecules cm-3 s-1, (nspecies, n).

        Returns:
            What the guard saw.

        Raises:
            ModelError: An array does not have its shape, or a cell cannot be solved.
        """
        cells = Cells(temperature, air, water, photolysis, uptake)
        inflow = self._empty if sources is None else sources
        self._check(density, cells, inflow)
        failed = self._advance(density, cells, inflow, self.sub_steps)
        clipped = self._clipped()
        report = SolveReport(temperature.size, 0, 0, clipped)
        if failed.any():
            self._again(density, cells, inflow, np.flatnonzero(failed), report)
        if sources is not None:
            for species in self._still:
                density[species] += np.float32(self.step) * sources[species]
        return report

    def warm(self) -> None:
        """Compile everything, or load it, so that ranks and members do not."""
        n = LANES
        cells = _made_up(self.mechanism, n)
        density = np.full((len(self.mechanism.species), n), 1e9, np.float32)
        self.solve(density, *cells)
        self.solve(density, *cells, sources=np.zeros_like(density))
        self._solve_adaptively(density, cells, self._empty, np.array([0]))

    def _advance(
        self, density: Single, cells: Cells, inflow: Single, steps: tuple[float, ...]
    ) -> Booleans:
        """Run the generated code; return which cells failed and keep their density."""
        failed: Booleans = np.zeros(cells.temperature.size, np.bool_)
        self._module.advance(
            density,
            cells,
            inflow,
            np.array(steps, np.float32),
            GUARD,
            failed,
            self._places,
            self._work,
        )
        return failed

    def _clipped(self) -> Float:
        """What the last call of the generated code set to zero, per species."""
        places = self._places
        rows = self._work.reshape(-1, BLOCK)[places.sums : places.sums + places.moving]
        clipped = np.zeros(len(self.mechanism.species))
        clipped[places.order] = rows.sum(axis=1, dtype=np.float64)
        return clipped

    def _again(
        self, density: Single, cells: Cells, inflow: Single, which: Integers, report: SolveReport
    ) -> None:
        """Solve failed cells with shorter sub-steps, and what fails again adaptively."""
        report.refined = which.size
        taken = np.resize(which, padded_length(which.size))
        subset = Cells(*(np.ascontiguousarray(values[..., taken]) for values in cells))
        some = np.ascontiguousarray(density[:, taken])
        some_inflow = np.ascontiguousarray(inflow[:, taken]) if inflow.size else inflow
        failed = self._advance(some, subset, some_inflow, refined(self.sub_steps))[: which.size]
        report.clipped += self._clipped()
        still = which[failed]
        density[:, which[~failed]] = some[:, : which.size][:, ~failed]
        if still.size:
            report.adaptive = still.size
            self._solve_adaptively(density, cells, inflow, still)

    def _solve_adaptively(
        self, density: Single, cells: Cells, inflow: Single, which: Integers
    ) -> None:
        """Solve cells in float64 with step-size control."""
        subset = [values[..., which] for values in cells]
        start = density[:, which]
        bad = ~np.isfinite(start).all(axis=0)
        for values in subset:
            bad |= ~np.isfinite(np.atleast_2d(values)).all(axis=0)
        if bad.any():
            cell = int(np.argmax(bad))
            msg = (
                f"Cell {which[cell]} of the gas chemistry starts with values that are not finite:"
                f" temperature {subset[0][cell]} K, air {subset[1][cell]} molecules cm-3, water"
                f" {subset[2][cell]}, densities from {start[:, cell].min()} to"
                f" {start[:, cell].max()}; look for where they come from."
            )
            raise ModelError(msg)
        if self._adaptive is None:
            self._adaptive = ReferenceSolver(self.mechanism, Tolerance())
        constants = self._adaptive.constants(*subset)
        sources = inflow[:, which] if inflow.size else None
        result = self._adaptive.advance(start, constants, self.step, sources)
        result[list(self._still)] = start[list(self._still)]  # `solve` adds what they get
        density[:, which] = np.maximum(result, 0.0)

    def _check(self, density: Single, cells: Cells, inflow: Single) -> None:
        """Refuse arrays that the compiled code would read wrongly."""
        n = cells.temperature.size
        size = len(self.mechanism.species)
        wanted = {
            "density": (density, (size, n)),
            "temperature": (cells.temperature, (n,)),
            "air": (cells.air, (n,)),
            "water": (cells.water, (n,)),
            "photolysis": (cells.photolysis, (len(self.mechanism.photolysis), n)),
            "uptake": (cells.uptake, (len(self.mechanism.uptake), n)),
            "sources": (inflow, (size, n) if inflow.size else (0, 0)),
        }
        for name, (values, shape) in wanted.items():
            fits = values.dtype == np.float32 and values.flags.c_contiguous
            if not fits or values.shape != shape or n % LANES:
                msg = (
                    f"'{name}' of the gas chemistry is {values.dtype} of shape {values.shape};"
                    f" expected C-contiguous float32 of shape {shape}, with cells in multiples"
                    f" of {LANES}."
                )
                raise ModelError(msg)


def _aligned(length: int) -> Single:
    """Zeros that start at a line of the cache."""
    raw = np.zeros(length + CACHE_LINE // 4, np.float32)
    skipped = -raw.ctypes.data % CACHE_LINE // 4
    return raw[skipped : skipped + length]


def _made_up(mechanism: GasMechanism, n: int) -> Cells:
    """Cells in which anything can be solved."""

    def rows(*shape: int, value: float) -> Single:
        return np.full(shape, value, np.float32)

    return Cells(
        rows(n, value=288.0),
        rows(n, value=2.5e19),
        rows(n, value=2.5e17),
        rows(len(mechanism.photolysis), n, value=1e-5),
        rows(len(mechanism.uptake), n, value=1e-5),
    )
