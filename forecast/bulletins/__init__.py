"""What leaves the house: one checked content, rendered as pages, tables and feeds."""
