"""`sop-new DEST` and `sop-new backends`: a new project, and what there is to choose from."""
