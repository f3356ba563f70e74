"""Gas-phase mechanisms as data: the reader, its checks, the rate forms."""
