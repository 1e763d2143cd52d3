"""A script at the source root, for `python nightly.py` and `python -m nightly`."""

import sys

from flows.pipelines import shouting

if __name__ == "__main__":
    shouting(sys.argv[1])
