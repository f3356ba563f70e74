"""On the path of pip alone, while it installs the lock (`tools/environment.py`).

`immutables` 0.21, which Snakemake asks for, has no wheel for Python 3.14 and would need a C
compiler there, although its pure-Python form does the same. Its build asks for the implementation
of Python to decide: in its source folder, and nowhere else, the answer is one without extensions.
"""

import platform
from pathlib import Path

if Path("immutables/_map.c").exists():
    platform.python_implementation = lambda: "PyPy"
