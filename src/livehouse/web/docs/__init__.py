"""Pages that explain the API to people: made of the same document and table that programs read."""
