"""The Python packages that a step needs, this one included."""
