"""Writing the lines of a generated module: rows, numbers, wrapped assignments, functions."""

from collections.abc import Iterable, Sequence

WIDTH = 96
"""Longest line."""
INDENT = "    "
SHORT_CHAIN = 6
"""Terms below which a sum is not divided further."""
MOST_CHAINS = 4
"""Sums into which a long one is divided."""


class Constants:
    """Numbers that generated code names, each a float32 of the module.

    A Python float would turn the arithmetic around it into float64.
    """

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}

    def number(self, value: float) -> str:
        """Name of a plain number, such as n0_61."""
        name = "n" + f"{value!r}".replace("-", "m").replace("+", "").replace(".", "_")
        return self.named(name, value)

    def named(self, name: str, value: float, comment: str = "") -> str:
        """Give a number a name of its own; the name is returned."""
        tail = f"  # {comment}" if comment else ""
        self.lines[name] = f"{name} = F({value!r}){tail}"
        return name


def row(name: str) -> str:
    """Row of the work array."""
    return f"w[{name}]"


def signed_sum(terms: Sequence[tuple[float, str]], constants: Constants) -> str:
    """Write a sum of products of numbers and expressions; ones are not written.

    Long sums are written as sums of a few shorter ones: each addition waits for the one before it,
    and several chains wait at the same time.

    Args:
        terms: (factor, expression).
        constants: Where factors other than 1 and -1 get a name.
    """
    text = ""
    for sign in "+-":
        parts = [
            expression if abs(factor) == 1.0 else f"{constants.number(abs(factor))} * {expression}"
            for factor, expression in terms
            if (factor < 0.0) == (sign == "-")
        ]
        chains = max(1, min(MOST_CHAINS, len(parts) // SHORT_CHAIN))
        if chains == 1:
            text += "".join(f" {sign} {part}" for part in parts)
            continue
        length = -(-len(parts) // chains)
        for first in range(0, len(parts), length):
            text += f" {sign} ({' + '.join(parts[first : first + length])})"
    # a leading minus would cost an operation of its own
    return text.removeprefix(" + ") if text.startswith(" + ") else f"-{text[3:]}"


def assignment(target: str, expression: str) -> list[str]:
    """Write one assignment, on several lines if it is long."""
    line = f"{INDENT}{target} = {expression}"
    if len(line) <= WIDTH:
        return [line]
    lines = [f"{INDENT}{target} = ("]
    current = INDENT * 2
    for part in expression.replace(" + ", "\n+ ").replace(" - ", "\n- ").split("\n"):
        if len(current) + len(part) > WIDTH:
            lines.append(current.rstrip())
            current = INDENT * 2
        current += f"{part} "
    return [*lines, current.rstrip(), f"{INDENT})"]


def function(name: str, arguments: str, summary: str, body: Iterable[str]) -> list[str]:
    """Write a straight-line function on rows."""
    return ["", "", "@lanewise", f"def {name}({arguments}):", f'{INDENT}"""{summary}"""', *body]
