"""From a mechanism to compiled code: structure, elimination, text, vectors, cache."""
