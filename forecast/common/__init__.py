"""What every room may use: constants, times, errors, degradations and the log."""
