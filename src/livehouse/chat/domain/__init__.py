"""Chat rooms, chat messages and the rules for their text. No I/O."""
