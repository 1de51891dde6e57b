"""Other people's files: tables of levels become observations, makers' files collars' histories."""
