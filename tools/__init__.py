"""Programs that keep the house: environment, size budgets, traces, import contracts."""
