"""The commands and their options: declarations alone."""
