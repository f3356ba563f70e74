"""How many cells advance side by side in every kernel of the chemistry."""

LANES = 16
"""Cells of one block: one vector of 512 bits in float32.

Arrays of cells have a multiple of this length. Inner loops run over exactly this many lanes and no
lane looks at another, so what a cell gives does not depend on which cells share its block.

LLVM unrolls a loop over so few lanes completely when its body is short (up to about 30
operations), and what is unrolled stays scalar: keep much work in one loop over lanes, or loop over
many blocks of one array at once, and count `zmm` in `kernel.inspect_asm()`.
"""

BLOCK = 8
"""Cells that generated gas chemistry holds in one vector; `LANES` is a multiple.

Half as many as fit into a vector of 512 bits: the data of sixteen do not fit into the nearest cache
(docs/science/solver.md).
"""
