"""From a dataset to arrays: checks, the held-out part, vocabulary, vectors, batches."""
