"""A creator's home: the channel, its settings and the directory of what is live."""
