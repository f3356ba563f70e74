"""What the system computes: the variable registry, the species table and typed containers."""
