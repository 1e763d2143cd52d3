"""`sop-new team`: a team's own template is started, or shown."""
