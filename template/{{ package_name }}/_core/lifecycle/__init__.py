"""A step's life from its submission to its end, in ZenML's terms."""
