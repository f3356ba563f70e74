"""How good the forecasts were: scores against observations and against simple references."""
