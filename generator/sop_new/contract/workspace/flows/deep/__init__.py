"""Code in a sub-package."""
