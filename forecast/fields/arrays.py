"""Array types of annotations."""

from typing import Any

import numpy as np

Float = np.ndarray[Any, np.dtype[np.float64]]
"""Array of float64."""
Single = np.ndarray[Any, np.dtype[np.float32]]
"""Array of float32, the precision of the model state."""
Reals = np.ndarray[Any, np.dtype[np.floating[Any]]]
"""Array of float32 or float64."""
Integers = np.ndarray[Any, np.dtype[np.int64]]
"""Array of int64."""
Booleans = np.ndarray[Any, np.dtype[np.bool_]]
"""Array of bool."""
Times = np.ndarray[Any, np.dtype[np.datetime64]]
"""Array of datetime64[s], UTC, without zone."""
