"""What a launcher sees of a step operator, and what it lets go wrong."""
