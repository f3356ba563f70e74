"""Blocks of the domain, one a rank.

Blocks hold ceil(n / p) cells along an axis, the last one what is left. So the blocks are the
chunks of a regular chunk grid, and two ranks never write into one chunk of a file.
"""

from dataclasses import dataclass
from enum import IntEnum

from forecast.common.errors import DecompositionError

HALO = 3
"""Cells of a neighbour that the piecewise parabolic scheme needs, on each side."""
GROUP = 32
"""Cells in a row that transport advances side by side; shorter rows of a block take as long."""


class Side(IntEnum):
    """Sides of a tile."""

    WEST = 0
    EAST = 1
    SOUTH = 2
    NORTH = 3


@dataclass(frozen=True)
class Tile:
    """The cells of one rank.

    Attributes:
        rank: Owner.
        j: Cells to the north, in the whole domain.
        i: Cells to the east, in the whole domain.
        neighbours: Rank on each side, in the order of `Side`; None at the edge of the domain.
    """

    rank: int
    j: slice
    i: slice
    neighbours: tuple[int | None, int | None, int | None, int | None]

    @property
    def ny(self) -> int:
        """Cells from south to north."""
        return int(self.j.stop - self.j.start)

    @property
    def nx(self) -> int:
        """Cells from west to east."""
        return int(self.i.stop - self.i.start)

    def at_edge(self, side: Side) -> bool:
        """Whether the tile touches the edge of the domain on that side."""
        return self.neighbours[side] is None


@dataclass(frozen=True)
class Decomposition:
    """All tiles of a domain; rank = row * columns + column, rows counted from the south.

    Attributes:
        ny: Cells of the domain from south to north.
        nx: Cells of the domain from west to east.
        rows: Blocks from south to north.
        columns: Blocks from west to east.
        periodic_x: The east edge meets the west edge (idealised tests).
        periodic_y: The north edge meets the south edge (idealised tests).
    """

    ny: int
    nx: int
    rows: int
    columns: int
    periodic_x: bool = False
    periodic_y: bool = False

    def __post_init__(self) -> None:
        for cells, blocks, axis in (
            (self.ny, self.rows, "south to north"),
            (self.nx, self.columns, "west to east"),
        ):
            if not _fits(cells, blocks):
                msg = (
                    f"{cells} cells from {axis} cannot be divided over '{blocks}' blocks of at "
                    f"least {HALO} cells each (blocks hold ceil(cells / blocks), the last one the "
                    "rest); use fewer ranks or another arrangement of them."
                )
                raise DecompositionError(msg)

    @classmethod
    def choose(cls, ny: int, nx: int, ranks: int, rows: int | None = None) -> "Decomposition":
        """Arrange ranks so that the largest block takes the least time.

        Blocks side by side from west to east exchange columns, which is slower than rows, and
        have shorter rows, which suit the vector units less; so cuts across the rows are preferred.

        Args:
            ny: Cells of the domain from south to north.
            nx: Cells of the domain from west to east.
            ranks: How many blocks.
            rows: Blocks from south to north, where the arrangement is not to be chosen.

        Raises:
            DecompositionError: No arrangement fits.
        """
        candidates = [
            (count, ranks // count)
            for count in ([rows] if rows is not None else range(1, ranks + 1))
            if count > 0 and ranks % count == 0 and _fits(ny, count) and _fits(nx, ranks // count)
        ]
        if not candidates:
            wish = "" if rows is None else f" in '{rows}' rows"
            msg = (
                f"A domain of {ny} x {nx} cells cannot be divided over '{ranks}' ranks{wish}; "
                f"every block needs at least {HALO} cells each way. Use fewer ranks."
            )
            raise DecompositionError(msg)
        best = min(candidates, key=lambda pair: (_cost(ny, nx, *pair), pair[1]))
        return cls(ny, nx, *best)

    @property
    def size(self) -> int:
        """Number of ranks."""
        return self.rows * self.columns

    @property
    def chunk(self) -> tuple[int, int]:
        """Cells of a full tile, (ny, nx); the chunk shape of files."""
        return -(-self.ny // self.rows), -(-self.nx // self.columns)

    def tile(self, rank: int) -> Tile:
        """The tile of one rank.

        Raises:
            DecompositionError: There is no such rank.
        """
        if not 0 <= rank < self.size:
            msg = f"There is no rank '{rank}' among the {self.size} of this decomposition."
            raise DecompositionError(msg)
        row, column = divmod(rank, self.columns)
        height, width = self.chunk
        return Tile(
            rank=rank,
            j=slice(row * height, min((row + 1) * height, self.ny)),
            i=slice(column * width, min((column + 1) * width, self.nx)),
            neighbours=(
                self._rank_at(row, column - 1),
                self._rank_at(row, column + 1),
                self._rank_at(row - 1, column),
                self._rank_at(row + 1, column),
            ),
        )

    def _rank_at(self, row: int, column: int) -> int | None:
        """Rank of a block; None beyond an edge."""
        if not 0 <= row < self.rows:
            if not self.periodic_y:
                return None
            row %= self.rows
        if not 0 <= column < self.columns:
            if not self.periodic_x:
                return None
            column %= self.columns
        return row * self.columns + column


def _fits(cells: int, blocks: int) -> bool:
    """Whether the last block also holds at least a halo."""
    return blocks >= 1 and cells - (blocks - 1) * -(-cells // blocks) >= HALO


def _cost(ny: int, nx: int, rows: int, columns: int) -> int:
    """Time of the largest block, in units that only serve to compare.

    Two thirds of the time of a block go with its cells, one third with its rows as they lie in
    memory: whole groups of `GROUP` cells with their halos. What an edge exchanges costs about as
    much as four thirds of the cells along it, twice that on the short side of rows, on each of two
    sides (benchmarks.scaling; docs/science/performance.md).
    """
    height, width = -(-ny // rows), -(-nx // columns)
    in_memory = -(-width // GROUP) * GROUP + 2 * HALO
    exchanged = 8 * width * (rows > 1) + 14 * height * (columns > 1)
    return height * (2 * width + in_memory) + exchanged
