"""What a posting demands, read out of its words: every finding with the place that it came from."""
