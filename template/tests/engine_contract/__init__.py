"""The engine contract: what an engine promises, each sentence checked on the real one.

It drives the methods of `engine/client.py` with `sh`, `sleep` and `python`, without
ZenML, in a minute: `pytest tests/engine_contract`. See `conftest.py` for what the
environment can tell it, and `facts.py` for what it has to know of the engine.
"""
