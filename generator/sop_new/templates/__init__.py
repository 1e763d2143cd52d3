"""Templates: where they are, their versions, their questions, and how they are rendered."""
