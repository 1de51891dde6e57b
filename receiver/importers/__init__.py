"""Other people's files, turned into observations."""
