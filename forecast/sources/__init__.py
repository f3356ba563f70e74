"""Files that others make, one module a format."""
