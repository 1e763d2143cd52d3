"""`sop-new adopt`: an operator that was written by hand comes under the template."""
