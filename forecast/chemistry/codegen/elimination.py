"""The order in which species are eliminated, and the entries that elimination fills."""

from collections.abc import Callable

Pattern = dict[int, set[int]]
"""Columns beside the diagonal that are not zero, per row."""
Factors = tuple[tuple[int, ...], dict[int, tuple[int, ...]], dict[int, tuple[int, ...]]]
"""Order of elimination; per row the columns left and right of the diagonal, in that order."""


def eliminate(pattern: Pattern) -> Factors:
    """Choose pivots on the diagonal with little work and little fill-in.

    Two greedy rules are tried, least products of row and column counts (Markowitz 1957, doi
    10.1287/mnsc.3.3.255) and least new entries; the one with fewer multiplications is taken.
    No pivot is chosen for its size: with a short enough step the diagonal of I / (h gamma) - J
    outweighs what lies beside it, as solvers of this kind assume (Sandu et al. 1997, doi
    10.1016/S1352-2310(97)83212-8).
    """
    tried = [_factors(pattern, rule) for rule in (_products, _fill)]
    return min(tried, key=_work)


def _factors(pattern: Pattern, rule: Callable[[set[int], set[int], Pattern], int]) -> Factors:
    """Eliminate one species after the other and keep the patterns of both factors."""
    rows = {row: set(columns) - {row} for row, columns in pattern.items()}
    columns: Pattern = {column: set() for column in pattern}
    for row, entries in rows.items():
        for column in entries:
            columns[column].add(row)
    lower: dict[int, list[int]] = {row: [] for row in pattern}
    upper: dict[int, set[int]] = {}
    order: list[int] = []
    while rows:
        pivot = min(rows, key=lambda one: (rule(rows[one], columns[one], rows), one))
        order.append(pivot)
        right, below = rows.pop(pivot), columns.pop(pivot)
        upper[pivot] = right
        for row in below:
            lower[row].append(pivot)
            new = (right - {row}) - rows[row]
            rows[row] = (rows[row] | new) - {pivot}
            for column in new:
                columns[column].add(row)
        for column in right:
            columns[column].discard(pivot)
    place = {species: position for position, species in enumerate(order)}
    return (
        tuple(order),
        {row: tuple(entries) for row, entries in lower.items()},
        {row: tuple(sorted(entries, key=place.__getitem__)) for row, entries in upper.items()},
    )


def _products(right: set[int], below: set[int], rows: Pattern) -> int:
    """Multiplications that eliminating the pivot takes."""
    return len(right) * len(below)


def _fill(right: set[int], below: set[int], rows: Pattern) -> int:
    """Entries that eliminating the pivot adds."""
    return sum(len(right - rows[row] - {row}) for row in below)


def _work(factors: Factors) -> int:
    """Multiplications of the factorisation and of one solve."""
    order, lower, upper = factors
    updates = sum(len(upper[pivot]) for row in order for pivot in lower[row])
    return updates + 5 * sum(len(lower[row]) + len(upper[row]) for row in order)
