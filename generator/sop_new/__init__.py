"""The command line around the template: create a step operator's project, and try it."""
