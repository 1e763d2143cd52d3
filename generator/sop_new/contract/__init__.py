"""What ZenML and its users may expect of a step operator, as tests of any flavor.

`sop-new check` copies these files into a folder and lets the interpreter of the flavor's
environment run them: they import nothing of ours, and nothing imports them.
"""
