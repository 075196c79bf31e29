"""What other programs read: each format is a pure function from values of ours to the bytes of its files."""
