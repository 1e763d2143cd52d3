"""Puts the template's git history into the wheel."""
