"""Compiling straight-line functions on rows of lanes: every row becomes one vector.

A function of the generated code assigns sums and products of rows of the work array, of names it
assigned before, and of numbers of its module:

    w[x_NO2] = w[g_NO2] + w[r_R3] - n0_61 * w[r_R24]

In plain Python that runs with NumPy, a row at a time. For compiled code numba would take a
millisecond to find the type of every plus sign, a minute for a mechanism, and whether the loop over
lanes ends up in vector registers would be up to LLVM. Everything here is a row of float32 or a
number, so the types are known and the instructions can be written down directly.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from forecast.chemistry.lanes import BLOCK
from forecast.fields.arrays import Single

FLAGS = ("nnan", "ninf", "nsz", "contract", "arcp")
"""Products and sums may fuse; sums are not reordered."""
_INSTRUCTIONS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}


def above_zero(rows: Single) -> Single:
    """Set what is below zero to zero; NaN stays what it is."""
    return np.where(rows < 0.0, np.float32(0.0), rows)


def below_zero(rows: Single) -> Single:
    """Set what is above zero to zero."""
    return np.where(rows < 0.0, rows, np.float32(0.0))


def _above_zero(builder: Any, value: Any) -> Any:
    zero = ir.Constant(value.type, [0.0] * BLOCK)
    return builder.select(builder.fcmp_ordered("<", value, zero), zero, value)


def _below_zero(builder: Any, value: Any) -> Any:
    zero = ir.Constant(value.type, [0.0] * BLOCK)
    return builder.select(builder.fcmp_ordered("<", value, zero), value, zero)


_SELECTIONS = {"above_zero": _above_zero, "below_zero": _below_zero}


def lanewise(function: Callable[..., None]) -> Callable[..., None]:
    """Make a straight-line function on rows available to compiled code.

    Args:
        function: Takes the work array (slots, BLOCK), float32, and at most one float32 number.
    """
    if config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef):
        msg = f"{function!r} is no function"
        raise TypeError(msg)
    scalars = [argument.arg for argument in definition.args.args[1:]]
    writer = _Writer(definition, scalars, function.__globals__)

    def generate(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        called = writer.function(builder.module)
        builder.call(called, [array.data, *args[1:]])
        return context.get_dummy_value()

    if scalars:

        def with_scalar(typing: Any, work: Any, scalar: Any) -> Any:
            return types.void(work, types.float32), generate

        return _named(with_scalar, function)

    def alone(typing: Any, work: Any) -> Any:
        return types.void(work), generate

    return _named(alone, function)


def _named(
    implementation: Callable[..., Any], function: Callable[..., None]
) -> Callable[..., None]:
    """Make an intrinsic that is called like the function."""
    implementation.__name__ = function.__name__
    made: Callable[..., None] = intrinsic(implementation)
    return made


class _Writer:
    """Writes the instructions of one function."""

    def __init__(
        self, definition: ast.FunctionDef, scalars: list[str], module: dict[str, Any]
    ) -> None:
        self.definition = definition
        self.scalars = scalars
        self.globals = module
        self.vector = ir.VectorType(ir.FloatType(), BLOCK)

    def function(self, module: ir.Module) -> ir.Function:
        """Return the function in a module of LLVM, written at the first call."""
        name = f"lanewise.{self.definition.name}"
        if name in module.globals:
            return module.globals[name]
        kind = ir.FunctionType(
            ir.VoidType(), [ir.FloatType().as_pointer(), *[ir.FloatType()] * len(self.scalars)]
        )
        made = ir.Function(module, kind, name=name)
        made.linkage = "internal"
        made.attributes.add("noinline")
        builder = ir.IRBuilder(made.append_basic_block())
        self.base = made.args[0]
        self.values: dict[str, Any] = {
            scalar: self._spread(builder, value)
            for scalar, value in zip(self.scalars, made.args[1:], strict=True)
        }
        for statement in self.definition.body:
            self._statement(builder, statement)
        builder.ret_void()
        return made

    def _statement(self, builder: Any, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return
        if not isinstance(statement, ast.Assign):
            msg = f"line {statement.lineno} of {self.definition.name} is no assignment"
            raise TypeError(msg)
        target = statement.targets[0]
        value = self._value(builder, statement.value)
        if isinstance(target, ast.Name):
            self.values[target.id] = value
        else:
            builder.store(value, self._place(builder, target), align=4)

    def _value(self, builder: Any, node: ast.expr) -> Any:
        match node:
            case ast.BinOp(left=left, op=operator, right=right):
                instruction = getattr(builder, _INSTRUCTIONS[type(operator)])
                operands = self._value(builder, left), self._value(builder, right)
                return instruction(*operands, flags=FLAGS)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return builder.fneg(self._value(builder, operand), flags=FLAGS)
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _SELECTIONS:
                return _SELECTIONS[name](builder, self._value(builder, argument))
            case ast.Subscript():
                place = self._place(builder, node)
                return builder.load(place, align=4)
            case ast.Name(id=name) if name in self.values:
                return self.values[name]
            case ast.Name(id=name):
                number = float(np.float32(self.globals[name]))
                return ir.Constant(self.vector, [number] * BLOCK)
        msg = f"{self.definition.name} has '{ast.unparse(node)}', which has no instruction"
        raise TypeError(msg)

    def _place(self, builder: Any, node: ast.expr) -> Any:
        """Address of a row."""
        if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name)):
            msg = f"{self.definition.name} has '{ast.unparse(node)}' where a row belongs"
            raise TypeError(msg)
        first = int(self.globals[node.slice.id]) * BLOCK
        address = builder.gep(self.base, [ir.Constant(ir.IntType(64), first)], inbounds=True)
        return builder.bitcast(address, self.vector.as_pointer())

    def _spread(self, builder: Any, number: Any) -> Any:
        """Give a number to every lane."""
        empty = ir.Constant(self.vector, ir.Undefined)
        one = builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK)
        return builder.shuffle_vector(one, empty, places)
