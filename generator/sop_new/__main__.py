"""`python -m sop_new` is `sop-new`."""

from sop_new.cli.app import main

main()
