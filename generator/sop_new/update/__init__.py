"""`sop-new update`: a project is brought to a newer template, its owner's changes kept."""
