"""Pipelines that the contract runs: a source root holds a copy of this folder."""
