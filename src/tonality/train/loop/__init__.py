"""The loops that minimise it: of a classifier by Lightning, of a language model by hand."""
