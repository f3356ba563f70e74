"""Frozen configuration, one model a component; YAML in, JSON schema out; cheap to import."""
