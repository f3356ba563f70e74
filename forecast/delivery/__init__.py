"""How what the system has to say reaches people: alerts and their channels."""
