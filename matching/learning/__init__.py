"""What the encoder is taught from, and how: sources of texts that mean the same, the split, the training."""
