"""What members change, who is in, and what they say together."""
