"""Projects: what is in their folders, and how that is written whole or not at all."""
