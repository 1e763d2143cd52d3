"""What ZenML and its users may expect of a step operator, as tests of any flavor."""
