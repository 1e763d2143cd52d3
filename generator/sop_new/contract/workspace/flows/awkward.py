"""Texts that do not survive a shell, or a careless join or split; and a number."""

NAME = "it's $HOME & more"
"""Of a step."""

TEXT = "a b 'c' \"d\" $HOME `e` \\f $( g ) %s\n\n{h} \N{SNOWMAN} --i\t;j&"
"""Value of a variable, and argument of a command."""

ARGUMENTS = [*TEXT.split(" "), TEXT, "", "--snapshot_id", "-m"]
"""Arguments of a command."""

GPUS = 99_999
"""More than anybody has."""
