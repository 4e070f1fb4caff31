"""What a training begins with: a language model, a model, or nothing."""
