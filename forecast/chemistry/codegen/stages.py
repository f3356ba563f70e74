"""Code for the stages of one sub-step of Rodas3 (Sandu et al. 1997).

With gamma = 1/2 and A = 2 I / h - J, each stage solves A x = right-hand side:

1. x = f(y) + i                        g = x,                y += 2 x
2. x = f(start) + i + 4 g / h          g = i + (g - x) / h
3. x = f(y) + g                        g -= 8 x / (3 h),     y += x
4. x = f(y) + g                        y += x

with i a constant source.

The method is L-stable, of order 3, and its last stage is the result (stiffly accurate), so stiff
species end on their steady state. Source: doi 10.1016/S1352-2310(97)83212-8; the form without
products of the Jacobian is that of Hairer and Wanner 1996, section IV.7.

Like every method of its kind it may step below zero, where a reaction that takes from a species
gives instead. So what is below zero at the end of a sub-step is set to zero, and c keeps it.
"""

from forecast.chemistry.codegen.factors import (
    factor_statements,
    product_statements,
    solve_statements,
)
from forecast.chemistry.codegen.kinetics import (
    partial_statements,
    rate_statements,
    tendency_statements,
)
from forecast.chemistry.codegen.layout import Names
from forecast.chemistry.codegen.structure import Structure
from forecast.chemistry.codegen.text import INDENT, Constants, function

UPDATES = {
    "keep_tendency": ("w", "Keep the tendency at the start.", ["w[f_{s}] = w[x_{s}]"]),
    "after_first": (
        "w, over_h",
        "Keep stage 1, move to where stage 3 starts, set up stage 2.",
        [
            "w[g_{s}] = w[x_{s}]",
            "w[y_{s}] = w[y_{s}] + TWO * w[x_{s}]",
            "w[x_{s}] = w[f_{s}] + FOUR * over_h * w[x_{s}]",
        ],
    ),
    "after_second": (
        "w, over_h",
        "Set the part of stage 3 that comes from stages 1 and 2.",
        ["w[g_{s}] = w[i_{s}] + (w[g_{s}] - w[x_{s}]) * over_h"],
    ),
    "after_third": (
        "w, over_h",
        "Set the part of stage 4 that comes from the others, move to where it starts.",
        [
            "w[g_{s}] = w[g_{s}] - EIGHT_THIRDS * over_h * w[x_{s}]",
            "w[y_{s}] = w[y_{s}] + w[x_{s}]",
        ],
    ),
    "after_fourth": (
        "w",
        "End the sub-step and keep what is below zero; set what the next stage adds to.",
        [
            "new_{s} = w[y_{s}] + w[x_{s}]",
            "w[c_{s}] = w[c_{s}] + below_zero(new_{s})",
            "w[y_{s}] = above_zero(new_{s})",
            "w[g_{s}] = w[i_{s}]",
        ],
    ),
}
"""Arguments, summary and statements of the functions between the solves."""

SUB_STEP = '''

@njit(**FLAGS)
def sub_step(w, h):
    """One step of Rodas3 of h seconds."""
    over_h = ONE / h
    partials(w)
    factors(w, TWO * over_h)
    rates(w)
    tendency(w)
    keep_tendency(w)
    solve(w, HALF * h)
    after_first(w, over_h)
    solve(w, HALF * h)
    after_second(w, over_h)
    rates(w)
    tendency(w)
    solve(w, HALF * h)
    after_third(w, over_h)
    rates(w)
    tendency(w)
    solve(w, HALF * h)
    after_fourth(w)
'''


def stage_functions(structure: Structure, names: Names, constants: Constants) -> list[str]:
    """Functions of one block and one sub-step; the last one calls all others."""
    parts = (
        ("partials", "w", "Derivatives of rates.", partial_statements(structure, names)),
        ("rates", "w", "Rates of reactions.", rate_statements(structure, names)),
        (
            "tendency",
            "w",
            "Gains and losses.",
            tendency_statements(structure, names, constants),
        ),
        (
            "factors",
            "w, c",
            "Jacobian and its factors; c = 2 / h.",
            factor_statements(structure, names, constants),
        ),
        (
            "solve",
            "w, half_h",
            "Solve with the factors.",
            solve_statements(structure, names, constants) + product_statements(structure, names),
        ),
    )
    lines: list[str] = []
    for name, arguments, summary, statements in parts:
        lines += function(name, arguments, summary, statements)
    for name, (arguments, summary, forms) in UPDATES.items():
        body = [
            f"{INDENT}{form.format(s=names.species[species])}"
            for species in structure.moving
            for form in forms
        ]
        lines += function(name, arguments, summary, body)
    return lines + SUB_STEP.splitlines()
