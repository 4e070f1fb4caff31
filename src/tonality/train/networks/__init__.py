"""The networks in PyTorch: the twin of the numpy network, and the language model."""
