"""Files that we make: checked against the registry, written whole or not at all."""
