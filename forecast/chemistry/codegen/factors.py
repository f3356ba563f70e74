"""Code for the factors of c I - J and for solving with them."""

from forecast.chemistry.codegen.kinetics import jacobian_terms
from forecast.chemistry.codegen.layout import Names
from forecast.chemistry.codegen.structure import Structure
from forecast.chemistry.codegen.text import INDENT, Constants, assignment, row, signed_sum


def factor_statements(structure: Structure, names: Names, constants: Constants) -> list[str]:
    """Rows of the Jacobian and of both factors in one go: every entry is written once.

    Entry a_ij of row i becomes l_ij = (a_ij - sum_k l_ik u_kj) d_j left of the diagonal and
    u_ij = a_ij - sum_k l_ik u_kj right of it; d_i = 1 / u_ii is kept instead of the pivot. In the
    row that is being made, l_ij is the local name m_j. Last come the entries of pure products.
    """
    lines: list[str] = []
    for species in structure.order:
        lines.append(f"{INDENT}# {structure.names[species]}")
        for column in structure.lower[species]:
            local = f"m_{names.species[column]}"
            entry = _reduced(structure, names, constants, (species, column))
            lines += assignment(local, f"({entry}) * {row(names.of('d', column))}")
            lines += assignment(row(names.entry("l", species, column)), local)
        diagonal = _reduced(structure, names, constants, (species, species))
        lines += assignment(row(names.of("d", species)), f"ONE / ({diagonal})")
        for column in structure.upper[species]:
            entry = _reduced(structure, names, constants, (species, column))
            lines += assignment(row(names.entry("u", species, column)), entry)
    for entry_of in structure.product_entries:
        terms = jacobian_terms(structure, names, entry_of)
        lines += assignment(row(names.entry("w", *entry_of)), signed_sum(terms, constants))
    return lines


def _reduced(
    structure: Structure, names: Names, constants: Constants, entry: tuple[int, int]
) -> str:
    """An entry of c I - J less what earlier pivots take from it."""
    species, column = entry
    terms = [(1.0, "c")] if species == column else []
    terms += [(-gained, partial) for gained, partial in jacobian_terms(structure, names, entry)]
    for pivot in structure.pivots(species, column):
        factor = f"m_{names.species[pivot]} * {row(names.entry('u', pivot, column))}"
        terms.append((-1.0, factor))
    return signed_sum(terms, constants)


def solve_statements(structure: Structure, names: Names, constants: Constants) -> list[str]:
    """Forward (locals b) and backward (locals v) substitution in place of the right-hand side."""
    lines: list[str] = []
    for species in structure.order:
        terms = [(1.0, row(names.of("x", species)))]
        terms += [
            (-1.0, f"{row(names.entry('l', species, column))} * b_{names.species[column]}")
            for column in structure.lower[species]
        ]
        lines += assignment(f"b_{names.species[species]}", signed_sum(terms, constants))
    for species in reversed(structure.order):
        terms = [(1.0, f"b_{names.species[species]}")]
        terms += [
            (-1.0, f"{row(names.entry('u', species, column))} * v_{names.species[column]}")
            for column in reversed(structure.upper[species])
        ]
        local, value = f"v_{names.species[species]}", signed_sum(terms, constants)
        lines += assignment(local, f"({value}) * {row(names.of('d', species))}")
        lines += assignment(row(names.of("x", species)), local)
    return lines


def product_statements(structure: Structure, names: Names) -> list[str]:
    """Pure products in a stage: x = (right-hand side + J x of the others) h / 2."""
    lines: list[str] = []
    for species in structure.products:
        value = row(names.of("x", species))
        for other, column in structure.product_entries:
            if other == species:
                entry = row(names.entry("w", species, column))
                value += f" + {entry} * v_{names.species[column]}"
        lines += assignment(row(names.of("x", species)), f"({value}) * half_h")
    return lines
