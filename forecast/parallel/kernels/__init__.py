"""Compiled copying between fields and message buffers."""
