"""Where the engine is: on this machine, or on one behind ssh, as `ssh_host` says.

    machine.py     what a step's environment and jobs need of a machine: this one, or
    remote.py      another one, where the same engine runs
    carrying.py    makes of what is installed from here what can be installed there
    session.py     asks the agent there, over a connection that is kept
    connection.py  one run of the user's own OpenSSH, with the agent at its other end
    starting.py    what the agent is made of, and how it gets there and starts
    faults.py      what passes, and what its user has to mend
    agent.py       runs there: the standard library is enough for it
    messages.py    what the two say to each other

No engine knows of it.
"""
