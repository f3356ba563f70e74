"""What a reading means: to which air it refers, and whether it can be believed."""
