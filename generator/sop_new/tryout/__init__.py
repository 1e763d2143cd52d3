"""`sop-new try`: a project's example runs for real, where nothing can be hurt."""
