"""What an owner has changed of what was generated."""
