"""`sop-new check`: the contract is run on any flavor, in that flavor's environment."""
